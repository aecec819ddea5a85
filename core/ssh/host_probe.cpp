// See host_probe.hpp.
#include "core/ssh/host_probe.hpp"

#include "core/ssh/known_hosts.hpp"
#include "core/ssh/login_session.hpp"
#include "core/ssh/place.hpp"
#include "core/ssh/ssh_string.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <utility>

namespace mre::ssh {

namespace {

// One more than OpenSSH's default MaxSessions: enough to tell whether it is the default or less.
constexpr std::size_t kSessionsTried = 11;
// A server that logged us in opens a channel at once.
constexpr Milliseconds kSessionsPatience{5000};

struct FreeAddressList {
  void operator()(addrinfo *list) const { ::freeaddrinfo(list); }
};

std::string numeric(const sockaddr *address, socklen_t size, bool with_port) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(address, size, host.data(), host.size(), port.data(), port.size(),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return {};
  }
  std::string text = host.data();
  if (!with_port) {
    return text;
  }
  return (address->sa_family == AF_INET6 ? "[" + text + "]" : text) + ":" + port.data();
}

std::string peer_of(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto *address = reinterpret_cast<sockaddr *>(&storage);
  return ::getpeername(socket, address, &size) == 0 ? numeric(address, size, true) : std::string();
}

std::string agreed(LIBSSH2_SESSION *session, int kind) {
  const char *name = libssh2_session_methods(session, kind);
  return name == nullptr ? std::string() : std::string(name);
}

std::string fingerprint_of(LIBSSH2_SESSION *session) {
  std::size_t length = 0;
  int type = 0;
  const char *blob = libssh2_session_hostkey(session, &length, &type);
  if (blob == nullptr) {
    return {};
  }
  HostKey key;
  key.blob.assign(blob, length);
  key.type = std::string(SshReader(key.blob).string().value_or(""));
  return key.type + " " + fingerprint(key);
}

// Opens sessions until one is refused. They end with the connection.
void count_sessions(Session &session, const BoundedWait &bounds, HostFacts &facts) {
  LoginSession driven(session, bounds);
  while (facts.sessions < kSessionsTried) {
    LIBSSH2_CHANNEL *channel = nullptr;
    const auto code = driven.drive([&]() -> long {
      channel = libssh2_channel_open_session(session.get());
      return channel == nullptr ? libssh2_session_last_errno(session.get()) : 0;
    });
    if (!code || *code != 0) {
      facts.sessions_refused = code && *code == LIBSSH2_ERROR_CHANNEL_FAILURE;
      return;
    }
    ++facts.sessions;
  }
}

} // namespace

Result<std::vector<std::string>> resolve_addresses(const config::HostConfig &host) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo *raw = nullptr;
  const int code = ::getaddrinfo(host.address.c_str(), nullptr, &wanted, &raw);
  const std::unique_ptr<addrinfo, FreeAddressList> list(raw);
  if (code != 0) {
    return unreachable(
        host, "the name '" + host.address + "' does not resolve (" + ::gai_strerror(code) + ")",
        "check the spelling of the address and the DNS of this machine");
  }
  std::vector<std::string> addresses;
  for (const addrinfo *item = list.get(); item != nullptr; item = item->ai_next) {
    addresses.push_back(numeric(item->ai_addr, item->ai_addrlen, false));
  }
  return addresses;
}

Result<HostFacts> probe_host(const LoginRequest &request, const BoundedWait &bounds,
                             const Log &log) {
  const SteadyTime begin = bounds.clock.now();
  MRE_TRY(const std::unique_ptr<Session> session, log_in(request, bounds, log));
  HostFacts facts;
  facts.login = std::chrono::duration_cast<Milliseconds>(bounds.clock.now() - begin);
  LIBSSH2_SESSION *raw = session->get();
  facts.peer = peer_of(session->wire().descriptor());
  const char *banner = libssh2_session_banner_get(raw);
  facts.server = banner == nullptr ? "" : banner;
  facts.key_exchange = agreed(raw, LIBSSH2_METHOD_KEX);
  facts.host_key_type = agreed(raw, LIBSSH2_METHOD_HOSTKEY);
  facts.cipher = agreed(raw, LIBSSH2_METHOD_CRYPT_CS);
  facts.mac = agreed(raw, LIBSSH2_METHOD_MAC_CS);
  facts.host_key_fingerprint = fingerprint_of(raw);
  facts.login_method = session->login_note();
  count_sessions(
      *session,
      {bounds.clock, Deadline::after(bounds.clock, kSessionsPatience), bounds.stop_descriptor},
      facts);
  libssh2_session_disconnect(raw, "looked around");
  session->wire().flush();
  return facts;
}

} // namespace mre::ssh
