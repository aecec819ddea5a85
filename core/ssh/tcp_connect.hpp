// A TCP connection to a host, by name or address.
//
// Promise: all addresses of the name are tried, both families in turn, a second one while the first
// is still silent; the error says which step failed and what to do about it. TCP_NODELAY is set
// (without it a warm command costs 42 ms more, measured). Threads: blocks; any.
#pragma once

#include "core/base/result.hpp"
#include "core/base/unique_fd.hpp"
#include "core/config/host.hpp"
#include "core/ssh/bounded_wait.hpp"

namespace mre::ssh {

Result<UniqueFd> connect_tcp(const config::HostConfig &host, const BoundedWait &bounds);

} // namespace mre::ssh
