// See wire.hpp.
#include "core/ssh/wire.hpp"

#include "core/guard/limits.hpp"

#include <malloc.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace mre::ssh {

namespace {

// RFC 4254 message numbers.
constexpr unsigned char kOpenConfirmation = 91;
constexpr unsigned char kChannelClose = 97;
constexpr unsigned char kChannelRequest = 98;
constexpr std::size_t kGreetingBytes = 120;

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i]));
  };
  return byte(0) << 24U | byte(1) << 16U | byte(2) << 8U | byte(3);
}

// The text at `at` with its length before it; nothing when it does not fit.
std::optional<std::string_view> text_at(std::string_view bytes, std::size_t at) {
  if (bytes.size() < at + 4) {
    return std::nullopt;
  }
  const std::size_t length = number_at(bytes, at);
  if (bytes.size() - at - 4 < length) {
    return std::nullopt;
  }
  return bytes.substr(at + 4, length);
}

Wire &wire_of(void **abstract) {
  return *static_cast<Wire *>(*abstract);
}

} // namespace

LIBSSH2_SESSION *Wire::create_session() {
  LIBSSH2_SESSION *session = libssh2_session_init_ex(allocate, release, reallocate, this);
  if (session == nullptr) {
    return nullptr;
  }
  libssh2_session_set_blocking(session, 0);
  libssh2_session_callback_set2(session, LIBSSH2_CALLBACK_RECV,
                                reinterpret_cast<libssh2_cb_generic *>(&Wire::receive));
  libssh2_session_callback_set2(session, LIBSSH2_CALLBACK_SEND,
                                reinterpret_cast<libssh2_cb_generic *>(&Wire::send));
  libssh2_session_callback_set2(session, LIBSSH2_CALLBACK_DISCONNECT,
                                reinterpret_cast<libssh2_cb_generic *>(&Wire::disconnected));
  return session;
}

void Wire::fill(std::span<char> scratch) {
  if (is_broken_ || has_input()) {
    return; // first what is there
  }
  const ssize_t count = link_->receive(scratch);
  if (count > 0) {
    incoming_ = std::string_view(scratch.data(), static_cast<std::size_t>(count));
    received_ += incoming_.size();
    if (greeting_.size() < kGreetingBytes) {
      greeting_ += incoming_.substr(0, kGreetingBytes - greeting_.size());
    }
  } else if (count == 0) {
    is_broken_ = true;
  } else if (count != -EAGAIN && count != -EINTR) {
    is_broken_ = true;
    link_error_ = static_cast<int>(-count);
  }
}

void Wire::settle() {
  if (!incoming_.empty()) {
    kept_ += incoming_;
    incoming_ = {};
  }
}

std::size_t Wire::send_now(std::string_view bytes) {
  std::size_t sent = 0;
  while (!is_broken_ && sent < bytes.size()) {
    const ssize_t count = link_->send(bytes.substr(sent));
    if (count < 0) {
      if (count == -EINTR) {
        continue;
      }
      if (count != -EAGAIN) {
        is_broken_ = true;
        link_error_ = static_cast<int>(-count);
      }
      break;
    }
    sent += static_cast<std::size_t>(count);
  }
  return sent;
}

void Wire::flush() {
  sent_ += send_now(std::string_view(outgoing_).substr(sent_));
  if (!is_broken_ && sent_ < outgoing_.size()) {
    if (sent_ >=
        limits::kFlushBytes) { // a link that never quite drains must not keep what was sent
      outgoing_.erase(0, sent_);
      sent_ = 0;
    }
    return;
  }
  outgoing_.clear();
  sent_ = 0;
  if (outgoing_.capacity() > 2 * limits::kFlushBytes) {
    outgoing_ = std::string(); // an idle connection is small
  }
}

void Wire::sever() {
  is_broken_ = true;
  is_severed_ = true;
  incoming_ = {};
  kept_.clear();
  outgoing_.clear();
  sent_ = 0;
}

ssize_t Wire::take(char *buffer, std::size_t capacity) {
  std::size_t count = 0;
  if (!kept_.empty()) {
    count = std::min(capacity, kept_.size());
    kept_.copy(buffer, count);
    kept_.erase(0, count);
  } else if (!incoming_.empty()) {
    count = std::min(capacity, incoming_.size());
    incoming_.copy(buffer, count);
    incoming_.remove_prefix(count);
  } else {
    return is_broken_ ? 0 : -EAGAIN;
  }
  consumed_ += count;
  return static_cast<ssize_t>(count);
}

ssize_t Wire::put(std::string_view bytes) {
  if (is_severed_) {
    return -EPIPE;
  }
  if (is_broken_) {
    return static_cast<ssize_t>(bytes.size()); // what has arrived before the end is still read
  }
  queued_ += bytes.size();
  const std::size_t size = bytes.size();
  if (size >= limits::kSendAtOnce && outgoing_.empty()) {
    bytes.remove_prefix(send_now(bytes)); // bulk is not copied once more, and leaves at once
  }
  outgoing_ += bytes;
  if (outgoing_bytes() >= limits::kFlushBytes) {
    flush(); // the far side works while we go on encrypting
  }
  return static_cast<ssize_t>(size);
}

// A packet starts with its number, then our number of the channel: RFC 4254
// sections 5.1, 5.3, 6.10.
void Wire::look_at(std::string_view packet) {
  if (packet.size() < 5) {
    return;
  }
  const auto kind = static_cast<unsigned char>(packet[0]);
  if (kind == kOpenConfirmation) {
    last_opened_ = number_at(packet, 1);
    ++openings_;
    return;
  }
  if (!listener_) {
    return;
  }
  if (kind == kChannelClose) {
    listener_({ChannelNews::Kind::closed, number_at(packet, 1), 0, {}});
    return;
  }
  const auto name = text_at(packet, 5);
  const std::size_t body = name ? 5 + 4 + name->size() + 1 : 0;
  if (name == "exit-status" && packet.size() >= body + 4) {
    listener_({ChannelNews::Kind::exit_status, number_at(packet, 1), number_at(packet, body), {}});
  } else if (name == "exit-signal") {
    const auto signal = text_at(packet, body);
    listener_({ChannelNews::Kind::exit_signal, number_at(packet, 1), 0,
               std::string(signal.value_or("").substr(0, 32))});
  }
}

void *Wire::allocate(std::size_t count, void ** /*abstract*/) {
  return std::malloc(count);
}

void *Wire::reallocate(void *memory, std::size_t count, void ** /*abstract*/) {
  return std::realloc(memory, count);
}

void Wire::release(void *memory, void **abstract) {
  if (memory != nullptr && abstract != nullptr && *abstract != nullptr) {
    const auto kind = *static_cast<const unsigned char *>(memory);
    if (kind == kOpenConfirmation || kind == kChannelClose || kind == kChannelRequest) {
      wire_of(abstract).look_at({static_cast<const char *>(memory), malloc_usable_size(memory)});
    }
  }
  std::free(memory);
}

LIBSSH2_DISCONNECT_FUNC(Wire::disconnected) {
  static_cast<void>(session);
  static_cast<void>(reason);
  static_cast<void>(language);
  static_cast<void>(language_len);
  std::string &farewell = wire_of(abstract).farewell_;
  for (const char c : std::string_view(message, static_cast<std::size_t>(std::max(message_len, 0)))
                          .substr(0, kGreetingBytes)) {
    farewell += c >= ' ' && c < 0x7f ? c : '?';
  }
}

LIBSSH2_RECV_FUNC(Wire::receive) {
  static_cast<void>(socket);
  static_cast<void>(flags);
  return wire_of(abstract).take(static_cast<char *>(buffer), length);
}

LIBSSH2_SEND_FUNC(Wire::send) {
  static_cast<void>(socket);
  static_cast<void>(flags);
  return wire_of(abstract).put({static_cast<const char *>(buffer), length});
}

} // namespace mre::ssh
