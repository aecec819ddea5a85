// Which resource a uri means: RFC 6570 templates of level 1, matched.
// Threads: pure functions.
#pragma once

#include "core/tools/snapshot.hpp"

#include <string_view>

namespace mre::mcp {

// True when an expansion of the template could give this uri. A variable stands for one or more
// characters that simple expansion leaves or makes: unreserved and percent-encoded ones.
bool matches_template(std::string_view uri_template, std::string_view uri);

// A resource with exactly this uri, else the first template that matches, else null.
const tools::ResourceDeclaration *find_resource(const tools::Snapshot &snapshot,
                                                std::string_view uri);

} // namespace mre::mcp
