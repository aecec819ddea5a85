#include "rate_limiter.hpp"

#include <algorithm>
#include <cmath>

namespace mre_http {

RateLimiter::RateLimiter(double per_minute, std::size_t max_addresses)
    : per_minute_(per_minute), max_addresses_(max_addresses) {}

RateLimiter::Bucket &RateLimiter::refill(const std::string &address, Time now) {
  const auto found = buckets_.find(address);
  if (found == buckets_.end()) {
    if (buckets_.size() >= max_addresses_) {
      buckets_.erase(seen_.back());
      seen_.pop_back();
    }
    seen_.push_front(address);
    return buckets_.emplace(address, Bucket{per_minute_, now, seen_.begin()}).first->second;
  }
  Bucket &bucket = found->second;
  seen_.splice(seen_.begin(), seen_, bucket.place);
  const std::chrono::duration<double, std::chrono::minutes::period> passed = now - bucket.filled_at;
  bucket.tokens =
      std::min(per_minute_, bucket.tokens + std::max(0.0, passed.count()) * per_minute_);
  bucket.filled_at = now;
  return bucket;
}

bool RateLimiter::take(const std::string &address, Time now) {
  if (per_minute_ <= 0) {
    return true;
  }
  const std::lock_guard lock(mutex_);
  Bucket &bucket = refill(address, now);
  if (bucket.tokens < 1) {
    return false;
  }
  bucket.tokens -= 1;
  return true;
}

bool RateLimiter::is_spent(const std::string &address, Time now) {
  if (per_minute_ <= 0) {
    return false;
  }
  const std::lock_guard lock(mutex_);
  // Somebody who never did it is not written down for being asked about.
  return buckets_.count(address) != 0 && refill(address, now).tokens < 1;
}

int RateLimiter::seconds_left(const std::string &address, Time now) {
  const std::lock_guard lock(mutex_);
  if (per_minute_ <= 0 || buckets_.count(address) == 0) {
    return 1;
  }
  const double missing = 1 - refill(address, now).tokens;
  return std::max(1, static_cast<int>(std::ceil(missing * 60 / per_minute_)));
}

} // namespace mre_http
