#include "core/cli/call_command.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/cli/fake_terminal.hpp"

#include <unistd.h>

#include <functional>
#include <sstream>
#include <thread>

using namespace mre;
using namespace mre::cli;
using mre::test::FakeTerminal;

namespace {

using Body = std::function<void(const std::shared_ptr<tools::CallContext> &, const Json &)>;

class BodyHandler final : public tools::ToolHandler {
public:
  explicit BodyHandler(Body body) : body_(std::move(body)) {}
  void invoke(const std::shared_ptr<tools::CallContext> &call, const Json &arguments) override {
    body_(call, arguments);
  }
  bool blocks() const override { return true; }

private:
  Body body_;
};

struct Bench {
  SystemClock clock;
  Log log{LogLevel::error, [](std::string_view) {}};
  guard::Redactor redactor;
  guard::Audit audit{{config::AuditMode::off, ""}, redactor, clock, log};
  tools::Registry registry;
  std::unique_ptr<mcp::CallRunner> runner;
  std::ostringstream out, err;

  explicit Bench(Body body) {
    tools::ToolDeclaration tool;
    tool.name = "probe";
    tool.description = "A tool of the test.";
    tool.input_schema =
        R"({"type":"object","properties":{"n":{"type":"integer"}},"additionalProperties":false})";
    tool.handler = std::make_shared<BodyHandler>(std::move(body));
    tools::OwnerDeclaration owner;
    owner.owner = "core";
    owner.tools.push_back(std::move(tool));
    registry.publish(tools::Snapshot::create(1, {owner}, {}, {}));
    runner = std::make_unique<mcp::CallRunner>(
        mcp::CallCollaborators{registry, audit, redactor, clock, log});
  }
  int call(const CallArguments &arguments, std::deque<std::string> answers = {},
           bool has_terminal = false) {
    FakeTerminal terminal(std::move(answers), has_terminal);
    const Output output{out, err};
    return CallCommand(*runner, terminal, output).run(arguments);
  }
};

tools::ToolResult text_result(const std::string &text, Json structured = Json()) {
  tools::ToolResult result;
  result.content.push_back({{"type", "text"}, {"text", text}});
  if (!structured.is_null()) {
    result.structured = std::move(structured);
  }
  return result;
}

} // namespace

TEST_CASE("call prints the text of a tool, or its structured result") {
  Bench bench([](const auto &call, const Json &arguments) {
    CHECK(call->principal() == "cli");
    call->finish(text_result("n is " + arguments.at("n").dump(), {{"n", arguments.at("n")}}));
  });
  CHECK(bench.call({"probe", "{\"n\": 3}"}) == 0);
  CHECK(bench.out.str() == "n is 3\n");
  CHECK(bench.call({"probe", "{\"n\": 4}", true}) == 0);
  CHECK(bench.out.str() == "n is 3\n{\"n\":4}\n");
}

TEST_CASE("a failed tool is exit 1, and its error is the text") {
  Bench bench([](const auto &call, const Json &) {
    call->finish(tools::ToolResult::failure({Errc::unreachable, "no route", ""}));
  });
  CHECK(bench.call({"probe", "{}"}) == 1);
  CHECK(bench.out.str() ==
        "unreachable: no route. mcp-remote-exec doctor shows what is wrong with the host\n");
  CHECK(bench.call({"probe", "{\"n\": \"x\"}"}) == 1); // judged by the schema
}

TEST_CASE("an unknown tool and arguments that are no JSON object are exit 2, and nothing runs") {
  bool has_run = false;
  Bench bench([&](const auto &call, const Json &) {
    has_run = true;
    call->finish({});
  });
  CHECK(bench.call({"prob", "{}"}) == 2);
  CHECK(bench.err.str().find("prob") != std::string::npos);
  CHECK(bench.call({"probe", "{"}) == 2);
  CHECK(bench.call({"probe", "[]"}) == 2);
  CHECK(bench.call({"probe", ""}) == 2);
  CHECK(bench.out.str().empty());
  CHECK_FALSE(has_run);
}

TEST_CASE("arguments can come from standard input") {
  Bench bench([](const auto &call, const Json &arguments) {
    call->finish(text_result(dump_json(arguments)));
  });
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  REQUIRE(::write(ends[1], "{\"n\":5}\n", 8) == 8);
  ::close(ends[1]);
  CallArguments arguments{"probe", "-"};
  arguments.standard_input = ends[0];
  CHECK(bench.call(arguments) == 0);
  ::close(ends[0]);
  CHECK(bench.out.str() == "{\"n\":5}\n");
}

TEST_CASE("a question is asked on the terminal and the tool runs again with the answer") {
  const Body body = [](const auto &call, const Json &) {
    if (!call->can_ask("elicitation/create")) {
      call->finish(tools::ToolResult::failure({Errc::denied, "nobody to ask", ""}));
    } else if (const Json *answer = call->answer("sure")) {
      call->finish(text_result(answer->at("action").template get<std::string>()));
    } else {
      call->suspend(
          {{"sure", "elicitation/create",
            Json{{"message", "Sure?"},
                 {"requestedSchema", {{"type", "object"}, {"properties", Json::object()}}}}}});
    }
  };
  Bench bench(body);
  CHECK(bench.call({"probe", "{}"}, {"y"}, true) == 0);
  CHECK(bench.out.str() == "accept\n");
  CHECK(bench.call({"probe", "{}"}, {"y"}, false) == 1);
  CHECK(bench.out.str().find("denied: nobody to ask") != std::string::npos);
}

TEST_CASE("an interrupt cancels the call, also one that comes before it began") {
  Guarded<bool> is_running(false);
  Bench bench([&](const auto &call, const Json &) {
    is_running.with([](bool &value) { value = true; });
    is_running.notify_all();
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    never.wait(lock, call->stop_token(), [] { return false; });
    call->finish(tools::ToolResult::failure({Errc::cancelled, "stopped", ""}));
  });
  FakeTerminal terminal({});
  const Output output{bench.out, bench.err};
  CallCommand command(*bench.runner, terminal, output);
  std::thread interrupter([&] {
    is_running.wait([](bool value) { return value; }, [](bool &) {});
    command.interrupt();
  });
  CHECK(command.run({"probe", "{}"}) == 1);
  interrupter.join();
  CallCommand early(*bench.runner, terminal, output);
  early.interrupt();
  CHECK(early.run({"probe", "{}"}) == 1);
}
