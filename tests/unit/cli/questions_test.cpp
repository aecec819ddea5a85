#include "core/cli/questions.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/cli/fake_terminal.hpp"

using namespace mre;
using mre::test::FakeTerminal;

namespace {
tools::InputRequest form(const char *properties) {
  return {"k", "elicitation/create",
          Json{{"message", "Really?\x1b[2J"},
               {"requestedSchema", {{"type", "object"}, {"properties", Json::parse(properties)}}}}};
}
std::string action(const Json &answer) {
  return answer.at("action").get<std::string>();
}
} // namespace

TEST_CASE("a form is filled field by field, and the message cannot drive the terminal") {
  FakeTerminal terminal({"2", "7", "y", "bob"});
  const Json answer = cli::ask(
      terminal, form(R"({"a": {"type": "string", "enum": ["red", "blue"]}, "b": {"type": "integer"},
                                                  "c": {"type": "boolean"}, "d": {"type": "string", "title": "Name"}})"));
  CHECK(answer ==
        Json::parse(
            R"({"action": "accept", "content": {"a": "blue", "b": 7, "c": true, "d": "bob"}})"));
  CHECK(terminal.said.find("Really?\\u001b[2J") != std::string::npos);
  CHECK(terminal.said.find("Name") != std::string::npos);
}

TEST_CASE("what does not fit is asked again, and given up after three times") {
  FakeTerminal terminal({"many", "7"});
  CHECK(cli::ask(terminal, form(R"({"b": {"type": "integer"}})")).at("content").at("b") == 7);
  FakeTerminal stubborn({"x", "x", "x", "7"});
  CHECK(action(cli::ask(stubborn, form(R"({"b": {"type": "integer"}})"))) == "cancel");
}

TEST_CASE("only a clear yes is consent") {
  const tools::InputRequest plain{"k", "elicitation/create", Json{{"message", "Stop it?"}}};
  for (const auto &[line, expected] :
       {std::pair("y", "accept"), std::pair("yes", "accept"), std::pair("", "decline"),
        std::pair("n", "decline"), std::pair("sure", "decline")}) {
    FakeTerminal terminal({line});
    CHECK(action(cli::ask(terminal, plain)) == expected);
  }
  FakeTerminal gone({});
  CHECK(action(cli::ask(gone, plain)) == "cancel");
  FakeTerminal absent({"y"}, false);
  CHECK(action(cli::ask(absent, plain)) == "decline");
  FakeTerminal other({"y"});
  CHECK(action(cli::ask(other, {"k", "sampling/createMessage", {}})) == "decline");
}
