// Proving who we are to a server whose key has been checked.
//
// Promise: only what the host's configuration names is tried, in its order; a failure names every
// method that was tried, how each one ended and what the server offers. A server that asks for
// several steps (a key and then a code) gets them, each method once. Keyboard-interactive
// questions get the password only when the answer is hidden and the question asks for a password;
// questions with an echo get a person's words from the desk, or are left there.
// Threads: a login thread.
#pragma once

#include "core/base/result.hpp"
#include "core/config/host.hpp"
#include "core/ssh/login_desk.hpp"
#include "core/ssh/login_session.hpp"

namespace mre::ssh {

struct Identity {
  const config::HostConfig &host;
  LoginDesk *desk; // null: nobody is asked
  bool &has_asked; // set when the login could go on with a person's words
};

Result<void> authenticate(LoginSession &session, const Identity &identity);

} // namespace mre::ssh
