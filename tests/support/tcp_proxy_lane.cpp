#include "tests/support/tcp_proxy_lane.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace mre::testing {
namespace {

// Enough for 500 MB/s at 50 ms of delay; beyond it TCP holds the sender back, as a real path would.
constexpr std::size_t kHeldBytes = 32U << 20U;
constexpr std::size_t kReadBytes = 64U << 10U;

} // namespace

bool Lane::wants_input() const {
  return !ended_ && held_bytes_ < kHeldBytes;
}

SteadyTime Lane::due_time(SteadyTime now, const LaneRules &rules, std::size_t bytes) {
  if (rules.bytes_per_second == 0) {
    return now + rules.delay;
  }
  const auto cost = std::chrono::nanoseconds(1'000'000'000ULL * bytes / rules.bytes_per_second);
  lane_free_ = std::max(lane_free_, now) + cost;
  return lane_free_ + rules.delay;
}

Lane::Verdict Lane::take(SteadyTime now, const LaneRules &rules, bool swallow) {
  std::array<char, kReadBytes> buffer;
  // A rate is only smooth when the pieces are small: at most 10 ms worth of bytes at a time.
  const std::size_t piece =
      rules.bytes_per_second == 0
          ? buffer.size()
          : std::clamp<std::size_t>(rules.bytes_per_second / 100, 1, buffer.size());
  const ssize_t got = ::recv(from_, buffer.data(), piece, MSG_DONTWAIT);
  if (got < 0) {
    return errno == EAGAIN || errno == EINTR ? Verdict::go_on : Verdict::broken;
  }
  if (got == 0) {
    ended_ = true;
    return Verdict::go_on;
  }
  if (!swallow) {
    const auto size = static_cast<std::size_t>(got);
    held_.push_back({due_time(now, rules, size), std::string(buffer.data(), size)});
    held_bytes_ += size;
  }
  return Verdict::go_on;
}

Lane::Verdict Lane::deliver(SteadyTime now, const LaneRules &rules, std::uint64_t &delivered) {
  if (rules.cut_after && passed_ >= *rules.cut_after) {
    return Verdict::cut;
  }
  while (!held_.empty() && held_.front().due <= now) {
    Chunk &chunk = held_.front();
    std::size_t size = chunk.bytes.size() - chunk.offset;
    if (rules.cut_after) {
      size = std::min<std::uint64_t>(size, *rules.cut_after - passed_);
    }
    const ssize_t put =
        ::send(to_, chunk.bytes.data() + chunk.offset, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put < 0) {
      return errno == EAGAIN || errno == EINTR ? Verdict::go_on : Verdict::broken;
    }
    const auto written = static_cast<std::size_t>(put);
    delivered += written;
    passed_ += written;
    chunk.offset += written;
    held_bytes_ -= written;
    if (rules.cut_after && passed_ >= *rules.cut_after) {
      return Verdict::cut;
    }
    if (chunk.offset == chunk.bytes.size()) {
      held_.pop_front();
    }
  }
  if (ended_ && held_.empty() && !closed_) {
    ::shutdown(to_, SHUT_WR);
    closed_ = true;
  }
  return Verdict::go_on;
}

bool Lane::is_blocked(SteadyTime now) const {
  return !held_.empty() && held_.front().due <= now;
}

std::optional<SteadyTime> Lane::next_due() const {
  if (held_.empty()) {
    return std::nullopt;
  }
  return held_.front().due;
}

} // namespace mre::testing
