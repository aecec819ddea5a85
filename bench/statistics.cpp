#include "bench/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace mre::bench {

Time now() {
  return std::chrono::steady_clock::now();
}

double milliseconds_since(Time begin) {
  return std::chrono::duration<double, std::milli>(now() - begin).count();
}

double seconds_since(Time begin) {
  return milliseconds_since(begin) / 1000;
}

double median(std::vector<double> values) {
  return percentile(std::move(values), 50);
}

double percentile(std::vector<double> values, double percent) {
  if (values.empty()) {
    return 0;
  }
  std::sort(values.begin(), values.end());
  const double place = percent / 100 * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(place));
  const std::size_t above = std::min(below + 1, values.size() - 1);
  const double part = place - std::floor(place);
  return values[below] * (1 - part) + values[above] * part;
}

double largest(const std::vector<double> &values) {
  return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
}

} // namespace mre::bench
