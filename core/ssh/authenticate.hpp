// Proving who we are to a server whose key has been checked.
//
// Promise: only what the host's configuration names is tried, in its order; a failure names every
// method that was tried, how each one ended and what the server offers. Keyboard-interactive
// questions get the password only when the answer is hidden and the question asks for a password.
// Threads: a login thread.
#pragma once

#include "core/base/result.hpp"
#include "core/config/host.hpp"
#include "core/ssh/login_session.hpp"

namespace mre::ssh {

Result<void> authenticate(LoginSession &session, const config::HostConfig &host);

} // namespace mre::ssh
