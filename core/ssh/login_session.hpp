// Driving a non-blocking libssh2 session on a login thread until one call is through.
//
// Threads: one login thread. Lifetime: shorter than the session.
#pragma once

#include "core/base/result.hpp"
#include "core/ssh/bounded_wait.hpp"
#include "core/ssh/handles.hpp"

#include <functional>
#include <vector>

namespace mre::ssh {

class LoginSession {
public:
  LoginSession(Session &session, const BoundedWait &bounds);
  ~LoginSession() { session_.wire().settle(); }
  LoginSession(const LoginSession &) = delete;
  LoginSession &operator=(const LoginSession &) = delete;

  // Calls step until it returns something else than LIBSSH2_ERROR_EAGAIN. timed_out at the
  // deadline, cancelled when the server is ending.
  Result<long> drive(const std::function<long()> &step);

  LIBSSH2_SESSION *get() const { return session_.get(); }
  Session &session() const { return session_; }
  const BoundedWait &bounds() const { return bounds_; }

private:
  Session &session_;
  const BoundedWait &bounds_;
  std::vector<char> buffer_;
};

} // namespace mre::ssh
