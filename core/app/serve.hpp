// Serving MCP until the client or a signal ends it.
//
// Promise: when it returns, no remote process that could be ended is left running and the audit is
// written. With a client on stdin the end of its input is the end; a daemon ends on SIGTERM: no new
// requests from then on, calls may end by themselves for kDrainBudget and are cancelled then.
// Threads: blocks the main thread. Lifetime: the house outlives it.
#pragma once

#include "core/app/house.hpp"
#include "core/base/unique_fd.hpp"

namespace mre::app {

struct ServeDescriptors {
  UniqueFd input;  // the claimed stdin
  UniqueFd output; // the claimed stdout
};

enum class ServeOn { stdio_and_transports, transports };

// The exit code of the process.
int serve(House &house, const ServeDescriptors &descriptors, ServeOn where);

} // namespace mre::app
