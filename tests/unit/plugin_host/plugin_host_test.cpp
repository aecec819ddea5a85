#include "core/plugin_host/plugin_host.hpp"
#include "core/tools/resolve.hpp"
#include "tests/unit/plugin_host/world.hpp"

namespace mre::plugin_host {
namespace {

using test::call_tool;
using test::contains;
using test::text_of;
using test::World;

PluginStatus status_of(const PluginHost &host, const std::string &name) {
  for (const auto &status : host.statuses()) {
    if (status.name == name) {
      return status;
    }
  }
  FAIL("no plugin " << name);
  return {};
}

TEST_CASE("plugins declare in the order they were listed") {
  World world;
  const auto host = world.load({"tiny_cpp", "tiny_c"});
  const auto declared = host->declarations();
  REQUIRE(declared.size() == 2);
  CHECK(declared[0].owner == "test.tiny-cpp");
  CHECK(declared[1].owner == "test.tiny-c");
  CHECK(declared[0].tools.at(0).name == "greet_hello");
  CHECK(declared[0].tools.at(0).promises.read_only);
  CHECK(declared[1].tools.at(0).input_schema == R"({"type":"object"})");
  CHECK(!host->has_refused());
}

TEST_CASE("one that cannot be loaded costs the others nothing") {
  World world;
  const auto host = world.load({"missing_symbol", "tiny_c"});
  CHECK(host->has_refused());
  CHECK(status_of(*host, "missing_symbol").state == PluginState::refused);
  CHECK(contains(status_of(*host, "missing_symbol").reason, "mre_plugin_v1"));
  CHECK(status_of(*host, "tiny_c").state == PluginState::active);
  CHECK(world.said("event=plugin_refused"));
}

TEST_CASE("a reserved id is refused to a file that is not bundled") {
  World world;
  world.settings->plugins = {test::fixture_plugin("tiny_c")};
  world.settings->plugins[0].bundled =
      true; // bundled or not, this file's id has a dot and is welcome
  CHECK(!PluginHost::load(world.dependencies(), world.settings)->has_refused());
}

TEST_CASE("the same file twice is refused once, under whatever name") {
  World world;
  world.settings->plugins = {test::fixture_plugin("tiny_c"), test::fixture_plugin("tiny_c")};
  world.settings->plugins[1].name = "other";
  const auto host = PluginHost::load(world.dependencies(), world.settings);
  CHECK(status_of(*host, "tiny_c").state == PluginState::active);
  CHECK(contains(status_of(*host, "other").reason, "same file as plugin tiny_c"));
}

TEST_CASE("two files with one id are refused to one") {
  World world;
  const testing::TemporaryFolder folder;
  world.settings->plugins = {test::fixture_plugin("tiny_c"), test::fixture_plugin("tiny_c")};
  world.settings->plugins[1].name = "copy";
  world.settings->plugins[1].path = folder.write(
      "copy.so", *read_file(world.settings->plugins[0].path, std::size_t{64} << 20U), 0755);
  const auto host = PluginHost::load(world.dependencies(), world.settings);
  CHECK(contains(status_of(*host, "copy").reason, "its id test.tiny-c is that of"));
}

TEST_CASE("a broken schema spoils the whole declaration and names the place") {
  World world;
  const auto host = world.load({"broken_schema"});
  CHECK(host->declarations().empty());
  const std::string reason = status_of(*host, "broken_schema").reason;
  CHECK(contains(reason, "bad_tool"));
  CHECK(contains(reason, "/properties/n"));
}

TEST_CASE("shorter structs of older headers and longer ones of newer are understood") {
  World world;
  const auto host = world.load({"old_struct", "new_struct"});
  REQUIRE(host->declarations().size() == 2);
  const auto rule = host->declarations()[0].suppressions.at(0);
  CHECK(rule.reason == "old ways");
  CHECK(rule.instead.empty());
  CHECK(text_of(*call_tool(*host, "old_tool").result) == "old");
  CHECK(text_of(*call_tool(*host, "new_tool").result) == "new");
}

TEST_CASE("a plugin whose needed service nobody offers is refused") {
  World world;
  const auto host = world.load({"missing_service"});
  CHECK(contains(status_of(*host, "missing_service").reason, "test.nowhere/1"));
  CHECK(host->declarations().empty());
}

TEST_CASE("what the resolution refuses is ended and offers nothing any more") {
  World world;
  const auto host = world.load({"suppresses_missing", "tiny_c"});
  const auto owners = host->declarations();
  const auto resolution = tools::resolve(owners, {});
  REQUIRE(resolution.refused.size() == 1);
  host->refuse(resolution.refused[0].owner, resolution.refused[0].reason);
  CHECK(status_of(*host, "suppresses_missing").state == PluginState::refused);
  CHECK(contains(status_of(*host, "suppresses_missing").reason, "ssh_exce_command"));
  REQUIRE(host->declarations().size() == 1);
  CHECK(host->declarations()[0].owner == "test.tiny-c");
}

TEST_CASE("wrong settings are said all at once, and nothing is created") {
  World world;
  world.settings->plugins = {test::fixture_plugin("tiny_c"), test::fixture_plugin("tiny_cpp")};
  world.settings->variables = {{"MRE_TINY_CPP_TIMES", "9"}, {"MRE_TINY_CPP_TOKEN", "short"}};
  const auto host = PluginHost::load(world.dependencies(), world.settings);
  REQUIRE(host->complaints().size() == 2);
  CHECK(contains(host->complaints()[0], "MRE_TINY_CPP_TIMES"));
  CHECK(contains(host->complaints()[1], "MRE_TINY_CPP_TOKEN"));
  CHECK(!contains(host->complaints()[1], "short"));
  CHECK(host->declarations().empty());
}

TEST_CASE("when something else is wrong already, settings are checked and nothing is created") {
  World world;
  world.settings->plugins = {test::fixture_plugin("tiny_c"), test::fixture_plugin("tiny_cpp")};
  world.settings->variables = {{"MRE_TINY_CPP_TIMES", "9"}};
  auto dependencies = world.dependencies();
  dependencies.may_create = false;
  CHECK(PluginHost::load(dependencies, world.settings)->complaints().size() == 1);
  world.settings->variables.clear();
  const auto host = PluginHost::load(dependencies, world.settings);
  CHECK(host->complaints().empty());
  CHECK(host->statuses().empty());
  CHECK(host->declarations().empty());
  config::PluginRequest missing;
  missing.name = "missing";
  missing.path = "/no/such/missing.so";
  world.settings->plugins.push_back(missing);
  const auto refusing = PluginHost::load(dependencies, world.settings);
  REQUIRE(refusing->statuses().size() == 1); // it could not have been, whatever the rest is
  CHECK(refusing->statuses()[0].name == "missing");
  CHECK(refusing->statuses()[0].state == PluginState::refused);
}

TEST_CASE("a misspelt setting is told once, by the plugin it is meant for") {
  World world;
  auto shorter = test::fixture_plugin("tiny_c");
  shorter.name = "tiny"; // its variables begin with MRE_TINY_, as those of tiny_cpp do
  world.settings->plugins = {shorter, test::fixture_plugin("tiny_cpp")};
  world.settings->variables = {
      {"MRE_TINY_CPP_TIMES", "2"}, {"MRE_TINY_CPP_TIMESS", "2"}, {"MRE_TINY_NONSENSE", "1"}};
  const auto host = PluginHost::load(world.dependencies(), world.settings);
  CHECK(host->complaints().empty());
  CHECK(world.said("MRE_TINY_CPP_TIMESS is no setting of plugin test.tiny-cpp; did you mean "
                   "MRE_TINY_CPP_TIMES?"));
  CHECK(world.said("MRE_TINY_NONSENSE is no setting of plugin test.tiny-c\""));
  CHECK_FALSE(world.said("MRE_TINY_CPP_TIMES is no setting"));
  CHECK_FALSE(world.said("MRE_TINY_CPP_TIMESS is no setting of plugin test.tiny-c;"));
}

TEST_CASE("changed settings reach a running plugin and may change what it declares") {
  World world;
  const auto host = world.load({"tiny_cpp"});
  const auto kept = test::find_tool(*host, "greet_hello");
  auto changed = std::make_shared<config::Settings>(*world.settings);
  changed->variables = {{"MRE_TINY_CPP_GREETING", "moin"}};
  CHECK(host->reconfigure(changed).empty());
  CHECK(test::find_tool(*host, "greet_hello") == nullptr);
  CHECK(text_of(*call_tool(*host, "greet_moin").result) == "moin");
  // A call that began before runs on what it began with.
  const auto call = std::make_shared<test::FakeCall>();
  kept->invoke(call, Json::object());
  CHECK(!call->wait().result->error);
}

TEST_CASE("a reload with wrong settings changes nothing") {
  World world;
  const auto host = world.load({"tiny_cpp"});
  auto changed = std::make_shared<config::Settings>(*world.settings);
  changed->variables = {{"MRE_TINY_CPP_GREETING", "a greeting that is far too long"}};
  CHECK(host->reconfigure(changed).size() == 1);
  CHECK(text_of(*call_tool(*host, "greet_hello").result) == "hello");
}

TEST_CASE("a reload starts what is new and ends what is gone") {
  World world;
  const auto host = world.load({"tiny_cpp"});
  auto changed = std::make_shared<config::Settings>(*world.settings);
  changed->plugins = {test::fixture_plugin("tiny_c")};
  CHECK(host->reconfigure(changed).empty());
  REQUIRE(host->declarations().size() == 1);
  CHECK(host->declarations()[0].owner == "test.tiny-c");
  auto back = std::make_shared<config::Settings>(*world.settings);
  back->plugins = {test::fixture_plugin("tiny_c"), test::fixture_plugin("tiny_cpp")};
  CHECK(host->reconfigure(back).empty());
  CHECK(host->declarations().size() == 2);
  CHECK(text_of(*call_tool(*host, "greet_hello").result) == "hello");
}

TEST_CASE("two servers in one process do not disturb each other") {
  World one;
  World two;
  const auto first = one.load({"tiny_cpp"});
  two.settings->variables = {{"MRE_TINY_CPP_GREETING", "moin"}};
  const auto second = two.load({"tiny_cpp"});
  CHECK(text_of(*call_tool(*first, "greet_hello").result) == "hello");
  CHECK(text_of(*call_tool(*second, "greet_moin").result) == "moin");
}

} // namespace
} // namespace mre::plugin_host
