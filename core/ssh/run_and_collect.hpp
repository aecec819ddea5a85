// A short command whose output is small, as one blocking call.
//
// Promise: what is kept of each stream is bounded; everything beyond is dropped, never waited for.
// Threads: any that may block; never the reactor's. Lifetime: the engine outlives the call.
#pragma once

#include "core/base/result.hpp"
#include "core/ssh/engine.hpp"

#include <stop_token>
#include <string>

namespace mre::ssh {

struct Collected {
  ExecEnd end;
  std::string out; // their first 4096 bytes
  std::string err;
};

// The error that kept it from starting, or how it ended. Ends with the request's timeout at the
// latest; a stop cancels the command.
Result<Collected> run_and_collect(Engine &engine, ExecRequest request, std::stop_token stop);

} // namespace mre::ssh
