// The result of a command as surface section 6 describes it, in both forms.
//
// Promise: the outcome is never cut; every outcome but `exited` is an error with its code; the json
// form's text block is the structured result and nothing else. Threads: pure.
#pragma once

#include "core/builtin/exec_call.hpp"
#include "core/builtin/shown_output.hpp"

#include <string>

namespace mre::builtin {

// All that a result is made of.
struct ExecOutcome {
  std::string host, user; // the name in the host book, the login
  std::chrono::milliseconds timeout{0};
  ssh::ExecEnd end;
  std::uint64_t out_bytes = 0, err_bytes = 0;
  ShownOutput shown;
  std::string output_id; // empty: none
};

tools::ToolResult render_exec(const ExecOutcome &outcome, const ExecForm &form);

// JSON Schema of the structured result, error form included.
extern const char *const kExecOutputSchema;

} // namespace mre::builtin
