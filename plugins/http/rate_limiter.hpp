// How often one address may do something: a bucket of tokens for each.
//
// Promise: an address that stays below the rate is never refused; a burst of a minute's worth
// passes at once. Memory is bounded: the address seen longest ago is forgotten first. Threads: any.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

namespace mre_http {

class RateLimiter {
public:
  using Time = std::chrono::steady_clock::time_point;
  // per_minute 0: no limit.
  RateLimiter(double per_minute, std::size_t max_addresses);

  // True when it may, and counts it.
  bool take(const std::string &address, Time now);
  // True when take() would refuse; counts nothing.
  bool is_spent(const std::string &address, Time now);
  // Seconds until it may again, at least 1.
  int seconds_left(const std::string &address, Time now);

private:
  struct Bucket {
    double tokens;
    Time filled_at;
    std::list<std::string>::iterator place;
  };
  Bucket &refill(const std::string &address, Time now);

  const double per_minute_;
  const std::size_t max_addresses_;
  std::mutex mutex_;
  std::list<std::string> seen_; // the one seen last in front
  std::unordered_map<std::string, Bucket> buckets_;
};

} // namespace mre_http
