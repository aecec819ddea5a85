// One direction of one proxied connection: bytes with the time from which they may be delivered.
//
// Threads: the proxy's loop only. Lifetime: the descriptors belong to the connection, which
// outlives its lanes.
#pragma once

#include "core/base/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace mre::testing {

struct LaneRules {
  std::chrono::microseconds delay{0};
  std::uint64_t bytes_per_second = 0;
  std::optional<std::uint64_t> cut_after;
};

class Lane {
public:
  enum class Verdict { go_on, cut, broken };

  Lane(int from, int to) : from_(from), to_(to) {}

  bool wants_input() const;
  // Takes what the sender has; swallowing drops it.
  Verdict take(SteadyTime now, const LaneRules &rules, bool swallow);
  // Delivers what is due. Adds what was written to `delivered`.
  Verdict deliver(SteadyTime now, const LaneRules &rules, std::uint64_t &delivered);
  void swallow_held() {
    held_.clear();
    held_bytes_ = 0;
  }
  void close_after_held() { ended_ = true; }

  // Input came to its end and everything was delivered.
  bool is_finished() const { return closed_; }
  bool is_blocked(SteadyTime now) const; // something is due and the receiver takes no more
  std::optional<SteadyTime> next_due() const;
  int from() const { return from_; }
  int to() const { return to_; }

private:
  struct Chunk {
    SteadyTime due;
    std::string bytes;
    std::size_t offset = 0;
  };
  SteadyTime due_time(SteadyTime now, const LaneRules &rules, std::size_t bytes);

  int from_;
  int to_;
  std::deque<Chunk> held_;
  std::size_t held_bytes_ = 0;
  std::uint64_t passed_ = 0;
  SteadyTime lane_free_{}; // when the rate limit lets the next byte start
  bool ended_ = false;     // no more input will be taken
  bool closed_ = false;    // FIN was passed on
};

} // namespace mre::testing
