// HandClock: time that moves only when the test moves it.
//
// Threads: any. Lifetime: outlives what it is given to.
#pragma once

#include "core/base/clock.hpp"

#include <atomic>

namespace mre::test {

class HandClock final : public Clock {
public:
  SteadyTime now() const override { return SteadyTime(Milliseconds(1000000 + moved_.load())); }
  std::chrono::system_clock::time_point wall() const override {
    return std::chrono::system_clock::time_point(Milliseconds(1000000 + moved_.load()));
  }
  void move(Milliseconds span) { moved_ += span.count(); }

private:
  std::atomic<Milliseconds::rep> moved_{0};
};

} // namespace mre::test
