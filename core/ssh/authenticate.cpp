// See authenticate.hpp.
#include "core/ssh/authenticate.hpp"

#include "core/base/file.hpp"
#include "core/guard/limits.hpp"
#include "core/ssh/agent.hpp"
#include "core/ssh/key_file.hpp"
#include "core/ssh/keyboard_answers.hpp"
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
  Result<void> try_method(LoginMethod method);
  Result<void> try_key_files();
  Result<void> try_key_file(const std::string &path);
  Result<void> try_key(const KeyFile &key, const std::string &certificate, const std::string &what);
  void order_agent_keys(std::vector<AgentKey> &keys) const;
  Result<void> try_agent();
  Result<void> try_agent_key(Agent &agent, const AgentKey &key);
  Result<void> try_password();
  Result<void> try_keyboard();

  bool offers(std::string_view method) const { return offered_.count(std::string(method)) > 0; }
  void note(const std::string &what, const std::string &how) {
    tried_.push_back(what + " (" + how + ")");
  }
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
  std::set<std::string> offered_;
  std::string offered_text_;
  std::vector<std::string> tried_;
  std::string hint_;
  bool is_in_ = false;
};

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
    session_.session().note_login(what + "; the server offers " + offered_text_);
    return {};
  }
  if (is_link_failure(*code) || session_.session().wire().is_broken()) {
    return cut(what);
  }
  if (*code == LIBSSH2_ERROR_PASSWORD_EXPIRED) {
    note(what, "the password has expired");
    hint("log in by hand and set a new password");
  } else {
    note(what, "refused");
  }
  return {};
}

// A server that ends the login itself says so, or has refused something before; anything else is
// the link.
Error Login::cut(const std::string &what) {
  const std::string &farewell = session_.session().wire().farewell();
  if (farewell.empty() && tried_.empty()) {
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
  const char *list = nullptr;
  MRE_TRY(const long code, drive([&]() -> long {
            list = libssh2_userauth_list(session_.get(), host_.user.c_str(),
                                         static_cast<unsigned int>(host_.user.size()));
            if (list != nullptr) {
              return 0;
            }
            return libssh2_userauth_authenticated(session_.get()) != 0
                       ? 0
                       : libssh2_session_last_errno(session_.get());
          }));
  if (list == nullptr) {
    if (code != 0) {
      return cut("none");
    }
    is_in_ = true; // the server asks for nothing
    return {};
  }
  offered_text_ = list;
  std::size_t begin = 0;
  while (begin <= offered_text_.size()) {
    const auto end = std::min(offered_text_.find(',', begin), offered_text_.size());
    offered_.insert(offered_text_.substr(begin, end - begin));
    begin = end + 1;
  }
  return {};
}

Result<void> Login::try_key_files() {
  if (!offers("publickey")) {
    note("key", "not offered by the server");
    return {};
  }
  for (const auto &path : host_.key_files) {
    if (!is_in_) {
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
  return is_in_ ? Result<void>() : try_key(*key, {}, what);
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
    if (!is_in_) {
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
  std::string tried;
  for (const auto &item : tried_) {
    tried += (tried.empty() ? "" : ", ") + item;
  }
  return {Errc::auth_failed,
          "login as " + user_at(host_) + " failed; tried: " + (tried.empty() ? "nothing" : tried) +
              (offered_text_.empty() ? "" : "; the server offers: " + offered_text_),
          hint_.empty()
              ? "check user, key and password of the host; the server's log says why it refused"
              : hint_};
}

Result<void> Login::run() {
  MRE_TRY_VOID(ask_for_offers());
  for (const LoginMethod method : host_.login_order) {
    if (is_in_) {
      break;
    }
    MRE_TRY_VOID(try_method(method));
  }
  if (!is_in_) {
    return refusal();
  }
  return {};
}

} // namespace

Result<void> authenticate(LoginSession &session, const Identity &identity) {
  return Login(session, identity).run();
}

} // namespace mre::ssh
