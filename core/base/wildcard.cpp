#include "core/base/wildcard.hpp"

#include <algorithm>
#include <cstddef>

namespace mre {

bool matches_wildcard(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t after_star = std::string_view::npos;
  std::size_t star_took_until = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      star_took_until = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (after_star != std::string_view::npos) {
      p = after_star;
      t = ++star_took_until;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

ListMatch match_pattern_list(std::string_view list, std::string_view text) {
  ListMatch match = ListMatch::none;
  while (!list.empty()) {
    std::string_view pattern = list.substr(0, list.find(','));
    list.remove_prefix(std::min(pattern.size() + 1, list.size()));
    const bool is_negated = !pattern.empty() && pattern.front() == '!';
    pattern.remove_prefix(is_negated ? 1 : 0);
    if (matches_wildcard(pattern, text)) {
      if (is_negated) {
        return ListMatch::negated; // wherever it stands
      }
      match = ListMatch::matched;
    }
  }
  return match;
}

std::string ascii_lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

} // namespace mre
