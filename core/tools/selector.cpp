#include "core/tools/selector.hpp"

#include <algorithm>

namespace mre::tools {
namespace {

constexpr std::size_t kLongestToolName = 128;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

} // namespace

bool is_tool_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestToolName &&
         std::all_of(name.begin(), name.end(), is_name_character);
}

std::optional<Selector> Selector::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return is_tool_name(text) ? std::optional(Selector{{}, std::string(text)}) : std::nullopt;
  }
  const std::string_view owner = text.substr(0, colon);
  const std::string_view name = text.substr(colon + 1);
  if (!is_tool_name(owner) || (name != "*" && !is_tool_name(name))) {
    return std::nullopt;
  }
  return Selector{std::string(owner), std::string(name)};
}

} // namespace mre::tools
