#include "core/tools/snapshot.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/tools/owners.hpp"

#include <atomic>
#include <future>
#include <thread>

using namespace mre;
using namespace mre::test;
using tools::Registry;
using tools::Snapshot;

TEST_CASE("a new registry has an empty snapshot") {
  const Registry registry;
  REQUIRE(registry.current() != nullptr);
  CHECK(registry.current()->tools().empty());
}

TEST_CASE("listeners hear of visible changes only") {
  Registry registry;
  int heard = 0;
  auto handle =
      registry.listen([&](const Registry::Change &change) { heard += change.tools ? 1 : 100; });
  registry.publish(Snapshot::create(1, {core_owner()}, {}, {}));
  CHECK(heard == 1);
  registry.publish(Snapshot::create(2, {core_owner()}, {}, {}));
  CHECK(heard == 1);
  CHECK(registry.current()->generation() == 2);
  handle.reset();
  registry.publish(Snapshot::create(3, {}, {}, {}));
  CHECK(heard == 1);
}

TEST_CASE("a resource update reaches resource listeners") {
  Registry registry;
  std::string heard;
  const auto handle = registry.listen({}, [&](const std::string &uri) { heard = uri; });
  registry.resource_updated("file:///x");
  CHECK(heard == "file:///x");
}

TEST_CASE("destroying a handle waits for a running notification") {
  Registry registry;
  std::promise<void> inside, go_on;
  std::atomic<bool> finished = false;
  auto handle = registry.listen([&](const Registry::Change &) {
    inside.set_value();
    go_on.get_future().wait();
    finished = true;
  });
  std::thread publisher([&] { registry.publish(Snapshot::create(1, {core_owner()}, {}, {})); });
  inside.get_future().wait();
  std::thread releaser([&] { go_on.set_value(); });
  handle.reset();
  CHECK(finished.load());
  releaser.join();
  publisher.join();
}

TEST_CASE("a listener may drop its own handle") {
  Registry registry;
  int heard = 0;
  std::shared_ptr<void> handle;
  handle = registry.listen([&](const Registry::Change &) {
    ++heard;
    handle.reset();
  });
  registry.publish(Snapshot::create(1, {core_owner()}, {}, {}));
  registry.publish(Snapshot::create(2, {}, {}, {}));
  CHECK(heard == 1);
}

TEST_CASE("a handle may outlive its registry") {
  auto registry = std::make_unique<Registry>();
  const auto handle = registry->listen([](const Registry::Change &) {});
  registry.reset();
  CHECK(handle != nullptr);
}
