// See certificate_fetch.hpp.
#include "core/ssh/certificate_fetch.hpp"

#include "core/base/digest.hpp"
#include "core/guard/limits.hpp"
#include "core/ssh/host_certificate.hpp"
#include "core/ssh/ssh_string.hpp"

#include <cerrno>
#include <vector>

namespace mre::ssh {

namespace {

// RFC 4253 section 12 and RFC 8731.
constexpr char kDisconnect = 1;
constexpr char kKeyExchangeInit = 20;
constexpr char kEcdhInit = 30;
constexpr char kEcdhReply = 31;
constexpr std::size_t kCookieBytes = 16;
constexpr std::size_t kPointBytes = 32; // any is one on this curve
constexpr std::size_t kBlock = 8;       // before there is a cipher
constexpr std::size_t kLeastPadding = 4;
constexpr std::uint32_t kLongestPacket = 35000; // RFC 4253 section 6.1
constexpr std::string_view kBanner = "SSH-2.0-mcp-remote-exec\r\n";

std::string joined_names(const std::vector<std::string> &names) {
  std::string text;
  for (const auto &name : names) {
    text += (text.empty() ? "" : ",") + name;
  }
  return text;
}

std::string in_packet(const std::string &payload) {
  std::size_t padding = kBlock - (payload.size() + 5) % kBlock;
  padding += padding < kLeastPadding ? kBlock : 0;
  std::string packet;
  put_number(packet, static_cast<std::uint32_t>(payload.size() + padding + 1));
  packet += static_cast<char>(padding);
  packet += payload;
  packet.append(padding, '\0');
  return packet;
}

// RFC 4253 section 7.1. Only certificates are taken for host keys, so that a server without one
// has nothing to agree to; the rest is what any server has.
std::string key_exchange_offer() {
  std::string offer(1, kKeyExchangeInit);
  offer += random_bytes(kCookieBytes);
  put_string(offer, "curve25519-sha256,curve25519-sha256@libssh.org");
  put_string(offer, joined_names(certificate_types()));
  for (int direction = 0; direction < 2; ++direction) {
    put_string(offer, "chacha20-poly1305@openssh.com,aes256-ctr,aes128-ctr,aes128-gcm@openssh.com");
  }
  for (int direction = 0; direction < 2; ++direction) {
    put_string(offer, "hmac-sha2-256,hmac-sha2-512,hmac-sha1");
  }
  for (int direction = 0; direction < 2; ++direction) {
    put_string(offer, "none,zlib@openssh.com");
  }
  put_string(offer, ""); // languages
  put_string(offer, "");
  offer += '\0'; // no guess follows
  put_number(offer, 0);
  return offer;
}

class Conversation {
public:
  Conversation(Link &link, const BoundedWait &bounds) : link_(link), bounds_(bounds) {}

  Result<std::string> run();

private:
  Result<void> send(std::string_view bytes);
  Result<bool> receive_more(); // false: the far side has ended
  Result<bool> skip_banner();
  Result<std::string> next_message(); // empty: the far side has ended
  Result<void> wait(bool to_write);

  Link &link_;
  const BoundedWait &bounds_;
  std::string input_;
  std::size_t received_ = 0;
};

Result<void> Conversation::wait(bool to_write) {
  pollfd polled{link_.descriptor(), link_.events(to_write), 0};
  switch (bounds_.wait(std::span(&polled, 1))) {
  case WaitEnd::stopped:
    return Error{Errc::cancelled, "the server is ending", {}};
  case WaitEnd::timed_out:
    return Error{Errc::timed_out, "the time for connecting ran out", {}};
  case WaitEnd::ready:
    break;
  }
  return {};
}

Result<void> Conversation::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = link_.send(bytes);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (sent == 0 || sent == -EAGAIN || sent == -EINTR) {
      MRE_TRY_VOID(wait(true));
    } else {
      return error_from_errno(static_cast<int>(-sent), "cannot ask for the host certificate");
    }
  }
  return {};
}

Result<bool> Conversation::receive_more() {
  std::vector<char> buffer(8192); // an answer is a few KiB
  while (true) {
    const ssize_t got = link_.receive(buffer);
    if (got > 0) {
      input_.append(buffer.data(), static_cast<std::size_t>(got));
      received_ += static_cast<std::size_t>(got);
      return received_ <= limits::kLoginBytes;
    }
    if (got != -EAGAIN && got != -EINTR) {
      return false;
    }
    MRE_TRY_VOID(wait(false));
  }
}

// RFC 4253 section 4.2: other lines may come before the one that begins with "SSH-".
Result<bool> Conversation::skip_banner() {
  while (true) {
    const std::size_t end = input_.find('\n');
    if (end == std::string::npos) {
      MRE_TRY(const bool goes_on, receive_more());
      if (!goes_on) {
        return false;
      }
      continue;
    }
    const bool is_it = input_.starts_with("SSH-");
    input_.erase(0, end + 1);
    if (is_it) {
      return true;
    }
  }
}

Result<std::string> Conversation::next_message() {
  while (true) {
    SshReader reader(input_);
    const auto length = reader.number();
    if (length && (*length < 2 || *length > kLongestPacket)) {
      return std::string();
    }
    if (length && input_.size() >= sizeof(std::uint32_t) + *length) {
      const auto padding = static_cast<unsigned char>(input_[sizeof(std::uint32_t)]);
      if (padding + 1U > *length) {
        return std::string();
      }
      std::string message = input_.substr(sizeof(std::uint32_t) + 1, *length - 1 - padding);
      input_.erase(0, sizeof(std::uint32_t) + *length);
      if (!message.empty()) {
        return message;
      }
      continue;
    }
    MRE_TRY(const bool goes_on, receive_more());
    if (!goes_on) {
      return std::string();
    }
  }
}

Result<std::string> Conversation::run() {
  MRE_TRY_VOID(send(std::string(kBanner) + in_packet(key_exchange_offer())));
  MRE_TRY(const bool is_ssh, skip_banner());
  bool has_asked = false;
  while (is_ssh) {
    MRE_TRY(const std::string message, next_message());
    if (message.empty() || message.front() == kDisconnect) {
      break; // it has nothing in common with what was offered: no certificate
    }
    if (message.front() == kKeyExchangeInit && !has_asked) {
      has_asked = true;
      std::string question(1, kEcdhInit);
      put_string(question, random_bytes(kPointBytes));
      MRE_TRY_VOID(send(in_packet(question)));
    } else if (message.front() == kEcdhReply) {
      return std::string(SshReader(std::string_view(message).substr(1)).string().value_or(""));
    }
  }
  return std::string();
}

} // namespace

Result<std::string> fetch_host_certificate(Link &link, const BoundedWait &bounds) {
  return Conversation(link, bounds).run();
}

} // namespace mre::ssh
