#include "stopping.hpp"
#include "tests/support/catch.hpp"

#include <thread>

using namespace imagekit;

TEST_CASE("a pause ends when the plugin ends") {
  StopFlag stop;
  const Patience patience(stop);
  std::thread ender([&] { stop.raise(); });
  CHECK_THROWS_AS(patience.pause(std::chrono::hours(1)), mre::Error);
  ender.join();
  CHECK(patience.is_over());
}

TEST_CASE("a pause that is not disturbed simply ends") {
  const StopFlag stop;
  const Patience patience(stop);
  patience.pause(std::chrono::milliseconds(1));
  CHECK_FALSE(patience.is_over());
}
