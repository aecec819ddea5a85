// See login.hpp.
#include "core/ssh/login.hpp"

#include "core/base/digest.hpp"
#include "core/guard/limits.hpp"
#include "core/ssh/algorithm_choice.hpp"
#include "core/ssh/authenticate.hpp"
#include "core/ssh/certificate_fetch.hpp"
#include "core/ssh/host_certificate.hpp"
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
      : host_(request.host), make_link_(request.make_link), desk_(request.desk), bounds_(bounds),
        log_(log) {}

  // Null on success, with session() set.
  std::unique_ptr<Failure> run();
  std::unique_ptr<Session> take_session() { return std::move(session_); }
  bool has_asked() const { return has_asked_; }

private:
  std::unique_ptr<Failure> fail(Error error, bool may_retry = false) {
    return std::make_unique<Failure>(Failure{std::move(error), may_retry});
  }
  std::unique_ptr<Failure> shake_hands(LoginSession &session);
  std::unique_ptr<Failure> explain_handshake(const Result<long> &code);
  std::unique_ptr<Failure> look_for_certificate();
  Result<std::string> fetch_certificate();
  Result<void> check_host(LoginSession &session);
  Result<void> judge_key(const HostKey &key);
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
  LoginDesk *const desk_;
  const BoundedWait &bounds_;
  const Log &log_;
  std::unique_ptr<Session> session_;
  bool has_asked_ = false; // left a question at the desk
  std::string certificate_;
  std::optional<HostKey> certified_; // what it vouches for
  std::string certificate_note_;     // why it vouches for nothing
  bool is_certificate_old_ = false;  // seen by an earlier login: the host may have another by now
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
  if (certified_) {
    types->insert(types->begin(), certified_->type);
  }
  if (auto preferred = prefer_algorithms(session.get(), host_, *types); !preferred) {
    return fail(preferred.error());
  }
  const auto code = session.drive([&]() -> long {
    return libssh2_session_handshake(session.get(), session_->wire().descriptor());
  });
  return code && *code == 0 ? nullptr : explain_handshake(code);
}

// Where an authority is known for the host. A server that shows nothing of use is judged by its
// plain key.
std::unique_ptr<Failure> Attempt::look_for_certificate() {
  const auto authorities = authorities_of(host_);
  if (!authorities) {
    return fail(authorities.error());
  }
  if (authorities->empty()) {
    return nullptr;
  }
  certificate_ = desk_ == nullptr ? std::string() : desk_->certificate();
  is_certificate_old_ = !certificate_.empty();
  if (!is_certificate_old_) {
    auto fetched = fetch_certificate();
    if (!fetched) {
      return fail(named(fetched.error()));
    }
    certificate_ = std::move(*fetched);
  }
  if (certificate_.empty()) {
    certificate_note_ = "it presented no certificate";
    return nullptr;
  }
  const std::string &name = host_.host_key_alias.empty() ? host_.address : host_.host_key_alias;
  auto key = certified_key(certificate_, {name, *authorities, bounds_.clock.wall()});
  if (key) {
    certified_ = std::move(*key);
  } else {
    certificate_note_ = "its certificate " + key.error().message;
  }
  return nullptr;
}

Result<std::string> Attempt::fetch_certificate() {
  MRE_TRY(const std::unique_ptr<Link> link, make_link_(bounds_));
  // A server that falls silent here is named by the login itself, which needs time for that.
  BoundedWait bounds = bounds_;
  bounds.deadline =
      bounds.deadline.earlier(Deadline::after(bounds.clock, host_.connect_timeout / 3));
  auto certificate = fetch_host_certificate(*link, bounds);
  if (!certificate && certificate.error().code != Errc::cancelled) {
    return std::string();
  }
  return certificate;
}

Result<void> Attempt::judge_key(const HostKey &key) {
  if (certified_ && certified_->blob == key.blob) {
    if (desk_ != nullptr) {
      desk_->keep_certificate(certificate_);
    }
    return check_not_revoked(host_, key);
  }
  if (certified_) {
    certificate_note_ = "its certificate is for another key than it uses";
  }
  return check_host_key(host_, key, &log_, certificate_note_);
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
  auto checked = judge_key(key);
  if (checked || desk_ == nullptr) {
    return checked;
  }
  if (is_certificate_old_) {
    desk_->keep_certificate({}); // the next attempt asks for the one of today
  } else if (checked.error().code == Errc::host_key_unknown && may_be_approved(host_)) {
    desk_->ask(question_about_key(host_, key));
    has_asked_ = true;
  }
  return checked;
}

std::unique_ptr<Failure> Attempt::run() {
  if (auto failure = look_for_certificate()) {
    return failure;
  }
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
    return fail(checked.error(), is_certificate_old_);
  }
  auto login = authenticate(session, {host_, desk_, has_asked_});
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
    if (request.desk != nullptr && !login.has_asked()) {
      request.desk->ended_without_question();
    }
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
