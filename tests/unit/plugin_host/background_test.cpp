// Timers, jobs and commands of a plugin.
#include "tests/unit/plugin_host/world.hpp"

#include <thread>

namespace mre::plugin_host {
namespace {

using test::call_tool;
using test::contains;
using test::text_of;
using test::World;

TEST_CASE("a timer answers a deferred call although the plugin takes one call at a time") {
  World world;
  const auto host = world.load({"background"});
  CHECK(text_of(*call_tool(*host, "tick").result) == "ticked");
  CHECK(text_of(*call_tool(*host, "tick", {{"ms", 30}}).result) == "ticked");
}

TEST_CASE("a timer that was cancelled never runs, and cancelling again is harmless") {
  World world;
  const auto host = world.load({"background"});
  CHECK(*call_tool(*host, "cancel_timer").result->structured ==
        Json{{"never_ran", true}, {"again", false}});
}

TEST_CASE("a job that was submitted in create runs once the plugin serves") {
  World world;
  const auto host = world.load({"background"});
  CHECK(testing::eventually([&] { return world.said("what=job_after"); }));
  CHECK_FALSE(world.said("what=job_early"));
}

TEST_CASE("cancelling a job ends its remote command and waits for it") {
  World world;
  world.engine.hold = true;
  const auto host = world.load({"background"});
  CHECK(text_of(*call_tool(*host, "start_job").result) == "started");
  const auto run = world.engine.take();
  REQUIRE(run != nullptr);
  CHECK(*call_tool(*host, "cancel_job").result->structured == Json{{"never_ran", false}});
  CHECK(run->is_cancelled());
  CHECK(world.said("job_saw"));
}

TEST_CASE("the end of the plugin cancels its jobs and waits for them") {
  World world;
  world.engine.hold = true;
  const auto host = world.load({"background"});
  call_tool(*host, "start_job");
  const auto run = world.engine.take();
  REQUIRE(run != nullptr);
  host->stop(std::chrono::seconds(20));
  CHECK(run->is_cancelled());
  CHECK(host->statuses()[0].state == PluginState::stopped);
}

TEST_CASE("what a timer throws is logged with the plugin's name") {
  World world;
  const auto host = world.load({"background"});
  call_tool(*host, "throw_in_timer");
  CHECK(testing::eventually([&] { return world.said("timer_failed"); }));
  CHECK(world.said("in a timer"));
  CHECK(world.said("plugin=test.background"));
}

TEST_CASE("a job has no result to give") {
  World world;
  const auto host = world.load({"background"});
  call_tool(*host, "answer_in_job");
  CHECK(testing::eventually([&] { return world.said("job_failed"); }));
}

TEST_CASE("a command runs with its words and may say nothing") {
  World world;
  const auto host = world.load({"background"});
  const auto contents = host->contents();
  REQUIRE(contents.size() == 1);
  const auto &commands = contents[0].commands;
  REQUIRE(commands.size() == 2);
  CHECK(commands[0].plugin == "background");
  CHECK(commands[0].owner == "test.background");
  CHECK(commands[0].arguments == "[--dry-run]");
  const auto run = [&](std::size_t index, const std::vector<std::string> &words) {
    const auto call = std::make_shared<test::FakeCall>();
    commands[index].handler->run(call, words);
    return *call->wait().result;
  };
  CHECK(text_of(run(0, {"--dry-run"})) == "would sweep");
  CHECK(run(0, {"--nonsense"}).error->code == Errc::bad_argument);
  const auto quiet = run(1, {});
  CHECK_FALSE(quiet.error);
  CHECK(quiet.content.empty());
}

} // namespace
} // namespace mre::plugin_host
