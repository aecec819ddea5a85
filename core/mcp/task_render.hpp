// A task as each generation of the feature shows it.
//
// Promise: the handshake era counts a tool's own failure as `failed`, the stateless one as
// `completed` with isError; only an error of the protocol fails a task there. Threads: pure
// functions.
#pragma once

#include "core/base/json.hpp"
#include "core/mcp/task_store.hpp"

#include <string>

namespace mre::mcp {

// MCP 2025-11-25 schema, Task.
Json render_session_task(const TaskView &task);
// The extension's Task: what tools/call answers and what a notification's beginning is.
Json render_stateless_task(const TaskView &task);
// The same with what belongs to its status: inputRequests, result or error.
Json render_stateless_detail(const TaskView &task);

// {"io.modelcontextprotocol/related-task":{"taskId":…}}: what a message of the handshake era is
// tagged with.
Json related_task(const std::string &id);

} // namespace mre::mcp
