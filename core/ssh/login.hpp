// From a host's configuration to a session that is logged in: TCP, handshake, host key, login.
//
// Promise: nothing is sent that could help an impostor before the host's key has been checked; all
// of it ends by the deadline; the error names the place, the step and what to do. A server that
// drops connections because too many log in at once (MaxStartups) is tried again, nothing else is.
// Threads: blocks a login thread. The session is handed over whole.
#pragma once

#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/config/host.hpp"
#include "core/ssh/bounded_wait.hpp"
#include "core/ssh/handles.hpp"
#include "core/ssh/link.hpp"
#include "core/ssh/login_desk.hpp"

#include <functional>
#include <memory>

namespace mre::ssh {

// A fresh way to the host for each attempt: TCP, or a tunnel through another host.
using MakeLink = std::function<Result<std::unique_ptr<Link>>(const BoundedWait &bounds)>;

MakeLink over_tcp(config::HostConfig host);

struct LoginRequest {
  const config::HostConfig &host;
  MakeLink make_link;
  LoginDesk *desk = nullptr; // where questions to a person are left; null: nobody is asked
};

Result<std::unique_ptr<Session>> log_in(const LoginRequest &request, const BoundedWait &bounds,
                                        const Log &log);

} // namespace mre::ssh
