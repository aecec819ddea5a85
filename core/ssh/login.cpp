// See login.hpp.
#include "core/ssh/login.hpp"

#include "core/base/digest.hpp"
#include "core/guard/limits.hpp"
#include "core/ssh/algorithm_choice.hpp"
#include "core/ssh/authenticate.hpp"
#include "core/ssh/known_hosts.hpp"
#include "core/ssh/login_session.hpp"
#include "core/ssh/place.hpp"
#include "core/ssh/ssh_string.hpp"
#include "core/ssh/tcp_connect.hpp"

#include <algorithm>

namespace mre::ssh {

namespace {

// No request of ours waits in libssh2 by the clock: deadlines are kept outside of it.
constexpr long kNoTimeoutSeconds = 7L * 24 * 3600;

std::string seconds(Milliseconds span) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(span).count()) + " s";
}

std::string shown_line(std::string_view bytes) {
  std::string out;
  for (const char c : bytes.substr(0, bytes.find_first_of("\r\n"))) {
    out += c >= ' ' && c < 0x7f ? c : '?';
  }
  return out;
}

struct Failure {
  Error error;
  bool may_retry = false;
};

class Attempt {
public:
  Attempt(const LoginRequest &request, const BoundedWait &bounds, const Log &log)
      : host_(request.host), make_link_(request.make_link), bounds_(bounds), log_(log) {}

  // Null on success, with session() set.
  std::unique_ptr<Failure> run();
  std::unique_ptr<Session> take_session() { return std::move(session_); }

private:
  std::unique_ptr<Failure> fail(Error error, bool may_retry = false) {
    return std::make_unique<Failure>(Failure{std::move(error), may_retry});
  }
  std::unique_ptr<Failure> shake_hands(LoginSession &session);
  std::unique_ptr<Failure> explain_handshake(const Result<long> &code);
  Result<void> check_host(LoginSession &session);
  Error out_of_time(const std::string &step) const;
  // A failure from further down, with the place in front where that is not in it yet.
  Error named(const Error &error) const {
    const bool is_named = error.message.find(address_and_port(host_)) != std::string::npos;
    return error.code == Errc::unreachable && !is_named
               ? unreachable(host_, error.message, error.hint)
               : error;
  }

  const config::HostConfig &host_;
  const MakeLink &make_link_;
  const BoundedWait &bounds_;
  const Log &log_;
  std::unique_ptr<Session> session_;
};

Error Attempt::out_of_time(const std::string &step) const {
  return unreachable(host_, step + " within " + seconds(host_.connect_timeout),
                     "check the machine and the network, or raise SSH_CONNECT_TIMEOUT");
}

std::unique_ptr<Failure> Attempt::explain_handshake(const Result<long> &code) {
  const auto &greeting = session_->wire().greeting();
  const bool is_ssh = greeting.starts_with("SSH-") || greeting.find("\nSSH-") != std::string::npos;
  if (!code && code.error().code == Errc::timed_out) {
    return fail(is_ssh             ? out_of_time("the key exchange did not end")
                : greeting.empty() ? out_of_time("the port is open but sent no SSH banner")
                                   : out_of_time("what answers is not an SSH server: it said \"" +
                                                 shown_line(greeting) + "\", no SSH banner came"));
  }
  if (!code) {
    return fail(named(code.error()));
  }
  const bool is_closed =
      *code == LIBSSH2_ERROR_SOCKET_DISCONNECT || *code == LIBSSH2_ERROR_SOCKET_RECV;
  if (is_closed && (greeting.empty() || is_ssh || greeting.starts_with("Exceeded MaxStartups"))) {
    return fail(
        unreachable(
            host_, "the server dropped the connection during the handshake",
            "too many logins at once (MaxStartups), or an address filter (hosts.deny, fail2ban); "
            "its log says which"),
        true);
  }
  if (!is_ssh) {
    return fail(unreachable(
        host_, "what answers is not an SSH server: it said \"" + shown_line(greeting) + "\"",
        "check the port; SSH servers listen on 22 by default"));
  }
  return fail(unreachable(host_, "the key exchange failed: " + session_->last_error(),
                          "the server and this client share no algorithm, or something between "
                          "them changes the bytes"));
}

std::unique_ptr<Failure> Attempt::shake_hands(LoginSession &session) {
  auto types = recorded_key_types(host_);
  if (!types) {
    return fail(types.error());
  }
  if (auto preferred = prefer_algorithms(session.get(), host_, *types); !preferred) {
    return fail(preferred.error());
  }
  const auto code = session.drive([&]() -> long {
    return libssh2_session_handshake(session.get(), session_->wire().descriptor());
  });
  return code && *code == 0 ? nullptr : explain_handshake(code);
}

Result<void> Attempt::check_host(LoginSession &session) {
  std::size_t length = 0;
  int type = 0;
  const char *blob = libssh2_session_hostkey(session.get(), &length, &type);
  if (blob == nullptr) {
    return unreachable(host_, "the server sent no host key", "its sshd needs a HostKey");
  }
  HostKey key;
  key.blob.assign(blob, length);
  key.type = std::string(SshReader(key.blob).string().value_or(""));
  return check_host_key(host_, key, &log_);
}

std::unique_ptr<Failure> Attempt::run() {
  auto link = make_link_(bounds_);
  if (!link) {
    return fail(link.error());
  }
  session_ = std::make_unique<Session>(std::make_unique<Wire>(std::move(*link)));
  if (!*session_) {
    return fail({Errc::local_failed, "no memory for another SSH session", {}});
  }
  libssh2_session_set_read_timeout(session_->get(), kNoTimeoutSeconds);
  LoginSession session(*session_, bounds_);
  if (auto failure = shake_hands(session)) {
    return failure;
  }
  if (auto checked = check_host(session); !checked) {
    return fail(checked.error());
  }
  auto login = authenticate(session, host_);
  if (!login && login.error().code == Errc::timed_out) {
    return fail(out_of_time("the login did not end"));
  }
  return login ? nullptr : fail(named(login.error()));
}

} // namespace

MakeLink over_tcp(config::HostConfig host) {
  return [host = std::move(host)](const BoundedWait &bounds) -> Result<std::unique_ptr<Link>> {
    MRE_TRY(UniqueFd socket, connect_tcp(host, bounds));
    return std::unique_ptr<Link>(std::make_unique<SocketLink>(std::move(socket)));
  };
}

Result<std::unique_ptr<Session>> log_in(const LoginRequest &request, const BoundedWait &bounds,
                                        const Log &log) {
  Milliseconds pause = limits::kFirstLoginPause;
  for (int attempt = 1;; ++attempt) {
    Attempt login(request, bounds, log);
    const auto failure = login.run();
    if (failure == nullptr) {
      return login.take_session();
    }
    if (!failure->may_retry || attempt == limits::kLoginAttempts) {
      return failure->error;
    }
    // Between half and one and a half of the pause, so that many clients do not come back in step.
    const auto dice = static_cast<unsigned char>(random_bytes(1)[0]);
    const auto jittered = pause / 2 + pause * dice / 256;
    switch (bounds.wait({}, Deadline::after(bounds.clock, jittered))) {
    case WaitEnd::stopped:
      return Error{Errc::cancelled, "the server is ending", {}};
    case WaitEnd::ready:
    case WaitEnd::timed_out:
      break;
    }
    if (bounds.deadline.has_passed(bounds.clock)) {
      return failure->error;
    }
    log.debug("login_retry", {{"host", request.host.name}, {"attempt", std::to_string(attempt)}});
    pause = std::min(2 * pause, limits::kLongestLoginPause);
  }
}

} // namespace mre::ssh
