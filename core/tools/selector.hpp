// A selector names tools: "name", "owner:name" or "owner:*". Nothing cleverer: a reader must be
// able to predict it.
//
// Threads: values and pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mre::tools {

struct Selector {
  std::string owner; // empty: any
  std::string name;  // "*": every tool of the owner

  // Nothing when the text is none of the three forms.
  static std::optional<Selector> parse(std::string_view text);
  bool matches(std::string_view tool_owner, std::string_view tool_name) const {
    return (owner.empty() || owner == tool_owner) && (name == "*" || name == tool_name);
  }
};

// 1 to 128 characters of [A-Za-z0-9_.-], as MCP advises and clients check.
bool is_tool_name(std::string_view name);

} // namespace mre::tools
