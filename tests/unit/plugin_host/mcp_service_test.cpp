#include "tests/support/catch.hpp"
#include "tests/unit/plugin_host/world.hpp"

#include <map>
#include <string>

using namespace mre;
using namespace mre::test;

TEST_CASE("an adapter asks several things of any kind at once") {
  World world;
  const auto host = world.load({"adapter"});
  auto first = std::make_shared<FakeCall>();
  first->methods = {"sampling/createMessage", "roots/list"};
  const auto asked = call_tool(*host, "ask_two", Json::object(), first);
  REQUIRE(asked.questions.size() == 2);
  CHECK(asked.questions[0].key == "s");
  CHECK(asked.questions[0].method == "sampling/createMessage");
  CHECK(asked.questions[1].method == "roots/list");
  auto again = std::make_shared<FakeCall>();
  again->answers["s"] = {{"content", "hi"}};
  again->answers["r"] = {{"roots", Json::array()}};
  CHECK(call_tool(*host, "ask_two", Json::object(), again).result->content.at(0)["text"] ==
        R"({"content":"hi"}{"roots":[]})");
}

TEST_CASE(
    "an adapter is told when the client cannot be asked so, and when the answer does not fit") {
  World world;
  const auto host = world.load({"adapter"});
  auto forms_only = std::make_shared<FakeCall>();
  forms_only->methods = {"elicitation/create"};
  CHECK(call_tool(*host, "ask_two", Json::object(), forms_only).result->error->code ==
        Errc::denied);
  auto wrong = std::make_shared<FakeCall>();
  wrong->methods = {"sampling/createMessage", "roots/list"};
  wrong->answers["s"] = {{"role", "assistant"}};
  const auto record = call_tool(*host, "ask_two", Json::object(), wrong);
  REQUIRE(record.result);
  CHECK(record.result->error->code == Errc::bad_argument);
}

TEST_CASE("an adapter's error of the protocol takes the place of any result") {
  World world;
  const auto host = world.load({"adapter"});
  const auto record = call_tool(*host, "break_protocol");
  CHECK_FALSE(record.result);
  REQUIRE(record.protocol_error);
  CHECK(record.protocol_error->code == -32021);
  CHECK(record.protocol_error->message == "no sampling");
  CHECK(record.protocol_error->data.contains("requiredCapabilities"));
  CHECK(record.endings == 1);
}

TEST_CASE("an adapter's log messages are clamped to the severities there are") {
  World world;
  const auto host = world.load({"adapter"});
  const auto record = call_tool(*host, "log_it");
  REQUIRE(record.logs.size() == 2);
  CHECK(record.logs[0].first == tools::LogSeverity::notice);
  CHECK(record.logs[1].first == tools::LogSeverity::emergency);
  CHECK(world.blamed("log message"));
}

TEST_CASE("promises say whether a tool runs as a task, and a call that cannot be one goes on") {
  World world;
  const auto host = world.load({"adapter"});
  const auto declarations = host->declarations();
  REQUIRE(declarations.size() == 1);
  std::map<std::string, tools::TaskSupport> support;
  for (const auto &tool : declarations[0].tools) {
    support[tool.name] = tool.task_support;
  }
  CHECK(support["ask_two"] == tools::TaskSupport::forbidden);
  CHECK(support["log_it"] == tools::TaskSupport::optional);
  CHECK(support["change_lists"] == tools::TaskSupport::required);
  CHECK(call_tool(*host, "change_lists").result->content.at(0)["text"] == "no task");
}
