// The tool object of tools/list as text.
//
// Promise: keys in the order name, title, description, inputSchema, outputSchema, annotations;
// schemas verbatim, without white space; whether it is read-only or destructive is always said,
// another annotation only where it differs from MCP's default, since every byte is read by a model.
// Threads: pure.
#pragma once

#include "core/tools/declaration.hpp"

#include <string>

namespace mre::tools {

std::string render_tool_object(const ToolDeclaration &tool);

} // namespace mre::tools
