// See retry.hpp.
#include "retry.hpp"

#include <charconv>

namespace imagekit {

namespace {

constexpr int kMostAttempts = 4;
// A caller who has to wait longer is better told so.
constexpr std::chrono::milliseconds kLongestWait{15000};
constexpr std::chrono::milliseconds kFirstWait{250};

std::optional<std::chrono::milliseconds> asked_wait(const std::string &text) {
  long long number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size() || number < 0) {
    return std::nullopt;
  }
  return std::chrono::milliseconds(number);
}

} // namespace

std::optional<std::chrono::milliseconds> wait_before_next(const Attempt &attempt) {
  const bool is_passing = attempt.status == 0 || attempt.status == 408 || attempt.status == 429 ||
                          attempt.status >= 500;
  if (!is_passing || attempt.number >= kMostAttempts) {
    return std::nullopt;
  }
  auto wait = kFirstWait * (1 << (attempt.number - 1)); // 250, 500, 1000 ms
  if (attempt.status == 429) {
    wait = asked_wait(attempt.rate_reset).value_or(std::chrono::milliseconds(1000));
  }
  return wait <= kLongestWait ? std::optional(wait) : std::nullopt;
}

} // namespace imagekit
