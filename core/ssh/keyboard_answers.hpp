// Answering the server's questions in a keyboard-interactive login, when they are for the password.
//
// Promise: the password is given at most three times, only to a question whose answer is hidden and
// which asks for a password; any other question is remembered for the error. Threads: a login
// thread.
#pragma once

#include <libssh2.h>

#include <string>
#include <string_view>

namespace mre::ssh {

struct KeyboardAnswers {
  const std::string &password;
  std::string refused_prompt;
  int given = 0;
};

// "Password:", "root@web's password: ", "Passwort: " … but no code, token or new password.
bool asks_for_password(std::string_view prompt);

// libssh2's callback; finds its KeyboardAnswers through the session's wire.
LIBSSH2_USERAUTH_KBDINT_RESPONSE_FUNC(answer_keyboard);

} // namespace mre::ssh
