#include "core/plugin_host/gate.hpp"
#include "tests/support/catch.hpp"

#include <thread>

namespace mre::plugin_host {
namespace {

SteadyTime in(Milliseconds span) {
  return std::chrono::steady_clock::now() + span;
}

TEST_CASE("a closed gate lets nobody in") {
  Gate gate("thing", 2);
  const auto entered = gate.enter({});
  REQUIRE(!entered);
  CHECK(entered.error().code == Errc::unavailable);
}

TEST_CASE("a gate lets as many in as it is wide and wakes the next") {
  Gate gate("thing", 1);
  gate.open();
  REQUIRE(gate.enter({}));
  Result<void> second;
  std::thread waiting([&] { second = gate.enter({}); });
  CHECK(gate.inside() == 1);
  gate.leave();
  waiting.join();
  CHECK(second);
  CHECK(gate.inside() == 1);
}

TEST_CASE("closing a gate sends those away who wait and keeps those inside counted") {
  Gate gate("thing", 1);
  gate.open();
  REQUIRE(gate.enter({}));
  Result<void> second;
  std::thread waiting([&] { second = gate.enter({}); });
  gate.close();
  waiting.join();
  CHECK(!second);
  CHECK(!gate.wait_idle(in(Milliseconds(1))));
  gate.leave();
  CHECK(gate.wait_idle(in(Milliseconds(1))));
}

TEST_CASE("who waits at a gate can give up") {
  Gate gate("thing", 1);
  gate.open();
  REQUIRE(gate.enter({}));
  std::stop_source stop;
  Result<void> second;
  std::thread waiting([&] { second = gate.enter(stop.get_token()); });
  stop.request_stop();
  waiting.join();
  REQUIRE(!second);
  CHECK(second.error().code == Errc::cancelled);
  gate.leave();
}

} // namespace
} // namespace mre::plugin_host
