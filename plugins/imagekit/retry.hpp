// When a request is worth sending again, and after how long.
//
// Promise: bounded in number and in time; a wait that the service asked for is kept or the request
// is given up, never cut short. Threads: pure functions.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace imagekit {

struct Attempt {
  int number = 1;         // of this attempt, from 1
  int status = 0;         // HTTP; 0: no answer came
  std::string rate_reset; // X-RateLimit-Reset: milliseconds to wait (not seconds, not a date)
};

// Nothing: not worth it.
std::optional<std::chrono::milliseconds> wait_before_next(const Attempt &attempt);

} // namespace imagekit
