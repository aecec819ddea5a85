// Waiting on a login thread: for a descriptor, until a deadline, and never past the end of the
// server.
//
// Threads: one. Lifetime: the clock and the stop descriptor outlive it.
#pragma once

#include "core/base/clock.hpp"

#include <poll.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace mre::ssh {

enum class WaitEnd { ready, timed_out, stopped };

struct BoundedWait {
  const Clock &clock;
  Deadline deadline;
  int stop_descriptor; // readable, and stays so, once the server is ending

  // Waits for any of the descriptors, at most until the earlier of `at_most` and the deadline.
  WaitEnd wait(std::span<pollfd> descriptors, Deadline at_most = {}) const {
    std::vector<pollfd> all(descriptors.begin(), descriptors.end());
    all.push_back({stop_descriptor, POLLIN, 0});
    const Deadline end = deadline.earlier(at_most);
    while (true) {
      if (deadline.has_passed(clock)) { // also when the descriptors are never quiet
        return WaitEnd::timed_out;
      }
      constexpr std::int64_t kLongest = 60000;
      const auto left = end.left(clock).value_or(Milliseconds(kLongest));
      const int count = ::poll(all.data(), all.size(),
                               static_cast<int>(std::min<std::int64_t>(left.count(), kLongest)));
      if (all.back().revents != 0) {
        return WaitEnd::stopped;
      }
      if (count > 0) {
        std::copy(all.begin(), all.end() - 1, descriptors.begin());
        return WaitEnd::ready;
      }
      if (end.has_passed(clock)) {
        return WaitEnd::timed_out;
      }
    }
  }
};

} // namespace mre::ssh
