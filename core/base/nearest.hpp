// "Did you mean …": the known name closest to one that was not found.
//
// Threads: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mre {

// Single-character insertions, deletions, replacements and swaps of neighbours that turn a into b.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The nearest of the names, case aside; empty when none is near enough to be a plausible slip (a
// third of its length, at least two) nor a longer or shorter form.
std::string nearest_name(std::string_view wanted, std::span<const std::string> names);

} // namespace mre
