#include "core/mcp/nearest.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

namespace mre::mcp {
namespace {

// Longer names than any tool may have (128 characters) are not worth quadratic work.
constexpr std::size_t kComparable = 128;
constexpr std::size_t kShown = 3;

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

bool one_contains_other(std::string_view a, std::string_view b) {
  return a.find(b) != std::string_view::npos || b.find(a) != std::string_view::npos;
}

} // namespace

std::vector<std::string> nearest_names(std::string_view wanted,
                                       const std::vector<std::string_view> &candidates) {
  if (wanted.empty() || wanted.size() > kComparable) {
    return {};
  }
  std::vector<std::pair<std::size_t, std::string_view>> scored;
  for (const auto candidate : candidates) {
    const std::size_t distance = edit_distance(wanted, candidate);
    if (distance <= std::max<std::size_t>(2, wanted.size() / 3) ||
        (wanted.size() >= 3 && one_contains_other(wanted, candidate))) {
      scored.emplace_back(distance, candidate);
    }
  }
  std::stable_sort(scored.begin(), scored.end(),
                   [](const auto &a, const auto &b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (std::size_t i = 0; i < scored.size() && i < kShown; ++i) {
    names.emplace_back(scored[i].second);
  }
  return names;
}

} // namespace mre::mcp
