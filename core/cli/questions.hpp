// A tool's question, asked on the terminal: the form of an MCP elicitation, field by field.
//
// Promise: returns an elicitation result: {"action":"accept","content":{…}}, "decline" or "cancel".
// Accepted content fits the requested schema. Whatever cannot be asked here is declined.
// Threads: one; blocks for the person.
#pragma once

#include "core/base/json.hpp"
#include "core/cli/terminal.hpp"
#include "core/tools/call_context.hpp"

namespace mre::cli {

Json ask(Terminal &terminal, const tools::InputRequest &request);

} // namespace mre::cli
