// Waiting for a way through another host, on a thread that may block.
//
// Promise: ends by the bounds; a tunnel that opens too late is ended again. Threads: any but the
// reactor's. Lifetime: one call; what `open` refers to lives until the reactor has stopped.
#pragma once

#include "core/config/host.hpp"
#include "core/ssh/bounded_wait.hpp"
#include "core/ssh/tunnel.hpp"

#include <functional>
#include <memory>
#include <string>

namespace mre::ssh {

TunnelTarget tunnel_target(const config::HostConfig &host, const std::string &through);

struct TunnelWish {
  TunnelTarget target;
  std::shared_ptr<Reactor> reactor;
  std::function<void(std::shared_ptr<Tunnel>)> open; // on the reactor
};

Result<std::unique_ptr<Link>> wait_for_tunnel(const TunnelWish &wish, const BoundedWait &bounds);

} // namespace mre::ssh
