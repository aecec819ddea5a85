// What a client says it can do.
//
// Threads: pure functions over values.
#pragma once

#include "core/base/json.hpp"
#include "core/tools/call_context.hpp"

#include <string>
#include <string_view>

namespace mre::mcp {

// The name of the tasks extension of the stateless era, as in `extensions` of both sides.
inline constexpr const char *kTasksExtension = "io.modelcontextprotocol/tasks";

// Whether a client with these capabilities can be asked by this method: "elicitation/create" means
// a form, "elicitation/create:url" a page to open.
bool client_can(const Json &capabilities, std::string_view method);
// The same for the tasks extension.
bool client_takes_tasks(const Json &capabilities);
// The method as client_can() takes it.
std::string method_to_ask(const tools::InputRequest &question);
// The ClientCapabilities object that names what is missing.
Json required_capability(std::string_view method);

} // namespace mre::mcp
