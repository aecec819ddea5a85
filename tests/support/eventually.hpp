// eventually(): bounded polling, for tests that watch a real process.
//
// Promise: returns as soon as the predicate holds, or false when the time is over; the predicate is
// asked at least once. Threads: the caller's.
#pragma once

#include <chrono>
#include <thread>
#include <utility>

namespace mre::testing {

template <class Predicate>
bool eventually(Predicate &&predicate,
                std::chrono::milliseconds timeout = std::chrono::seconds(5)) {
  // 10 ms: short beside every time limit that is tested, long beside the cost of reading /proc.
  constexpr std::chrono::milliseconds kPause{10};
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (!std::forward<Predicate>(predicate)()) {
    if (std::chrono::steady_clock::now() >= end) {
      return false;
    }
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

} // namespace mre::testing
