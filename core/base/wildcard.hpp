// Patterns with `*` and `?`, as OpenSSH's files use them (ssh_config(5), PATTERNS).
//
// Promise: any bytes are safe input and no pattern is slow: a star is retried from the last one
// only. Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace mre {

// The whole text against the whole pattern; case counts.
bool matches_wildcard(std::string_view pattern, std::string_view text);

// A comma-separated list of patterns: one must match and none of those that begin with `!`.
enum class ListMatch { none, matched, negated };
ListMatch match_pattern_list(std::string_view list, std::string_view text);

// A-Z only: names of hosts are ASCII.
std::string ascii_lower(std::string_view text);

} // namespace mre
