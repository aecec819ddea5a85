// A moment as text for people and for other programs: RFC 3339 in UTC with milliseconds,
// "2026-11-21T04:05:06.789Z". Threads: pure.
#pragma once

#include <chrono>
#include <string>

namespace mre {

std::string rfc3339(std::chrono::system_clock::time_point time);

} // namespace mre
