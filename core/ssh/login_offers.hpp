// What a server would take from a user now.
//
// Promise: asks with the method "none", as RFC 4252 has it; a server counts that as an attempt.
// Threads: a login thread.
#pragma once

#include "core/base/result.hpp"
#include "core/ssh/login_session.hpp"

#include <functional>
#include <set>
#include <string>

namespace mre::ssh {

struct LoginOffers {
  bool is_in = false; // the server asks for nothing
  long failure = 0;   // of libssh2, when the server did not answer
  std::string text;   // as the server said it
  std::set<std::string, std::less<>> methods;
};

Result<LoginOffers> ask_for_login_offers(LoginSession &session, const std::string &user);

} // namespace mre::ssh
