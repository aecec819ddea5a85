#include "core/base/nearest.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

namespace mre {
namespace {

// Longer names are not compared: the table below is quadratic and the input is anybody's.
constexpr std::size_t kLongestName = 128;

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char &c : out) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

// Nothing is a slip of it: a name that wanted begins with, or that begins with wanted: "password"
// for "password_env", "username" for "user". Shorter words are the beginning of anything.
std::string completed_name(const std::string &low, std::span<const std::string> names) {
  constexpr std::size_t kShortestWord = 3;
  std::string best;
  for (const std::string &name : names) {
    const std::string known = lower_case(name);
    const bool is_near = std::min(known.size(), low.size()) >= kShortestWord &&
                         (known.starts_with(low) || low.starts_with(known));
    const auto far = [&](std::size_t size) {
      return std::max(size, low.size()) - std::min(size, low.size());
    };
    if (is_near && (best.empty() || far(name.size()) < far(best.size()))) {
      best = name;
    }
  }
  return best;
}

} // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    last[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::string nearest_name(std::string_view wanted, std::span<const std::string> names) {
  if (wanted.empty() || wanted.size() > kLongestName) {
    return {};
  }
  const std::string low = lower_case(wanted);
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, wanted.size() / 3) + 1;
  for (const std::string &name : names) {
    if (name.size() > kLongestName) {
      continue;
    }
    const std::size_t distance = edit_distance(low, lower_case(name));
    // A name that shares nothing is no suggestion, however short both are.
    if (distance < best_distance && distance < std::max(name.size(), wanted.size())) {
      best_distance = distance;
      best = name;
    }
  }
  return best.empty() ? completed_name(low, names) : best;
}

} // namespace mre
