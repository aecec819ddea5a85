#include "bench/bare_connection.hpp"

#include "tests/support/loopback.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace mre::bench {
namespace {

constexpr int kPatienceMilliseconds = 30000;
// Queued ciphertext beyond this is sent at once, so that the server works while we encrypt more.
constexpr std::size_t kFlushEarly = 96U << 10U;
constexpr std::size_t kReadBytes = 256U << 10U;

} // namespace

// What libssh2 calls instead of recv(2) and send(2).
struct BareTransport {
  static ssize_t receive(libssh2_socket_t, void *buffer, std::size_t size, int, void **abstract) {
    auto &self = *static_cast<BareConnection *>(*abstract);
    const std::size_t left = self.incoming_.size() - self.taken_;
    if (left == 0) {
      return self.ended_ ? 0 : -EAGAIN;
    }
    const std::size_t count = std::min(left, size);
    std::memcpy(buffer, self.incoming_.data() + self.taken_, count);
    self.taken_ += count;
    if (self.taken_ == self.incoming_.size()) {
      self.incoming_.clear();
      self.taken_ = 0;
    }
    return static_cast<ssize_t>(count);
  }

  static ssize_t send(libssh2_socket_t, const void *buffer, std::size_t size, int,
                      void **abstract) {
    auto &self = *static_cast<BareConnection *>(*abstract);
    if (self.outgoing_.size() - self.sent_ >= kFlushEarly) {
      self.flush();
      if (self.outgoing_.size() - self.sent_ >= 4 * kFlushEarly) {
        return -EAGAIN;
      }
    }
    self.outgoing_.append(static_cast<const char *>(buffer), size);
    return static_cast<ssize_t>(size);
  }
};

BareConnection::BareConnection(const Endpoint &endpoint, Buffering buffering)
    : socket_(testing::connect_loopback(endpoint.port)), buffering_(buffering) {
  if (!socket_) {
    throw std::runtime_error("bare libssh2: no connection to port " +
                             std::to_string(endpoint.port));
  }
  ::fcntl(socket_.get(), F_SETFL, ::fcntl(socket_.get(), F_GETFL) | O_NONBLOCK);
  session_ = libssh2_session_init_ex(nullptr, nullptr, nullptr, this);
  libssh2_session_set_blocking(session_, 0);
  if (buffering_ == Buffering::memory) {
    libssh2_session_callback_set2(session_, LIBSSH2_CALLBACK_RECV,
                                  reinterpret_cast<libssh2_cb_generic *>(&BareTransport::receive));
    libssh2_session_callback_set2(session_, LIBSSH2_CALLBACK_SEND,
                                  reinterpret_cast<libssh2_cb_generic *>(&BareTransport::send));
  }
  login(endpoint);
}

BareConnection::~BareConnection() {
  if (session_ != nullptr) {
    libssh2_session_disconnect(session_, "done");
    flush();
    libssh2_session_free(session_);
  }
}

void BareConnection::login(const Endpoint &endpoint) {
  finish("handshake", [&] { return libssh2_session_handshake(session_, socket_.get()); });
  finish("login", [&] {
    return libssh2_userauth_publickey_fromfile_ex(session_, endpoint.user.data(),
                                                  static_cast<unsigned>(endpoint.user.size()),
                                                  nullptr, endpoint.key_file.c_str(), nullptr);
  });
}

bool BareConnection::fill() {
  if (buffering_ == Buffering::direct) {
    return false;
  }
  // One buffer for all of a thread: a string that is grown for each read would be cleared each
  // time, and kept per connection.
  thread_local std::string scratch(kReadBytes, '\0');
  const ssize_t got = ::recv(socket_.get(), scratch.data(), scratch.size(), MSG_DONTWAIT);
  if (got > 0) {
    incoming_.append(scratch.data(), static_cast<std::size_t>(got));
  }
  ended_ = ended_ || got == 0;
  return got >= 0;
}

void BareConnection::flush() {
  while (has_queued()) {
    const ssize_t put = ::send(socket_.get(), outgoing_.data() + sent_, outgoing_.size() - sent_,
                               MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put <= 0) {
      return;
    }
    sent_ += static_cast<std::size_t>(put);
  }
  outgoing_.clear();
  sent_ = 0;
}

void BareConnection::wait() {
  short events = POLLIN;
  if (buffering_ == Buffering::direct) {
    const int directions = libssh2_session_block_directions(session_);
    events = static_cast<short>(((directions & LIBSSH2_SESSION_BLOCK_INBOUND) != 0 ? POLLIN : 0) |
                                ((directions & LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0 ? POLLOUT : 0));
  } else if (has_queued()) {
    events = POLLIN | POLLOUT;
  }
  pollfd polled{socket_.get(), events, 0};
  if (::poll(&polled, 1, kPatienceMilliseconds) == 0) {
    throw std::runtime_error("bare libssh2: the server fell silent");
  }
  fill();
}

void BareConnection::fail(const char *what) {
  char *text = nullptr;
  const int code = libssh2_session_last_error(session_, &text, nullptr, 0);
  throw std::runtime_error(std::string("bare libssh2: ") + what + ": " + std::to_string(code) +
                           " " + text);
}

LIBSSH2_CHANNEL *open_channel(BareConnection &connection) {
  return connection.finish_open("open",
                                [&] { return libssh2_channel_open_session(connection.session()); });
}

std::size_t exec_on(BareConnection &connection, LIBSSH2_CHANNEL *channel,
                    std::string_view command) {
  connection.finish("exec", [&] {
    return libssh2_channel_process_startup(channel, "exec", 4, command.data(),
                                           static_cast<unsigned>(command.size()));
  });
  thread_local std::string buffer(kReadBytes, '\0');
  std::size_t total = 0;
  for (;;) {
    const long got = connection.finish(
        "read", [&] { return libssh2_channel_read_ex(channel, 0, buffer.data(), buffer.size()); });
    if (got > 0) {
      total += static_cast<std::size_t>(got);
    } else if (libssh2_channel_eof(channel) != 0) {
      break;
    }
  }
  connection.finish("close", [&] { return libssh2_channel_close(channel); });
  connection.finish("wait_closed", [&] { return libssh2_channel_wait_closed(channel); });
  const int status = libssh2_channel_get_exit_status(channel);
  connection.finish("free", [&] { return libssh2_channel_free(channel); });
  if (status != 0) {
    throw std::runtime_error("bare libssh2: the command ended with " + std::to_string(status));
  }
  return total;
}

std::size_t exec(BareConnection &connection, std::string_view command) {
  return exec_on(connection, open_channel(connection), command);
}

} // namespace mre::bench
