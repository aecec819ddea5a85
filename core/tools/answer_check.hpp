// Whether what a client said answers what it was asked.
//
// Threads: pure function.
#pragma once

#include "core/base/json.hpp"
#include "core/base/result.hpp"
#include "core/tools/call_context.hpp"

namespace mre::tools {

// An action of the three, and accepted content that fits the schema it was asked with (MCP
// client/elicitation); of the other methods' results the members they are there for. bad_argument
// says which question and where it does not fit.
Result<void> check_answer(const InputRequest &question, const Json &answer);

} // namespace mre::tools
