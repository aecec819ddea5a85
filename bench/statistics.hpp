// Times and what is said about many of them.
//
// Threads: pure functions.
#pragma once

#include <chrono>
#include <vector>

namespace mre::bench {

using Time = std::chrono::steady_clock::time_point;

Time now();
double milliseconds_since(Time begin);
double seconds_since(Time begin);

// Of an empty list: 0.
double median(std::vector<double> values);
double percentile(std::vector<double> values, double percent);
double largest(const std::vector<double> &values);

} // namespace mre::bench
