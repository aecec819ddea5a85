// Answering the server's questions in a keyboard-interactive login.
//
// Promise: the password is given at most three times, only to a question whose answer is hidden and
// which asks for a password. A question with an echo gets a person's words when they are at the
// desk; else it is remembered, to be put to a person, unless it asks for a secret. Whatever else is
// hidden is remembered for the error. The server's words are made printable and short before
// anybody sees them, and it cannot ask for ever. Threads: a login thread.
#pragma once

#include "core/config/host.hpp"
#include "core/guard/limits.hpp"
#include "core/ssh/login_desk.hpp"

#include <libssh2.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mre::ssh {

struct KeyboardPrompt {
  std::string_view text;
  bool has_echo = false;
};

struct KeyboardRound {
  std::string_view name, instruction;
  std::vector<KeyboardPrompt> prompts;
};

class KeyboardAnswers {
public:
  // After the last method nothing is lost by hanging up on a question that a person must answer;
  // an empty answer would count as a failed login.
  KeyboardAnswers(const config::HostConfig &host, const LoginDesk *desk, bool is_last_method)
      : host_(host), desk_(desk), is_last_method_(is_last_method) {}

  // An answer for each prompt of the round, or nothing when the login cannot go on this way.
  std::optional<std::vector<std::string>> answer(const KeyboardRound &round);

  // Why it could not go on; at most one of the three.
  const std::optional<LoginQuestion> &question() const { return question_; } // for a person
  bool is_too_long() const { return rounds_ > limits::kKeyboardRounds; }
  const std::string &refused_prompt() const { return refused_prompt_; }
  const std::string &reason() const { return reason_; } // why that one was not answered
  std::string remedy() const;
  bool must_hang_up() const { return is_too_long() || (question_ && is_last_method_); }

private:
  std::optional<std::string> own_answer(const KeyboardPrompt &prompt);
  void refuse(const KeyboardPrompt &prompt, const std::string &reason);
  std::vector<std::size_t> fill_in(const KeyboardRound &round, std::vector<std::string> &answers);
  LoginQuestion question_of(const KeyboardRound &round,
                            const std::vector<std::size_t> &places) const;

  const config::HostConfig &host_;
  const LoginDesk *const desk_;
  const bool is_last_method_;
  std::optional<LoginQuestion> question_;
  std::string refused_prompt_, reason_;
  std::vector<std::string> used_; // questions that words were given to
  int rounds_ = 0;
  int given_ = 0; // the password
};

// "Password:", "root@web's password: ", "Passwort: " … but no code, token or new password.
bool asks_for_password(std::string_view prompt);
// What no form may ask for: a password of any kind, a passphrase, a secret, a private key.
bool asks_for_secret(std::string_view prompt);
// A server's words as they may stand in a message: printable, on one line, short.
std::string shown_prompt(std::string_view prompt);

// libssh2's callback; finds its KeyboardAnswers through the session's wire.
LIBSSH2_USERAUTH_KBDINT_RESPONSE_FUNC(answer_keyboard);

} // namespace mre::ssh
