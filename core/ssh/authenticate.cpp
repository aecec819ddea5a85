// See authenticate.hpp.
#include "core/ssh/authenticate.hpp"

#include "core/base/file.hpp"
#include "core/guard/limits.hpp"
#include "core/ssh/agent.hpp"
#include "core/ssh/key_file.hpp"
#include "core/ssh/keyboard_answers.hpp"
#include "core/ssh/login_attempts.hpp"
#include "core/ssh/login_offers.hpp"
#include "core/ssh/place.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <set>

namespace mre::ssh {

namespace {

using config::LoginMethod;

struct SigningAgent {
  Agent &agent;
  const AgentKey &key;
  std::string failure;
};

LIBSSH2_USERAUTH_PUBLICKEY_SIGN_FUNC(sign_with_agent) {
  static_cast<void>(session);
  auto &signer = *static_cast<SigningAgent *>(*abstract);
  const auto signature =
      signer.agent.sign(signer.key.blob, {reinterpret_cast<const char *>(data), data_len});
  if (!signature) {
    signer.failure = signature.error().message;
    return -1;
  }
  *sig = static_cast<unsigned char *>(std::malloc(signature->size())); // freed by libssh2
  if (*sig == nullptr) {
    return -1;
  }
  std::memcpy(*sig, signature->data(), signature->size());
  *sig_len = signature->size();
  return 0;
}

class Login {
public:
  Login(LoginSession &session, const Identity &identity)
      : session_(session), host_(identity.host), desk_(identity.desk),
        has_asked_(identity.has_asked) {}

  Result<void> run();

private:
  Result<void> ask_for_offers();
  Result<bool> have_offers_changed();
  Result<bool> try_offered_methods();
  bool is_blocked_method_left() const;
  Result<void> try_method(LoginMethod method);
  Result<void> try_key_files();
  Result<void> try_key_file(const std::string &path);
  Result<void> try_key(const KeyFile &key, const std::string &certificate, const std::string &what);
  void order_agent_keys(std::vector<AgentKey> &keys) const;
  Result<void> try_agent();
  Result<void> try_agent_key(Agent &agent, const AgentKey &key);
  Result<void> try_password();
  Result<void> try_keyboard();

  bool offers(std::string_view method) const { return offered_.methods.count(method) > 0; }
  bool has_tried(LoginMethod method) const { return methods_tried_.count(method) > 0; }
  // Nothing more is to be tried of this method.
  bool is_done() const { return is_in_ || is_partly_in_; }
  void note(const std::string &what, const std::string &how) { attempts_.note(what, how); }
  void hint(const std::string &text) {
    if (hint_.empty()) {
      hint_ = text;
    }
  }
  Result<long> drive(const std::function<long()> &step) { return session_.drive(step); }
  // Takes note of how an attempt ended; an error when the login cannot go on at all.
  Result<void> judge(const std::string &what, const Result<long> &code);
  Error refusal() const;
  Error cut(const std::string &what);

  LoginSession &session_;
  const config::HostConfig &host_;
  LoginDesk *const desk_;
  bool &has_asked_;
  LoginOffers offered_;
  LoginAttempts attempts_;
  std::set<LoginMethod> methods_tried_;
  std::string hint_;
  bool is_in_ = false;
  bool is_partly_in_ = false; // what was tried last was right, and the server asks for more
};

std::string_view method_name(LoginMethod method) {
  switch (method) {
  case LoginMethod::password:
    return "password";
  case LoginMethod::keyboard_interactive:
    return "keyboard-interactive";
  default:
    return "publickey";
  }
}

bool is_link_failure(long code) {
  return code == LIBSSH2_ERROR_SOCKET_DISCONNECT || code == LIBSSH2_ERROR_SOCKET_RECV ||
         code == LIBSSH2_ERROR_SOCKET_SEND;
}

Result<void> Login::judge(const std::string &what, const Result<long> &code) {
  if (!code) {
    return code.error();
  }
  if (*code == 0) {
    is_in_ = true;
    session_.session().note_login(attempts_.taken_steps() + what + "; the server offers " +
                                  offered_.text);
    return {};
  }
  if (is_link_failure(*code) || session_.session().wire().is_broken()) {
    return cut(what);
  }
  if (*code == LIBSSH2_ERROR_PASSWORD_EXPIRED) {
    note(what, "the password has expired");
    hint("log in by hand and set a new password");
  } else {
    attempts_.note_refused(what);
  }
  // The key was asked for by the server and the signature still did not let us in: that is a first
  // step, or a server that changed its mind.
  if (*code == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED) {
    MRE_TRY(is_partly_in_, have_offers_changed());
  }
  return {};
}

// A server that ends the login itself says so, or has refused something before; anything else is
// the link.
Error Login::cut(const std::string &what) {
  const std::string &farewell = session_.session().wire().farewell();
  if (farewell.empty() && attempts_.count() == 0) {
    return {Errc::unreachable,
            "cannot reach " + place(host_) + ": the connection ended during the login",
            "try again; if it stays so, the server's log says why"};
  }
  note(what, farewell.empty() ? "the server closed the connection"
                              : "the server ended the login: " + farewell);
  hint(
      "the server ends a login after a number of attempts (MaxAuthTries): configure fewer methods");
  return refusal();
}

Result<void> Login::ask_for_offers() {
  MRE_TRY(offered_, ask_for_login_offers(session_, host_.user));
  is_in_ = offered_.is_in;
  return offered_.failure == 0 ? Result<void>() : Result<void>(cut("none"));
}

// libssh2 does not tell a refusal from a first step that was right (AuthenticationMethods of sshd):
// what the server offers then does. What was tried last is told as what it was.
Result<bool> Login::have_offers_changed() {
  const auto before = offered_.methods;
  MRE_TRY_VOID(ask_for_offers());
  if (is_in_ || offered_.methods == before) {
    return false;
  }
  attempts_.take_last();
  return true;
}

Result<void> Login::try_key_files() {
  if (!offers("publickey")) {
    note("key", "not offered by the server");
    return {};
  }
  for (const auto &path : host_.key_files) {
    if (!is_done()) {
      MRE_TRY_VOID(try_key_file(path));
    }
  }
  return {};
}

// The certificate for a key: the one beside it, by ssh's naming, or the one that is configured.
std::string certificate_for(const config::HostConfig &host, const std::string &key_path) {
  const std::string beside = key_path + "-cert.pub";
  for (const auto &path : host.certificate_files) {
    if (path == beside || host.certificate_files.size() == 1) {
      return path;
    }
  }
  return ::access(beside.c_str(), F_OK) == 0 ? beside : std::string();
}

Result<void> Login::try_key_file(const std::string &path) {
  const std::string what = "key " + path;
  auto key = load_key_file(path);
  if (!key) {
    note(what, key.error().message);
    hint(key.error().hint);
    return {};
  }
  if (key->is_encrypted && !host_.passphrase) {
    note(what, "it is encrypted and no passphrase is configured");
    hint("set SSH_KEY_PASSPHRASE (or passphrase_env of the host), or load the key into an agent");
    return {};
  }
  // A server that does not know the certificate's authority may still know the key.
  if (const std::string certificate = certificate_for(host_, path); !certificate.empty()) {
    auto text = read_file(certificate, limits::kKeyFileBytes);
    if (text) {
      MRE_TRY_VOID(try_key(*key, *text, "certificate " + certificate));
    } else {
      note("certificate " + certificate, text.error().message);
    }
  }
  return is_done() ? Result<void>() : try_key(*key, {}, what);
}

Result<void> Login::try_key(const KeyFile &key, const std::string &certificate,
                            const std::string &what) {
  const auto code = drive([&] {
    return libssh2_userauth_publickey_frommemory(
        session_.get(), host_.user.c_str(), host_.user.size(),
        certificate.empty() ? nullptr : certificate.data(), certificate.size(), key.content.data(),
        key.content.size(), host_.passphrase ? host_.passphrase->c_str() : nullptr);
  });
  if (code && *code == LIBSSH2_ERROR_FILE) { // the text that comes with it differs by version
    note(what, key.is_encrypted ? "the passphrase is wrong" : "the key cannot be read");
    hint(key.is_encrypted ? "check SSH_KEY_PASSPHRASE (or passphrase_env of the host)"
                          : "check that it is an Ed25519, ECDSA or RSA key");
    return {};
  }
  return judge(what, code);
}

// As ssh does: the configured keys before the others, which are left out where the host says so.
// Servers count attempts.
void Login::order_agent_keys(std::vector<AgentKey> &keys) const {
  std::set<std::string> own;
  for (const auto &path : host_.key_files) {
    own.insert(public_blob_of(path));
  }
  const auto is_own = [&](const AgentKey &key) { return own.count(key.blob) != 0; };
  if (host_.only_own_keys) {
    std::erase_if(keys, [&](const AgentKey &key) { return !is_own(key); });
  } else {
    std::stable_partition(keys.begin(), keys.end(), is_own);
  }
}

Result<void> Login::try_agent() {
  if (!host_.agent_socket || !offers("publickey")) {
    note("agent", host_.agent_socket ? "not offered by the server"
                                     : "there is none: SSH_AUTH_SOCK is not set");
    return {};
  }
  auto agent = Agent::connect(*host_.agent_socket, session_.bounds());
  auto keys = agent ? agent->keys() : Result<std::vector<AgentKey>>(agent.error());
  if (!keys) {
    note("agent", keys.error().message);
    hint(keys.error().hint);
    return {};
  }
  const bool holds_none = keys->empty();
  order_agent_keys(*keys);
  if (keys->empty()) {
    note("agent", holds_none ? "it holds no keys"
                             : "it holds none of the host's own keys, and IdentitiesOnly is set");
    hint("load the key with ssh-add");
  }
  for (const auto &key : *keys) {
    if (!is_done()) {
      MRE_TRY_VOID(try_agent_key(*agent, key));
    }
  }
  return {};
}

Result<void> Login::try_agent_key(Agent &agent, const AgentKey &key) {
  const std::string what = "agent key " + (key.comment.empty() ? key.type() : key.comment);
  SigningAgent signer{agent, key, {}};
  void *abstract = &signer;
  const auto code = drive([&] {
    return libssh2_userauth_publickey(session_.get(), host_.user.c_str(),
                                      reinterpret_cast<const unsigned char *>(key.blob.data()),
                                      key.blob.size(), sign_with_agent, &abstract);
  });
  if (!signer.failure.empty()) {
    note(what, signer.failure);
    return {};
  }
  return judge(what, code);
}

Result<void> Login::try_password() {
  if (!host_.password || !offers("password")) {
    note("password", host_.password ? "not offered by the server" : "none is configured");
    return {};
  }
  const auto code = drive([&] {
    return libssh2_userauth_password_ex(
        session_.get(), host_.user.c_str(), static_cast<unsigned int>(host_.user.size()),
        host_.password->c_str(), static_cast<unsigned int>(host_.password->size()), nullptr);
  });
  return judge("password", code);
}

Result<void> Login::try_keyboard() {
  const std::string what = "keyboard-interactive";
  if (!offers(what)) {
    note(what, "not offered by the server");
    return {};
  }
  KeyboardAnswers answers(host_, desk_,
                          host_.login_order.back() == LoginMethod::keyboard_interactive);
  session_.session().wire().login_state = &answers;
  const auto code = drive([&] {
    return libssh2_userauth_keyboard_interactive_ex(session_.get(), host_.user.c_str(),
                                                    static_cast<unsigned int>(host_.user.size()),
                                                    answer_keyboard);
  });
  session_.session().wire().login_state = nullptr;
  if (code && *code == 0) {
    return judge(what, code);
  }
  if (answers.is_too_long()) {
    note(what,
         "the server asked " + std::to_string(limits::kKeyboardRounds) + " times and went on");
    return Error{refusal()};
  }
  if (const auto &question = answers.question()) {
    note(what,
         "the server asked \"" + question->prompts.front() + "\", which only a person can answer");
    hint("use a client that can ask its person (elicitation), or a key for this host");
    has_asked_ = desk_ != nullptr;
    if (has_asked_) {
      desk_->ask(*question);
    }
    return code ? Result<void>() : Result<void>(code.error());
  }
  if (!answers.refused_prompt().empty()) {
    note(what, "the server asked \"" + answers.refused_prompt() + "\", " + answers.reason());
    hint(answers.remedy());
    return code ? Result<void>() : Result<void>(code.error());
  }
  return judge(what, code);
}

Result<void> Login::try_method(LoginMethod method) {
  switch (method) {
  case LoginMethod::key:
    return try_key_files();
  case LoginMethod::agent:
    return try_agent();
  case LoginMethod::password:
    return try_password();
  case LoginMethod::keyboard_interactive:
    return try_keyboard();
  }
  return {};
}

Error Login::refusal() const {
  return {Errc::auth_failed,
          "login as " + user_at(host_) + " failed; tried: " + attempts_.text() +
              (offered_.text.empty() ? "" : "; the server offers: " + offered_.text),
          hint_.empty()
              ? "check user, key and password of the host; the server's log says why it refused"
              : hint_};
}

bool Login::is_blocked_method_left() const {
  return std::any_of(host_.login_order.begin(), host_.login_order.end(), [&](LoginMethod method) {
    return !has_tried(method) && !offers(method_name(method));
  });
}

// True when a step of several is done and the methods are to be gone through again. Asking for the
// offers counts as an attempt with the server: only where another answer could be of use.
Result<bool> Login::try_offered_methods() {
  for (const LoginMethod method : host_.login_order) {
    if (has_tried(method) || !offers(method_name(method))) {
      continue;
    }
    methods_tried_.insert(method);
    is_partly_in_ = false;
    const std::size_t tried_before = attempts_.count();
    MRE_TRY_VOID(try_method(method));
    if (is_in_ || is_partly_in_) {
      return is_partly_in_;
    }
    if (attempts_.count() > tried_before && is_blocked_method_left()) {
      MRE_TRY(const bool is_a_step, have_offers_changed());
      if (is_a_step || is_in_) {
        return is_a_step;
      }
    }
  }
  return false;
}

Result<void> Login::run() {
  MRE_TRY_VOID(ask_for_offers());
  bool goes_on = !is_in_;
  while (goes_on) {
    MRE_TRY(goes_on, try_offered_methods());
  }
  for (const LoginMethod method : host_.login_order) {
    if (!is_in_ && !has_tried(method)) {
      MRE_TRY_VOID(try_method(method)); // says why it could not be tried
    }
  }
  return is_in_ ? Result<void>() : Result<void>(refusal());
}

} // namespace

Result<void> authenticate(LoginSession &session, const Identity &identity) {
  return Login(session, identity).run();
}

} // namespace mre::ssh
