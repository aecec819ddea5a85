#include "core/plugin_host/provided.hpp"
#include "tests/unit/plugin_host/world.hpp"

namespace mre::plugin_host {
namespace {

using test::call_tool;
using test::contains;
using test::World;

TEST_CASE("one plugin's service is used by another, in either order, and the audit knows of it") {
  for (const auto &names :
       {std::vector<std::string>{"provider", "consumer"}, {"consumer", "provider"}}) {
    World world;
    const auto host = world.load(names);
    CHECK(!host->has_refused());
    CHECK(call_tool(*host, "count", {{"amount", 2}}).result->structured->at("total") == 2);
    CHECK(call_tool(*host, "count", {{"amount", 3}}).result->structured->at("total") == 5);
    CHECK(contains(world.audit_trail(), "test.counter/1"));
  }
}

TEST_CASE("the provider's error arrives with its words, its exception as an error") {
  World world;
  const auto host = world.load({"provider", "consumer"});
  const auto refused = call_tool(*host, "count", {{"amount", -1}});
  CHECK(refused.result->error->code == Errc::bad_argument);
  CHECK(refused.result->error->message == "the amount is negative");
  CHECK(refused.result->error->hint == "add, do not subtract");
  const auto broken = call_tool(*host, "count", {{"broken", true}});
  CHECK(broken.result->error->code == Errc::internal);
  CHECK(world.blamed("plugin=test.provider"));
}

TEST_CASE("without its provider a plugin that needs it is refused") {
  World world;
  const auto host = world.load({"consumer"});
  CHECK(host->has_refused());
  CHECK(contains(host->statuses()[0].reason, "test.counter/1"));
}

TEST_CASE("when the provider goes, so does the plugin that needs it") {
  World world;
  const auto host = world.load({"provider", "consumer"});
  CHECK(host->statuses()[0].provides == std::vector<std::string>{"test.counter/1"});
  host->refuse("test.provider", "for the test");
  CHECK(host->declarations().empty());
}

} // namespace
} // namespace mre::plugin_host
