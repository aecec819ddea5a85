// Every member of valid requests, replaced by values of other types: whatever comes, the server
// answers a request exactly once and never falls over.
#include "core/mcp/peer.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/mcp/fake_surface.hpp"

#include <chrono>
#include <string>
#include <vector>

using namespace mre;
using namespace mre::mcp;
using mre::mcp::testing::FakeSurface;

namespace {

class CountingOutlet final : public Outlet {
public:
  void send(Outgoing message) override {
    Json parsed = Json::parse(message.text);
    sent_.with([&](auto &all) { all.push_back(std::move(parsed)); });
  }
  std::vector<Json> take() {
    return sent_.with([](auto &all) { return std::exchange(all, {}); });
  }

private:
  Guarded<std::vector<Json>> sent_;
};

std::vector<Json> strange_values() {
  Json deep = 1;
  for (int i = 0; i < 50; ++i) {
    deep = Json::array({std::move(deep)});
  }
  return {nullptr,
          true,
          -1,
          1.5,
          1e308,
          18446744073709551615ULL,
          "",
          "x",
          std::string(5000, 'y'),
          std::string("\0", 1),
          "\xC3\xA9",
          Json::array(),
          Json::array({1, "a", nullptr}),
          Json::object(),
          {{"_meta", 5}},
          {{"a", {{"b", nullptr}}}},
          std::move(deep)};
}

std::vector<Json> valid_requests() {
  const Json meta = {{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
                     {"io.modelcontextprotocol/clientCapabilities",
                      {{"elicitation", {{"form", Json::object()}}}, {"sampling", Json::object()}}},
                     {"io.modelcontextprotocol/logLevel", "debug"},
                     {"progressToken", "t"}};
  const auto request = [](const char *method, Json params) {
    return Json{{"jsonrpc", "2.0"}, {"id", 77}, {"method", method}, {"params", std::move(params)}};
  };
  std::vector<Json> all = {
      request("initialize", {{"protocolVersion", "2025-11-25"},
                             {"capabilities", {{"elicitation", Json::object()}}},
                             {"clientInfo", {{"name", "t"}, {"version", "1"}}}}),
      request("ping", Json::object()),
      request("tools/list", {{"cursor", "dG9vbHM6MTAwMA=="}}),
      request("logging/setLevel", {{"level", "info"}}),
      request("resources/subscribe", {{"uri", "test://static"}}),
      request("server/discover", {{"_meta", meta}}),
      request("tools/call", {{"_meta", meta},
                             {"name", "greet"},
                             {"arguments", Json::object()},
                             {"requestState", "x.y"},
                             {"inputResponses",
                              {{"name", {{"action", "accept"}, {"content", {{"name", "A"}}}}}}}}),
      request("tools/call", {{"_meta", meta},
                             {"name", "greet"},
                             {"inputResponses",
                              {{"name", {{"action", "accept"}, {"content", {{"name", "A"}}}}}}}}),
      request("tools/call", {{"_meta", meta}, {"name", "steps"}, {"arguments", Json::object()}}),
      request("resources/read", {{"_meta", meta}, {"uri", "test://item/1"}}),
  };
  for (const Json &params : {Json{{"name", "echo"}, {"arguments", {{"text", "x"}}}}}) {
    all.push_back(request("tools/call", params));
  }
  all.push_back(request("resources/read", {{"uri", "test://static"}}));
  all.push_back(request("prompts/get", {{"name", "hello"}, {"arguments", {{"who", "A"}}}}));
  all.push_back(
      request("completion/complete", {{"ref", {{"type", "ref/prompt"}, {"name", "hello"}}},
                                      {"argument", {{"name", "who"}, {"value", "A"}}},
                                      {"context", {{"arguments", {{"a", "b"}}}}}}));
  return all;
}

struct Hostile {
  FakeSurface surface;
  std::shared_ptr<CountingOutlet> outlet = std::make_shared<CountingOutlet>();
  std::shared_ptr<Peer> peer;

  Hostile() { reconnect(); }
  void reconnect() {
    peer = surface.server().connect({"stdio", PeerKind::stream, outlet});
    peer->receive(
        R"({"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}})");
    outlet->take();
  }
  // How many answers (not notifications or requests of the server) came.
  std::size_t answers_to(const Json &message) {
    peer->receive(dump_json(message));
    // A call whose client can be asked waits for its answer: ending the peer ends it too.
    if (!peer->wait_until_idle(std::chrono::milliseconds(50))) {
      peer->close();
      REQUIRE(peer->wait_until_idle(std::chrono::seconds(10)));
      reconnect_later = true;
    }
    std::size_t answers = 0;
    for (const Json &sent : outlet->take()) {
      answers += sent.contains("result") || sent.contains("error") ? 1 : 0;
    }
    if (std::exchange(reconnect_later, false)) {
      reconnect();
    }
    return answers;
  }
  bool reconnect_later = false;
};

// The answers a message must get: a notification and a response get none.
std::size_t answers_due(const Json &message) {
  const bool is_shaped = message.is_object() && message.value("jsonrpc", Json()) == "2.0";
  if (is_shaped && message.contains("method") && message["method"].is_string() &&
      !message.contains("id")) {
    return 0;
  }
  return 1;
}

} // namespace

TEST_CASE("every member of a valid request may be of any other type and one answer comes") {
  Hostile hostile;
  for (const Json &request : valid_requests()) {
    const Json flat = request.flatten();
    std::vector<Json::json_pointer> pointers;
    for (const auto &[text, value] : flat.items()) {
      for (Json::json_pointer pointer(text); !pointer.empty(); pointer = pointer.parent_pointer()) {
        pointers.push_back(pointer);
      }
    }
    for (const auto &pointer : pointers) {
      for (const Json &value : strange_values()) {
        Json changed = request;
        changed[pointer] = value;
        INFO(changed.dump().substr(0, 500));
        CHECK(hostile.answers_to(changed) == answers_due(changed));
      }
      Json without = request;
      without[pointer.parent_pointer()].erase(pointer.back());
      INFO(without.dump().substr(0, 500));
      CHECK(hostile.answers_to(without) == answers_due(without));
    }
  }
}

TEST_CASE("a message cut anywhere gets one error and the next line is served") {
  Hostile hostile;
  const std::string text =
      R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"\u00e9"}}})";
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    hostile.peer->receive(text.substr(0, cut));
    const auto sent = hostile.outlet->take();
    REQUIRE(sent.size() == 1);
    CHECK(sent[0]["error"]["code"] == -32700);
    CHECK_FALSE(sent[0].contains("id"));
  }
  CHECK(hostile.answers_to(Json::parse(text)) == 1);
}
