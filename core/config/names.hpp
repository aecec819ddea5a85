// The variables of the product by name, and words as complaints show them.
//
// Threads: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mre::config {

// Every variable that surface section 3 or a bundled plugin defines.
std::span<const std::string> known_variables();
bool is_known_variable(std::string_view name);

// The variable a person most likely meant, or nothing when none is near.
std::string nearest_variable(std::string_view word);

// The NAME in `${NAME}` or `${NAME:-fallback}` when text holds one; empty otherwise.
std::string placeholder_in(std::string_view text);

// "sftp" as it stands in MRE_PLUGIN_<NAME>_SHA256: upper case, other characters than letters and
// digits as `_`.
std::string variable_part(std::string_view stem);
// "MRE_<NAME>_": what the variables of a plugin with this file stem begin with.
std::string plugin_prefix(std::string_view stem);
// MRE_PLUGIN_<NAME>_SHA256
bool is_plugin_digest(std::string_view variable);
std::string to_lower(std::string_view text);

// A value as complaints show it: quoted, control characters escaped, cut after 80 bytes.
std::string shown(std::string_view value);

// "a, b or c"
std::string one_of(std::span<const std::string> words);

} // namespace mre::config
