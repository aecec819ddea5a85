// The floor for many commands at once: one thread, a few libssh2 sessions over memory buffers, many
// channels each.
//
// Promise: the output of every command came to its end, or it throws. Threads: the caller's.
#pragma once

#include "bench/fixture.hpp"

#include <cstddef>
#include <string>

namespace mre::bench {

struct ReactorLoad {
  std::size_t connections = 1;
  std::size_t channels = 64; // per connection
  std::size_t commands = 1000;
  std::string command = "true";
};

// Commands per second; logins are not counted.
double reactor_rate(const Endpoint &endpoint, const ReactorLoad &load);

} // namespace mre::bench
