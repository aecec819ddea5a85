// Plugins' tools calling tools, through the real runner.
#include "core/app/nested_calls.hpp"
#include "tests/unit/plugin_host/world.hpp"

#include <future>

namespace mre::app {
namespace {

using test::contains;
using test::World;

// A server's inside without transports: plugins, their tools, one runner.
struct Server {
  explicit Server(const std::vector<std::string> &names, tools::Policy policy = {})
      : runner({registry, world.audit, world.redactor, world.clock, world.log}) {
    nested.open(runner);
    for (const auto &name : names) {
      world.settings->plugins.push_back(test::fixture_plugin(name));
    }
    auto dependencies = world.dependencies();
    dependencies.tool_caller = &nested;
    host = plugin_host::PluginHost::load(std::move(dependencies), world.settings);
    registry.publish(tools::Snapshot::create(1, host->declarations(), host->contents(), policy));
  }
  ~Server() { CHECK(nested.close(std::chrono::seconds(20))); }

  mcp::CallOutcome call(const std::string &tool, Json arguments,
                        std::map<std::string, Json> answers = {}) {
    mcp::CallRequest request;
    request.principal = "stdio";
    request.tool = tool;
    request.arguments = std::move(arguments);
    request.answers = std::move(answers);
    request.can_ask = [](std::string_view) { return true; };
    std::promise<mcp::CallOutcome> promise;
    auto outcome = promise.get_future();
    running = runner.start(std::move(request),
                           [&](mcp::CallOutcome given) { promise.set_value(std::move(given)); });
    return outcome.get();
  }
  tools::ToolResult result(const std::string &tool, Json arguments) {
    return std::get<tools::ToolResult>(call(tool, std::move(arguments)));
  }

  World world;
  tools::Registry registry;
  NestedCalls nested{registry};
  mcp::CallRunner runner;
  std::unique_ptr<plugin_host::PluginHost> host;
  std::shared_ptr<mcp::RunningCall> running;
};

TEST_CASE("a tool calls another plugin's tool, and the audit names the outer call") {
  Server server({"tiny_c", "calls_tools"});
  const auto result = server.result("call_tool", {{"tool", "c_echo"}, {"arguments", {{"a", 1}}}});
  CHECK(*result.structured == Json{{"text", R"({"a":1})"}, {"is_error", false}});
  CHECK(contains(server.world.audit_trail(), R"("tool":"c_echo")"));
  CHECK(contains(server.world.audit_trail(), R"("parent":"c1")"));
}

TEST_CASE("a tool that fails is a result, one that is hidden or unknown is an error") {
  Server server({"throws", "calls_tools"}, [] {
    tools::Policy policy;
    policy.deny = {"throw_it"};
    return policy;
  }());
  const auto hidden = server.result("call_tool", {{"tool", "throw_it"}});
  REQUIRE(hidden.error);
  CHECK(hidden.error->code == Errc::denied);
  CHECK(contains(hidden.error->message, "throw_it"));
  const auto unknown = server.result("call_tool", {{"tool", "tell_stroy"}});
  REQUIRE(unknown.error);
  CHECK(unknown.error->code == Errc::not_found);
  CHECK(contains(unknown.error->message, "did you mean tell_story?"));

  Server open({"throws", "calls_tools"});
  const auto failed = open.result("call_tool", {{"tool", "throw_it"}});
  CHECK_FALSE(failed.error);
  CHECK(failed.structured->at("is_error") == true);
  CHECK(contains(failed.structured->at("text"), "out of cheese"));
}

TEST_CASE("a plugin that calls itself is refused instead of waiting for itself") {
  Server server({"calls_tools"});
  const auto result = server.result("call_tool", {{"tool", "tell_story"}});
  REQUIRE(result.error);
  CHECK(result.error->code == Errc::conflict);
  CHECK(contains(result.error->message, "test.calls-tools -> test.calls-tools"));
}

TEST_CASE("a question of the inner tool reaches the client and its answer the inner tool") {
  Server server({"tiny_cpp", "calls_tools"});
  const Json arguments = {{"tool", "confirm"}};
  const auto asked = server.call("call_tool", arguments);
  const auto *questions = std::get_if<std::vector<tools::InputRequest>>(&asked);
  REQUIRE(questions != nullptr);
  REQUIRE(questions->size() == 1);
  CHECK(questions->front().key == "call1/sure");
  const auto answered = std::get<tools::ToolResult>(
      server.call("call_tool", arguments,
                  {{"call1/sure", {{"action", "accept"}, {"content", {{"confirm", true}}}}}}));
  CHECK(answered.structured->at("text") == "done");
}

TEST_CASE("cancelling the outer call ends the inner one") {
  Server server({"tiny_cpp", "calls_tools"});
  server.world.engine.hold = true;
  std::promise<mcp::CallOutcome> promise;
  mcp::CallRequest request;
  request.tool = "call_tool";
  request.arguments = {{"tool", "run"}, {"arguments", {{"command", "sleep 1000"}}}};
  const auto running = server.runner.start(
      std::move(request), [&](mcp::CallOutcome outcome) { promise.set_value(std::move(outcome)); });
  const auto run = server.world.engine.take();
  REQUIRE(run != nullptr);
  running->cancel();
  const auto outcome = promise.get_future().get();
  CHECK(run->is_cancelled());
  CHECK(std::holds_alternative<tools::ToolResult>(outcome));
}

TEST_CASE("a tool is explained to a plugin as on the command line") {
  Server server({"tiny_c", "calls_tools"});
  const auto result = server.result("tell_story", {{"tool", "c_echo"}});
  CHECK(contains(test::text_of(result), "c_echo (test.tiny-c)"));
  CHECK(contains(test::text_of(result), "=> visible"));
}

} // namespace
} // namespace mre::app
