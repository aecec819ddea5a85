// JSON for the core: nlohmann_json behind three functions that never throw.
//
// Promise: parse() caps nesting while parsing (nlohmann recurses without limit when it dumps and
// destroys a tree) and refuses integers beyond 64 bits; dump() never fails, invalid UTF-8 becomes
// U+FFFD, and the text holds no raw newline. Object keys are kept sorted: lookups stay logarithmic
// on hostile input. Threads: values.
#pragma once

#include "core/base/result.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace mre {

using Json = nlohmann::json;

struct JsonLimits {
  int max_depth = 64; // surface: "the nesting cap 64"
};

// bad_argument with the byte position for anything that is not one complete JSON value within the
// limits.
Result<Json> parse_json(std::string_view text, JsonLimits limits = {});

std::string dump_json(const Json &value);
// Two-space indentation, for people.
std::string dump_json_pretty(const Json &value);

// The same JSON text without white space between tokens; key order and spelling stay. The text must
// be valid JSON.
std::string minify_json(std::string_view text);

// A string as a JSON string literal with its quotes.
std::string json_quote(std::string_view text);

// Lookup without exceptions: null when the object, the key or the type is missing.
const Json *find_member(const Json &object, std::string_view key);
const std::string *find_string(const Json &object, std::string_view key);

} // namespace mre
