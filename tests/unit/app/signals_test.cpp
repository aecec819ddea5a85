// Signals arrive as calls, one at a time, on a thread of their own.
#include "core/app/signals.hpp"
#include "core/base/guarded.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/eventually.hpp"

#include <unistd.h>

#include <csignal>
#include <vector>

using namespace mre;
using namespace mre::testing;

TEST_CASE(
    "signals that end or reload a server are calls, and closed pipes and full files are none") {
  app::block_signals();
  Guarded<std::vector<int>> seen;
  const auto has_seen = [&](const std::vector<int> &expected) {
    return seen.with([&](const auto &list) { return list == expected; });
  };
  {
    const app::Signals signals(
        [&](int number) { seen.with([&](auto &list) { list.push_back(number); }); });
    ::kill(::getpid(), SIGHUP);
    CHECK(eventually([&] { return has_seen({SIGHUP}); }));
    ::kill(::getpid(), SIGTERM);
    CHECK(eventually([&] { return has_seen({SIGHUP, SIGTERM}); }));
    int ends[2] = {-1, -1};
    REQUIRE(::pipe(ends) == 0);
    ::close(ends[0]);
    CHECK(::write(ends[1], "x", 1) == -1);
    CHECK(errno == EPIPE);
    ::close(ends[1]);
    CHECK(::raise(SIGXFSZ) == 0);
  }
  CHECK(has_seen({SIGHUP, SIGTERM}));
}
