// What the server says it can do. Truthfully: a kind nobody offers is not declared and its methods
// do not exist. Threads: pure functions over a snapshot.
#pragma once

#include "core/base/json.hpp"
#include "core/mcp/exchange.hpp"
#include "core/tools/snapshot.hpp"

#include <string>

namespace mre::mcp {

enum class ContentKind { resources, prompts, completions };

bool has_any(const tools::Snapshot &snapshot, ContentKind kind);

// ServerCapabilities, the same for both eras.
Json capabilities(const tools::Snapshot &snapshot);

// A few sentences for the model, naming only tools that are visible.
std::string instructions(const tools::Snapshot &snapshot);

// Whether the kind exists for this client: now, or when it shook hands. If not, the exchange is
// answered with "no such method", as for a capability that was not declared.
bool require_kind(Exchange &exchange, const tools::Snapshot &snapshot, ContentKind kind);

} // namespace mre::mcp
