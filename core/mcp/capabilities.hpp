// What the server says it can do. Truthfully: a kind nobody offers is not declared and its methods
// do not exist. Threads: pure functions over a snapshot.
#pragma once

#include "core/base/json.hpp"
#include "core/mcp/exchange.hpp"
#include "core/tools/snapshot.hpp"

#include <string>
#include <string_view>

namespace mre::mcp {

enum class ContentKind { resources, prompts, completions };

bool has_any(const tools::Snapshot &snapshot, ContentKind kind);

// Whether a visible tool can run as a task.
bool has_task_tools(const tools::Snapshot &snapshot);

// ServerCapabilities of a revision. Tasks are a member of their own in one and an extension in the
// other era.
Json capabilities(const tools::Snapshot &snapshot, std::string_view version);

// A few sentences for the model, naming only tools that are visible.
std::string instructions(const tools::Snapshot &snapshot);

// Whether the kind exists for this client: now, or when it shook hands. If not, the exchange is
// answered with "no such method", as for a capability that was not declared.
bool require_kind(Exchange &exchange, const tools::Snapshot &snapshot, ContentKind kind);

} // namespace mre::mcp
