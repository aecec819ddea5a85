#include "retry.hpp"
#include "tests/support/catch.hpp"

using namespace imagekit;
using std::chrono::milliseconds;

TEST_CASE("what a moment may mend is tried again, longer apart each time, and at most four times") {
  CHECK(wait_before_next({1, 500, ""}) == milliseconds(250));
  CHECK(wait_before_next({2, 503, ""}) == milliseconds(500));
  CHECK(wait_before_next({3, 0, ""}) == milliseconds(1000));
  CHECK_FALSE(wait_before_next({4, 500, ""}).has_value());
}

TEST_CASE("what the caller has to mend is not tried again") {
  for (const int status : {400, 401, 403, 404, 413, 200}) {
    CHECK_FALSE(wait_before_next({1, status, "5"}).has_value());
  }
}

TEST_CASE("a rate limit is waited for as many milliseconds as it says, or not at all") {
  CHECK(wait_before_next({1, 429, "1200"}) == milliseconds(1200));
  CHECK(wait_before_next({3, 429, "0"}) == milliseconds(0));
  CHECK_FALSE(wait_before_next({1, 429, "60000"}).has_value());
  for (const char *odd : {"", "soon", "-5", "12x"}) {
    CHECK(wait_before_next({1, 429, odd}) == milliseconds(1000));
  }
}
