// Serving MCP until the client or a signal ends it.
//
// Promise: when it returns, no remote process that could be ended is left running and the audit is
// written. Threads: blocks the main thread. Lifetime: the house outlives it.
#pragma once

#include "core/app/house.hpp"
#include "core/base/unique_fd.hpp"

namespace mre::app {

struct ServeDescriptors {
  UniqueFd input;  // the claimed stdin
  UniqueFd output; // the claimed stdout
};

// The exit code of the process.
int serve_stdio(House &house, const ServeDescriptors &descriptors);

} // namespace mre::app
