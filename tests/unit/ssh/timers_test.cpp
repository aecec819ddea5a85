#include "core/ssh/timers.hpp"
#include "tests/support/catch.hpp"

#include <vector>

using namespace mre;
using mre::ssh::Timers;

TEST_CASE("timers run when they are due, in order of time") {
  Timers timers;
  std::vector<int> ran;
  const SteadyTime begin{};
  timers.at(begin + Milliseconds(20), [&] { ran.push_back(2); });
  timers.at(begin + Milliseconds(10), [&] { ran.push_back(1); });
  timers.run_due(begin + Milliseconds(9));
  CHECK(ran.empty());
  CHECK(timers.next() == begin + Milliseconds(10));
  timers.run_due(begin + Milliseconds(30));
  CHECK(ran == std::vector<int>{1, 2});
  CHECK(!timers.next());
}

TEST_CASE("a cancelled timer does not run, also when another one cancels it at the same moment") {
  Timers timers;
  int ran = 0;
  const SteadyTime begin{};
  Timers::Id second = 0;
  timers.at(begin, [&] { timers.cancel(second); });
  second = timers.at(begin, [&] { ++ran; });
  timers.run_due(begin);
  CHECK(ran == 0);
  timers.cancel(second);
  timers.cancel(12345);
}

TEST_CASE("a timer may set another one that is due at once") {
  Timers timers;
  int ran = 0;
  const SteadyTime begin{};
  timers.at(begin, [&] { timers.at(begin, [&] { ++ran; }); });
  timers.run_due(begin);
  CHECK(ran == 1);
}
