// Time behind a seam: production reads the steady clock, tests own it.
//
// Threads: any. Lifetime: a Clock outlives everything that was given a reference to it.
#pragma once

#include <chrono>
#include <optional>

namespace mre {

using SteadyTime = std::chrono::steady_clock::time_point;
using Milliseconds = std::chrono::milliseconds;

class Clock {
public:
  virtual ~Clock() = default;
  virtual SteadyTime now() const = 0; // never goes back; for durations and deadlines
  virtual std::chrono::system_clock::time_point
  wall() const = 0; // for humans: logs, audit, expiry of durable things
};

class SystemClock final : public Clock {
public:
  SteadyTime now() const override { return std::chrono::steady_clock::now(); }
  std::chrono::system_clock::time_point wall() const override {
    return std::chrono::system_clock::now();
  }
};

// A moment after which waiting is over. An unset deadline never passes.
class Deadline {
public:
  Deadline() = default;
  explicit Deadline(SteadyTime at) : at_(at) {}
  static Deadline after(const Clock &clock, Milliseconds span) {
    return Deadline(clock.now() + span);
  }

  bool has_passed(const Clock &clock) const { return at_ && clock.now() >= *at_; }
  const std::optional<SteadyTime> &at() const { return at_; }
  // The earlier of the two.
  Deadline earlier(const Deadline &other) const {
    if (!at_) {
      return other;
    }
    return !other.at_ || *at_ < *other.at_ ? *this : other;
  }
  // Time left, zero when passed, nothing when unset.
  std::optional<Milliseconds> left(const Clock &clock) const {
    if (!at_) {
      return std::nullopt;
    }
    const auto span = std::chrono::ceil<Milliseconds>(*at_ - clock.now());
    return span.count() > 0 ? span : Milliseconds(0);
  }

private:
  std::optional<SteadyTime> at_;
};

} // namespace mre
