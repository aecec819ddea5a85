#include "core/base/guarded.hpp"
#include "core/base/timer.hpp"
#include "tests/support/catch.hpp"

#include <chrono>
#include <string>

using namespace std::chrono_literals;

TEST_CASE("jobs run in the order of their times and dropped ones never") {
  mre::Guarded<std::string> ran;
  mre::Timer timer;
  timer.after(40ms, [&] {
    ran.with([](auto &text) { text += "b"; });
    ran.notify_all();
  });
  timer.after(1ms, [&] { ran.with([](auto &text) { text += "a"; }); });
  timer.drop(timer.after(2ms, [&] { ran.with([](auto &text) { text += "x"; }); }));
  const auto seen = ran.wait_until(
      std::chrono::steady_clock::now() + 10s, [](const auto &text) { return text.size() >= 2; },
      [](const auto &text, bool) { return text; });
  CHECK(seen == "ab");
}

TEST_CASE("what waits when the timer ends does not run") {
  bool ran = false;
  {
    mre::Timer timer;
    timer.after(1h, [&] { ran = true; });
  }
  CHECK_FALSE(ran);
}
