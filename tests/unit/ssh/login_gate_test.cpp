#include "core/guard/limits.hpp"
#include "core/ssh/login_gate.hpp"
#include "tests/support/catch.hpp"

#include <vector>

using namespace mre;

TEST_CASE("a machine has so many logins at once, and the others follow in their order") {
  ssh::LoginGate gate;
  std::vector<int> started;
  const int count = static_cast<int>(limits::kLoginsPerHost) + 2;
  for (int i = 0; i < count; ++i) {
    gate.enter("a", [&started, i] { started.push_back(i); });
  }
  CHECK(started.size() == limits::kLoginsPerHost);
  gate.leave("a");
  gate.leave("a");
  REQUIRE(started.size() == limits::kLoginsPerHost + 2);
  for (int i = 0; i < count; ++i) {
    CHECK(started[static_cast<std::size_t>(i)] == i);
  }
}

TEST_CASE("machines do not wait for each other, and room that was given back is there again") {
  ssh::LoginGate gate;
  int started = 0;
  const auto fill = [&](const std::string &machine) {
    for (std::size_t i = 0; i < limits::kLoginsPerHost; ++i) {
      gate.enter(machine, [&started] { ++started; });
    }
  };
  fill("a");
  fill("b");
  CHECK(started == 2 * static_cast<int>(limits::kLoginsPerHost));
  for (std::size_t i = 0; i < limits::kLoginsPerHost; ++i) {
    gate.leave("a");
  }
  fill("a");
  CHECK(started == 3 * static_cast<int>(limits::kLoginsPerHost));
}

TEST_CASE("a login that ends where it starts lets the next one in") {
  ssh::LoginGate gate;
  int started = 0;
  for (int i = 0; i < 20; ++i) {
    gate.enter("a", [&] {
      ++started;
      gate.leave("a");
    });
  }
  CHECK(started == 20);
}
