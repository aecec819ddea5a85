// Tools that plugins call: through the same runner as a client's calls, so under the same policy,
// checks and audit.
//
// Promise: call() runs the tool on the caller's thread and waits for its end. close() refuses new
// ones, cancels those that run and waits for them. Threads: any. Lifetime: opened once the runner
// is there, closed before it goes.
#pragma once

#include "core/base/guarded.hpp"
#include "core/mcp/call_runner.hpp"
#include "core/tools/tool_caller.hpp"

#include <cstddef>
#include <stop_token>

namespace mre::app {

class NestedCalls final : public tools::ToolCaller {
public:
  explicit NestedCalls(const tools::Registry &registry) : registry_(registry) {}

  void open(mcp::CallRunner &runner);
  bool close(Milliseconds patience); // false: some do not end

  tools::NestedOutcome call(tools::NestedCall call) override;
  Result<std::string> explain(std::string_view name) const override;

private:
  struct State {
    mcp::CallRunner *runner = nullptr; // null while closed
    std::size_t active = 0;
  };
  mcp::CallRunner *enter();
  void leave();

  const tools::Registry &registry_;
  std::stop_source ending_;
  Guarded<State> state_;
};

} // namespace mre::app
