// `call TOOL [JSON | -] [--json]`: one tool, in this process, as principal `cli`.
//
// Promise: the same policy, audit and redaction as for a client. Questions go to the terminal, else
// they are declined. interrupt() cancels the call, which ends the remote process; run() returns
// once the call has ended.
// Threads: run() on one thread, interrupt() from any. Lifetime: the collaborators outlive it.
#pragma once

#include "core/base/guarded.hpp"
#include "core/cli/output.hpp"
#include "core/cli/terminal.hpp"
#include "core/mcp/call_runner.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mre::cli {

struct CallArguments {
  std::string tool;
  std::optional<std::string> input; // JSON text; "-" reads it from standard input
  bool json = false;                // the structured result instead of the text
  int standard_input = 0;
};

class CallCommand {
public:
  CallCommand(mcp::CallRunner &runner, Terminal &terminal, const Output &output)
      : runner_(runner), terminal_(terminal), output_(output) {}

  int run(const CallArguments &arguments);
  // A plugin's subcommand, "plugin command": its text is printed when it ends. Exit 2 when the
  // words were wrong.
  int run_command(const std::string &name, const std::vector<std::string> &words);
  void interrupt();

private:
  struct State {
    std::shared_ptr<mcp::RunningCall> running;
    std::optional<mcp::CallOutcome> outcome;
    bool is_interrupted = false;
  };

  mcp::CallOutcome conduct(mcp::CallRequest request);
  int refused(const tools::ProtocolError &error, const std::string &hint) const;
  int asked_too_often(const std::string &name) const;
  mcp::CallOutcome run_once(mcp::CallRequest request);
  mcp::CallOutcome run_with_questions(mcp::CallRequest request);
  int print(const tools::ToolResult &result, bool json) const;
  void show_progress(std::string_view message);

  mcp::CallRunner &runner_;
  Terminal &terminal_;
  const Output &output_;
  // Shared with the callbacks of a call that ends after this object is gone.
  std::shared_ptr<Guarded<State>> state_ = std::make_shared<Guarded<State>>();
};

} // namespace mre::cli
