#include "core/base/file.hpp"
#include "core/guard/limits.hpp"
#include "core/mcp/call_entry.hpp"
#include "core/mcp/peer.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/config/scratch.hpp"
#include "tests/unit/mcp/fake_outlet.hpp"
#include "tests/unit/mcp/fake_surface.hpp"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace mre;
using namespace mre::mcp;
using mre::mcp::testing::FakeOptions;
using mre::mcp::testing::FakeOutlet;
using mre::mcp::testing::FakeSurface;
using mre::test::Scratch;

namespace {

struct Client {
  explicit Client(FakeOptions options = {}) : surface(std::move(options)) {}
  ~Client() { peer->close(); } // calls in flight hold their peer until it ends
  Client(const Client &) = delete;
  Client &operator=(const Client &) = delete;

  FakeSurface surface;
  std::shared_ptr<FakeOutlet> outlet = std::make_shared<FakeOutlet>();
  std::shared_ptr<Peer> peer = surface.server().connect({"stdio", PeerKind::stream, outlet});
  int last_id = 0;

  void send(Json message) {
    message["jsonrpc"] = "2.0";
    peer->receive(dump_json(message));
  }
  // Sends a request whose answer comes at once.
  Json ask(const std::string &method, Json params) {
    const std::size_t before = outlet->count();
    send({{"id", ++last_id}, {"method", method}, {"params", std::move(params)}});
    return Json::parse(outlet->at(before).text);
  }
  Json call(const std::string &tool, Json extra = Json::object()) {
    extra["name"] = tool;
    extra["_meta"] = {{meta_name("protocolVersion"), "2026-07-28"},
                      {meta_name("clientCapabilities"), {{"elicitation", Json::object()}}}};
    return ask("tools/call", std::move(extra));
  }
  void shake_hands() {
    ask("initialize",
        {{"protocolVersion", "2025-11-25"}, {"capabilities", {{"elicitation", Json::object()}}}});
  }
};

Json accepted(Json content) {
  return {{"action", "accept"}, {"content", std::move(content)}};
}

std::vector<Json> audit_lines(const std::string &state_dir) {
  std::istringstream text(read_file(state_dir + "/audit.jsonl", 1U << 20U).value_or(""));
  std::vector<Json> lines;
  for (std::string line; std::getline(text, line);) {
    lines.push_back(Json::parse(line));
  }
  return lines;
}

} // namespace

TEST_CASE("a state that was used is refused, so that one consent gives one run") {
  Client client;
  const Json asked = client.call("greet").at("result");
  const Json again = {{"requestState", asked.at("requestState")},
                      {"inputResponses", {{"name", accepted({{"name", "Ann"}})}}}};
  CHECK(client.call("greet", again).at("result").at("resultType") == "complete");
  const Json refused = client.call("greet", again).at("error");
  CHECK(refused.at("code") == -32602);
  CHECK(refused.at("data").at("reason") == "invalid_request_state");
  CHECK(refused.at("message").get<std::string>().find("used already") != std::string::npos);
}

TEST_CASE("an answer that does not fit is refused, and the state stays good for the right one") {
  Client client;
  const Json asked = client.call("greet").at("result");
  const Json refused = client
                           .call("greet", {{"requestState", asked.at("requestState")},
                                           {"inputResponses", {{"name", accepted({{"name", 5}})}}}})
                           .at("error");
  CHECK(refused.at("code") == -32602);
  CHECK(refused.at("data").at("reason") == "invalid_input_response");
  CHECK(refused.at("data").at("key") == "name");
  const Json done =
      client.call("greet", {{"requestState", asked.at("requestState")},
                            {"inputResponses", {{"name", accepted({{"name", "Ann"}})}}}});
  CHECK(done.at("result").at("content")[0].at("text") == "Hello, Ann!");
}

TEST_CASE("a client that knows the question may answer it with its first call") {
  Client client;
  const Json done = client.call(
      "greet",
      {{"inputResponses", {{"name", accepted({{"name", "Ann"}})}, {"more", accepted({})}}}});
  CHECK(done.at("result").at("resultType") == "complete");
  CHECK(done.at("result").at("content")[0].at("text") == "Hello, Ann!");
  const Json refused = client.call("greet", {{"inputResponses", {{"name", 12345}}}});
  CHECK(refused.at("error").at("code") == -32602);
}

TEST_CASE("in a session an answer that does not fit ends the call with what was expected") {
  Client client;
  client.shake_hands();
  const Json question = client.ask("tools/call", {{"name", "greet"}});
  REQUIRE(question.at("method") == "elicitation/create");
  const std::size_t before = client.outlet->count();
  client.send({{"id", question.at("id")}, {"result", accepted({{"name", 5}})}});
  const Json result = Json::parse(client.outlet->at(before).text).at("result");
  CHECK(result.at("isError") == true);
  CHECK(result.at("structuredContent").at("error").at("code") == "bad_argument");
  const auto message = result.at("structuredContent").at("error").at("message").get<std::string>();
  CHECK(message.find("'name'") != std::string::npos);
  CHECK(message.find("string") != std::string::npos);
}

TEST_CASE("a client may have a thousand calls in flight, and the next one is told to wait") {
  Client client;
  client.shake_hands();
  // Questions that wait for their answers hold no thread.
  for (std::size_t i = 0; i < limits::kCallsInFlight; ++i) {
    client.send({{"id", 1000 + i}, {"method", "tools/call"}, {"params", {{"name", "greet"}}}});
  }
  CHECK(client.peer->in_flight() == limits::kCallsInFlight);
  const Json refused = client.ask("tools/call", {{"name", "greet"}}).at("result");
  CHECK(refused.at("structuredContent").at("error").at("code") == "limit");
  CHECK(refused.at("structuredContent").at("error").contains("hint"));
  // Others than calls are served, and so is a call when one has ended.
  CHECK(client.ask("ping", Json::object()).contains("result"));
  client.send({{"method", "notifications/cancelled"}, {"params", {{"requestId", 1000}}}});
  const Json question = client.ask("tools/call", {{"name", "greet"}});
  CHECK(question.value("method", "") == "elicitation/create");
}

TEST_CASE("calls that are refused before a handler leave their two records") {
  const Scratch scratch;
  Client client({.audit = config::AuditMode::on, .state_dir = scratch / "state"});
  client.shake_hands();
  client.ask("tools/call", {{"name", "no_such_tool"}, {"arguments", {{"a", 1}}}});
  client.ask("tools/call", {{"name", "old_echo"}, {"arguments", {{"text", "x"}}}});
  client.ask("tools/call", {{"name", "echo"}, {"arguments", {{"text", 5}}}});
  client.ask("tools/call", {{"name", "echo"}, {"arguments", Json::array()}});
  client.ask("tools/call",
             {{"name", "echo"}, {"arguments", {{"text", "x"}}}, {"task", Json::object()}});
  client.ask("resources/read", {{"uri", "test://nowhere"}});
  client.call("greet", {{"requestState", "forged"}});
  const auto lines = audit_lines(scratch / "state");
  REQUIRE(lines.size() == 14);
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"no_such_tool", "-32602"}, {"old_echo", "-32602"}, {"echo", "bad_argument"},
      {"echo", "-32602"},         {"echo", "-32601"},     {"resources/read", "-32002"},
      {"greet", "-32602"}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    INFO(i);
    CHECK(lines[2 * i].at("phase") == "begin");
    CHECK(lines[2 * i].at("tool") == expected[i].first);
    CHECK(lines[2 * i].at("principal") == "stdio");
    CHECK(lines[2 * i + 1].at("phase") == "end");
    CHECK(lines[2 * i + 1].at("call") == lines[2 * i].at("call"));
    CHECK(lines[2 * i + 1].at("outcome") == "error");
    CHECK(lines[2 * i + 1].at("code") == expected[i].second);
  }
}

TEST_CASE("with a required audit that cannot be written no handler runs") {
  const Scratch scratch;
  const std::string blocked = scratch.write("state", "a file where the folder should be");
  Client client({.audit = config::AuditMode::required, .state_dir = blocked});
  client.shake_hands();
  const Json refused =
      client.ask("tools/call", {{"name", "echo"}, {"arguments", {{"text", "x"}}}}).at("result");
  CHECK(refused.at("isError") == true);
  CHECK_FALSE(refused.at("structuredContent").contains("text"));
  CHECK(
      refused.at("structuredContent").at("error").at("message").get<std::string>().find("audit") !=
      std::string::npos);
}

TEST_CASE("with an audit that is wanted and cannot be written calls go on") {
  const Scratch scratch;
  const std::string blocked = scratch.write("state", "a file where the folder should be");
  Client client({.audit = config::AuditMode::on, .state_dir = blocked});
  client.shake_hands();
  const Json served =
      client.ask("tools/call", {{"name", "echo"}, {"arguments", {{"text", "x"}}}}).at("result");
  CHECK(served.at("structuredContent").at("text") == "x");
}

TEST_CASE("when every thread and every waiting place is taken a call is refused at once") {
  FakeSurface surface;
  std::vector<std::shared_ptr<RunningCall>> running;
  Guarded<std::vector<CallOutcome>> outcomes;
  const auto start = [&] {
    running.push_back(
        surface.runner().start({.principal = "test", .tool = "hold"}, [&](CallOutcome outcome) {
          // Told under the lock: the test may be over right after it.
          outcomes.with([&](auto &all) {
            all.push_back(std::move(outcome));
            outcomes.notify_all();
          });
        }));
  };
  for (std::size_t i = 0; i < limits::kHandlerThreads; ++i) {
    start();
  }
  REQUIRE(surface.wait_for_held(static_cast<int>(limits::kHandlerThreads)));
  for (std::size_t i = 0; i < limits::kHandlerQueue; ++i) {
    start();
  }
  REQUIRE(outcomes.with([](const auto &all) { return all.empty(); }));
  start();
  outcomes.with([](const auto &all) {
    REQUIRE(all.size() == 1);
    const auto &result = std::get<tools::ToolResult>(all[0]);
    REQUIRE(result.error.has_value());
    CHECK(result.error->code == Errc::limit);
  });
  surface.release_held();
  const std::size_t everyone = limits::kHandlerThreads + limits::kHandlerQueue + 1;
  CHECK(outcomes.wait_until(
      std::chrono::steady_clock::now() + std::chrono::seconds(60),
      [&](const auto &all) { return all.size() == everyone; },
      [](auto &, bool all_ended) { return all_ended; }));
}
