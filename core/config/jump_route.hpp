// The hosts that are passed on the way to a host.
//
// Promise: the order is that of the connections, the first of them is connected to directly. Like
// ssh's ProxyJump, a list of several names is followed as it stands; only its first host may be
// behind further ones. A loop, a missing host and a host with an obstacle are errors.
// Threads: pure over values.
#pragma once

#include "core/base/result.hpp"
#include "core/config/host.hpp"

#include <vector>

namespace mre::config {

Result<std::vector<HostConfig>> jump_route(const HostBook &book, const HostConfig &host);

} // namespace mre::config
