// The result of a command as surface section 6 describes it, in both forms.
//
// Promise: the outcome is never cut; every outcome but `exited` is an error with its code; the json
// form's text block is the structured result and nothing else. Threads: pure.
#pragma once

#include "core/builtin/exec_call.hpp"

namespace mre::builtin {

tools::ToolResult render_exec(const ExecOutcome &outcome, const ExecForm &form);

// JSON Schema of the structured result, error form included.
extern const char *const kExecOutputSchema;

} // namespace mre::builtin
