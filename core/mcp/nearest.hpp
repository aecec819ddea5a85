// Names that a mistyped one may have meant.
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mre::mcp {

// At most three of the candidates, nearest first: those within a third of the name's length in
// edits, or that contain it, or are contained in it.
std::vector<std::string> nearest_names(std::string_view wanted,
                                       const std::vector<std::string_view> &candidates);

} // namespace mre::mcp
