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

#include <memory>

namespace mre::ssh {

Result<std::unique_ptr<Session>> log_in(const config::HostConfig &host, const BoundedWait &bounds,
                                        const Log &log);

} // namespace mre::ssh
