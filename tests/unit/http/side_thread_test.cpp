#include "plugins/http/side_thread.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/eventually.hpp"

#include <future>
#include <memory>
#include <stdexcept>
#include <vector>

using mre_http::SideThread;

TEST_CASE("jobs run beside the caller, one after the other and in order") {
  SideThread side("test");
  std::promise<void> gate;
  std::promise<std::vector<int>> done;
  std::vector<int> order;
  const auto caller = std::this_thread::get_id();
  auto runner = std::make_shared<std::thread::id>();
  side.run([&, opened = gate.get_future().share()] {
    opened.wait();
    *runner = std::this_thread::get_id();
    order.push_back(1);
  });
  side.run([&] { order.push_back(2); });
  side.run([] { throw std::runtime_error("of one job"); });
  side.run([&] { done.set_value(order); });
  CHECK(order.empty()); // the first waits for us
  gate.set_value();
  CHECK(done.get_future().get() == std::vector<int>{1, 2});
  CHECK(*runner != caller);
}

TEST_CASE("at the end the running job finishes, and what waits is let go of") {
  SideThread side("test");
  std::promise<void> begun;
  std::promise<void> gate;
  bool has_finished = false;
  const auto held = std::make_shared<int>(0);
  side.run([&, opened = gate.get_future().share()] {
    begun.set_value();
    opened.wait();
    has_finished = true;
  });
  side.run([held, &has_finished] { has_finished = false; });
  begun.get_future().wait();
  std::thread ender([&] { side.end(); });
  // Once the end has begun, what is given to the thread is let go of at once.
  CHECK(mre::testing::eventually([&side] {
    const auto probe = std::make_shared<int>(0);
    side.run([probe] {});
    return probe.use_count() == 1;
  }));
  gate.set_value();
  ender.join();
  CHECK(has_finished);
  CHECK(held.use_count() == 1);
  side.run([held] {}); // nobody runs it any more
  CHECK(held.use_count() == 1);
}
