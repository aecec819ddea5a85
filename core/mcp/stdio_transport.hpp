// MCP over a pair of descriptors: stdin and the private copy of stdout, or any other stream (MCP
// basic/transports/stdio).
//
// Promise: run() serves until the end of input, stop(), or until the client can no longer be
// written to. Then every call in flight is told to end, so that remote processes end, and is waited
// for within the budget; answers that come still leave. Threads: run() on one; stop() from any and
// from a signal handler (it only writes to an eventfd). Lifetime: the server outlives it. The
// descriptors stay the caller's.
#pragma once

#include "core/base/log.hpp"
#include "core/base/unique_fd.hpp"
#include "core/guard/limits.hpp"
#include "core/mcp/server.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace mre::mcp {

struct StdioOptions {
  int input_fd = 0;
  int output_fd =
      1; // in the daemon never 1: that one points at stderr before the first plugin is loaded
  std::string principal = "stdio";
  std::chrono::milliseconds end_budget = limits::kEndBudget;
};

class StdioTransport {
public:
  StdioTransport(Server &server, const Log &log, StdioOptions options);
  StdioTransport(const StdioTransport &) = delete;
  StdioTransport &operator=(const StdioTransport &) = delete;

  enum class End { end_of_input, stopped, client_gone, input_failed };
  End run();
  void stop() const;

private:
  bool wait_readable(End &end) const;

  Server &server_;
  const Log &log_;
  const StdioOptions options_;
  const std::shared_ptr<const UniqueFd>
      stopping_; // an eventfd; shared with the outlet, which may outlive us
};

} // namespace mre::mcp
