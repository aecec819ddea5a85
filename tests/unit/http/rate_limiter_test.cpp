#include "plugins/http/rate_limiter.hpp"
#include "tests/support/catch.hpp"

using namespace mre_http;
using std::chrono::seconds;

TEST_CASE("a minute's worth passes at once, then one per interval") {
  RateLimiter limiter(60, 10);
  RateLimiter::Time now{};
  for (int i = 0; i < 60; ++i) {
    CHECK(limiter.take("a", now));
  }
  CHECK_FALSE(limiter.take("a", now));
  CHECK(limiter.is_spent("a", now));
  CHECK(limiter.seconds_left("a", now) == 1);
  now += seconds(1);
  CHECK(limiter.take("a", now));
  CHECK_FALSE(limiter.take("a", now));
  CHECK(limiter.take("b", now));
}

TEST_CASE("without a rate everything passes") {
  RateLimiter limiter(0, 10);
  for (int i = 0; i < 1000; ++i) {
    CHECK(limiter.take("a", {}));
  }
  CHECK_FALSE(limiter.is_spent("a", {}));
}

TEST_CASE("looking costs nothing, and waiting has an end that is told") {
  RateLimiter limiter(2, 10);
  RateLimiter::Time now{};
  CHECK_FALSE(limiter.is_spent("a", now));
  limiter.take("a", now);
  limiter.take("a", now);
  CHECK(limiter.is_spent("a", now));
  CHECK(limiter.seconds_left("a", now) == 30);
  CHECK_FALSE(limiter.is_spent("a", now + seconds(30)));
}

TEST_CASE("of too many addresses the one seen longest ago is forgotten") {
  RateLimiter limiter(1, 2);
  CHECK(limiter.take("a", {}));
  CHECK(limiter.take("b", {}));
  CHECK_FALSE(limiter.take("a", {})); // a was seen after b
  CHECK(limiter.take("c", {}));       // b goes
  CHECK_FALSE(limiter.take("a", {}));
  CHECK(limiter.take("b", {}));
}
