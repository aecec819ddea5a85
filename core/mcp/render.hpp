// Results and errors as the objects that clients see; the same for every era and for the command
// line.
//
// Promise: an error's text begins with its code, unless the content tells of it in its own words;
// structuredContent.error stands beside what partial result there is. Threads: pure functions.
#pragma once

#include "core/base/json.hpp"
#include "core/tools/call_context.hpp"

#include <string>

namespace mre::mcp {

// {"content":[…],"structuredContent":…,"isError":…}. A structured result without any content gets
// its JSON as text block.
Json render_result(const tools::ToolResult &result);

// {"code","message","hint"}; the hint only where there is one.
Json render_error(const Error &error);

// "not_found: no file /etc/x on web-1. List the folder first."
std::string error_text(const Error &error);

// The structured content of a failed result: the partial one, when it is an object, with `error` in
// it.
Json structured_with_error(const tools::ToolResult &result);

} // namespace mre::mcp
