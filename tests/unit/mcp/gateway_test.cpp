#include "core/mcp/gateway.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/mcp/fake_surface.hpp"

#include <chrono>
#include <string>
#include <vector>

using namespace mre;
using namespace mre::mcp;
using mre::mcp::testing::FakeSurface;

namespace {

// The far end of one request or connection.
class FakeClient final : public tools::PeerOutlet {
public:
  void send(tools::PeerOutgoing outgoing) override {
    heard_.with([&](auto &all) { all.push_back(std::move(outgoing)); });
    heard_.notify_all();
  }
  tools::PeerOutgoing at(std::size_t index) {
    return heard_.wait_until(
        std::chrono::steady_clock::now() + std::chrono::seconds(10),
        [index](const auto &all) { return all.size() > index; },
        [index](const auto &all, bool there) {
          return there ? all[index] : tools::PeerOutgoing{.text = "null", .status = 0};
        });
  }
  std::size_t count() {
    return heard_.with([](const auto &all) { return all.size(); });
  }

private:
  Guarded<std::vector<tools::PeerOutgoing>> heard_;
};

using Fields = std::vector<tools::PeerField>;

struct Asked {
  std::shared_ptr<FakeClient> client = std::make_shared<FakeClient>();
  std::unique_ptr<tools::PeerLink> link;

  tools::PeerOutgoing first() { return client->at(0); }
  Json body(std::size_t index = 0) { return Json::parse(client->at(index).text); }
};

struct House {
  FakeSurface surface;
  SystemClock clock;
  Gateway gateway{surface.server(), clock};
  tools::PeerClient ann{"http:ann", false};

  Asked ask(tools::PeerVerb verb, const std::string &body, Fields fields, bool can_stream = true) {
    Asked asked;
    asked.link = gateway.request(
        {.verb = verb, .client = ann, .body = body, .fields = fields, .can_stream = can_stream},
        asked.client);
    return asked;
  }
  Asked post(const std::string &method, Json params, Fields fields, int id = 1) {
    return ask(tools::PeerVerb::post,
               dump_json({{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}),
               std::move(fields));
  }
  Asked stateless(const std::string &method, Json params = Json::object(), Fields more = {}) {
    params["_meta"] = {{meta_name("protocolVersion"), "2026-07-28"},
                       {meta_name("clientCapabilities"), Json::object()}};
    Fields fields = {{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", method}};
    fields.insert(fields.end(), more.begin(), more.end());
    return post(method, std::move(params), fields);
  }
  std::string begin_session(const std::string &version = "2025-11-25") {
    auto asked =
        post("initialize", {{"protocolVersion", version}, {"capabilities", Json::object()}}, {});
    CHECK(asked.first().status == 200);
    CHECK(asked.first().is_last);
    return asked.first().session_id;
  }
};

constexpr auto kPost = tools::PeerVerb::post;
constexpr auto kGet = tools::PeerVerb::get;
constexpr auto kEnd = tools::PeerVerb::end;

} // namespace

TEST_CASE("a stateless request is answered at once and alone, without a session") {
  House house;
  auto asked = house.stateless("tools/list", Json::object(), {{"Mcp-Session-Id", "made-up"}});
  CHECK(asked.first().status == 200);
  CHECK(asked.first().is_last);
  CHECK(asked.first().session_id.empty());
  CHECK(asked.first().event_id.empty());
  CHECK(asked.body().at("result").at("resultType") == "complete");
}

TEST_CASE("each fault of a stateless request has its status and code") {
  House house;
  const Json meta = {{"_meta",
                      {{meta_name("protocolVersion"), "2026-07-28"},
                       {meta_name("clientCapabilities"), Json::object()}}}};
  const auto fault = [](Asked asked) {
    return std::pair(asked.first().status, asked.body().at("error").at("code").get<int>());
  };
  const Fields headers = {{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", "tools/list"}};
  CHECK(fault(house.post("tools/list", Json::object(), headers)) == std::pair(400, -32602));
  CHECK(fault(house.post("tools/list", meta, {})) == std::pair(400, -32020));
  CHECK(fault(house.post("tools/list", meta, {headers[0]})) == std::pair(400, -32020));
  CHECK(fault(house.stateless("tools/call", {{"name", "echo"}})) == std::pair(400, -32020));
  CHECK(fault(house.stateless("no/such")) == std::pair(404, -32601));
  CHECK(fault(house.stateless("initialize")) == std::pair(404, -32601));
  CHECK(fault(house.stateless("ping")) == std::pair(404, -32601));
  CHECK(fault(house.ask(kPost, "{", {})) == std::pair(400, -32700));
  CHECK(fault(house.ask(kPost, "[]", {})) == std::pair(400, -32600));
  CHECK(fault(house.ask(kPost, std::string(limits::kLineBytes + 1, ' '), {})) ==
        std::pair(413, -32700));
}

TEST_CASE("initialize begins a session that everything else needs") {
  House house;
  const std::string id = house.begin_session();
  CHECK(id.size() == 32);
  const auto status = [&](const std::string &session) {
    Fields fields;
    if (!session.empty()) {
      fields.push_back({"mcp-session-id", session});
    }
    auto asked = house.post("ping", Json::object(), fields);
    for (std::size_t i = 0; i < 2; ++i) { // past the event that only tells the place
      if (!asked.client->at(i).text.empty()) {
        return asked.client->at(i).status;
      }
    }
    return 0;
  };
  CHECK(status(id) == 200);
  CHECK(status("") == 400);
  CHECK(status("0123456789abcdef0123456789abcdef") == 404);
  house.ann.principal = "http:bob";
  CHECK(status(id) == 404);
}

TEST_CASE("an initialize that fails begins nothing") {
  House house;
  auto asked = house.post("initialize", {{"capabilities", Json::object()}}, {});
  CHECK(asked.first().session_id.empty());
  CHECK(asked.body().at("error").at("code") == -32602);
}

TEST_CASE("a session that was deleted is gone, and its listener's stream ends") {
  House house;
  const std::string id = house.begin_session();
  const Fields fields = {{"Mcp-Session-Id", id}};
  auto listening = house.ask(kGet, "", fields);
  CHECK(house.ask(kEnd, "", fields).first().status == 204);
  CHECK(listening.client->at(1).is_last);
  CHECK(house.ask(kEnd, "", fields).first().status == 404);
  CHECK(house.post("ping", Json::object(), fields).first().status == 404);
}

TEST_CASE("versions without a handshake have neither GET nor DELETE") {
  House house;
  const Fields fields = {{"MCP-Protocol-Version", "2026-07-28"}};
  CHECK(house.ask(kGet, "", fields).first().status == 405);
  CHECK(house.ask(kEnd, "", fields).first().status == 405);
  CHECK(house.ask(kGet, "", {}).first().status == 400);
}

TEST_CASE("a version header that is not served after a handshake is refused") {
  House house;
  const std::string id = house.begin_session();
  CHECK(house
            .post("ping", Json::object(),
                  {{"Mcp-Session-Id", id}, {"MCP-Protocol-Version", "2025-03-26"}})
            .first()
            .status == 400);
}

TEST_CASE("notifications and responses are accepted without a word") {
  House house;
  const std::string id = house.begin_session();
  for (const char *body : {R"({"jsonrpc":"2.0","method":"notifications/initialized"})",
                           R"({"jsonrpc":"2.0","id":"ask-9","result":{}})"}) {
    auto asked = house.ask(kPost, body, {{"Mcp-Session-Id", id}});
    CHECK(asked.first().status == 202);
    CHECK(asked.first().text.empty());
    CHECK(asked.first().is_last);
    CHECK(house.ask(kPost, body, {}).first().status == 400);
  }
  CHECK(house
            .ask(kPost, R"({"jsonrpc":"2.0","method":"notifications/cancelled"})",
                 {{"MCP-Protocol-Version", "2026-07-28"}})
            .first()
            .status == 202);
}

TEST_CASE("a client that can come back is told its place first, an older one is not") {
  House house;
  auto newer = house.post("ping", Json::object(), {{"Mcp-Session-Id", house.begin_session()}});
  CHECK(newer.first().text.empty());
  CHECK_FALSE(newer.first().event_id.empty());
  CHECK(newer.client->at(1).is_last);
  CHECK_FALSE(newer.client->at(1).event_id.empty());
  auto older =
      house.post("ping", Json::object(), {{"Mcp-Session-Id", house.begin_session("2025-06-18")}});
  CHECK(older.first().is_last);
  CHECK(older.first().event_id.empty());
}

TEST_CASE("leaving a stateless request cancels it") {
  House house;
  {
    auto asked = house.stateless("tools/call", {{"name", "hold"}}, {{"Mcp-Name", "hold"}});
    REQUIRE(house.surface.wait_for_held(1));
  }
  CHECK(house.surface.wait_for_none_held());
}

TEST_CASE("leaving a request of a session does not cancel it, and its result waits") {
  House house;
  const std::string id = house.begin_session();
  std::string place;
  {
    auto asked = house.post("tools/call", {{"name", "hold"}}, {{"Mcp-Session-Id", id}});
    place = asked.first().event_id;
    REQUIRE(house.surface.wait_for_held(1));
  }
  const Fields fields = {{"Mcp-Session-Id", id}, {"Last-Event-ID", place}};
  auto back = house.ask(kGet, "", fields);
  CHECK(back.first().text.empty()); // the stream begins, the call still runs
  house.surface.release_held();
  CHECK(back.body(1).at("id") == 1);
  CHECK(back.client->at(1).is_last);
  // Lost again on its last way: still there.
  auto again = house.ask(kGet, "", fields);
  CHECK(again.body(1).at("id") == 1);
  CHECK(again.client->at(2).is_last);
}

TEST_CASE("cancelling a request of a session ends its response without an answer") {
  House house;
  const std::string id = house.begin_session();
  const Fields fields = {{"Mcp-Session-Id", id}};
  auto asked = house.post("tools/call", {{"name", "hold"}}, fields, 7);
  REQUIRE(house.surface.wait_for_held(1));
  const Json cancel = {
      {"jsonrpc", "2.0"}, {"method", "notifications/cancelled"}, {"params", {{"requestId", 7}}}};
  CHECK(house.ask(kPost, dump_json(cancel), fields).first().status == 202);
  CHECK(asked.client->at(1).is_last);
  CHECK(asked.client->at(1).text.empty());
  CHECK(house.surface.wait_for_none_held());
  CHECK(asked.client->count() == 2);
  // There is nothing to come back for.
  const std::string last_seen = asked.first().event_id; // the fields only borrow it
  const Fields back = {{"Mcp-Session-Id", id}, {"Last-Event-ID", last_seen}};
  CHECK(house.ask(kGet, "", back).first().status == 400);
}

TEST_CASE("a client of JSON alone that cancelled is told that nothing follows") {
  House house;
  const std::string id = house.begin_session(); // the fields only borrow it
  const Fields fields = {{"Mcp-Session-Id", id}};
  const Json call = {
      {"jsonrpc", "2.0"}, {"id", 8}, {"method", "tools/call"}, {"params", {{"name", "hold"}}}};
  auto asked = house.ask(kPost, dump_json(call), fields, false);
  REQUIRE(house.surface.wait_for_held(1));
  const Json cancel = {
      {"jsonrpc", "2.0"}, {"method", "notifications/cancelled"}, {"params", {{"requestId", 8}}}};
  CHECK(house.ask(kPost, dump_json(cancel), fields).first().status == 202);
  CHECK(asked.first().is_last);
  CHECK(asked.first().status == 202);
  CHECK(asked.first().text.empty());
  CHECK(house.surface.wait_for_none_held());
}

TEST_CASE("an event that was never sent cannot be resumed from") {
  House house;
  const std::string id = house.begin_session();
  const std::string other = house.begin_session();
  auto asked = house.post("ping", Json::object(), {{"Mcp-Session-Id", id}});
  const std::string place = asked.first().event_id;
  CHECK(house.ask(kGet, "", {{"Mcp-Session-Id", id}, {"Last-Event-ID", "7.7"}}).first().status ==
        400);
  // The same id names nothing in another session.
  CHECK(house.ask(kGet, "", {{"Mcp-Session-Id", other}, {"Last-Event-ID", place}}).first().status ==
        400);
}

TEST_CASE("a second listener takes the place of the first") {
  House house;
  const std::string id = house.begin_session();
  const Fields fields = {{"Mcp-Session-Id", id}};
  auto first = house.ask(kGet, "", fields);
  auto second = house.ask(kGet, "", fields);
  CHECK(first.client->at(1).is_last);
  house.surface.publish(true);
  CHECK(second.body(1).at("method") == "notifications/tools/list_changed");
  CHECK(first.client->count() == 2);
}

TEST_CASE("tools that name local files are hidden from a network unless they are confined") {
  House house;
  const auto listed = [&] {
    return house.stateless("tools/list").body().at("result").at("tools").dump();
  };
  tools::Policy policy;
  policy.keeps_local_paths = true;
  house.surface.publish_local_tool(policy);
  CHECK(listed().find("local_copy") == std::string::npos);
  auto called =
      house.stateless("tools/call", {{"name", "local_copy"}}, {{"Mcp-Name", "local_copy"}});
  CHECK(called.body().at("error").at("code") == -32602);
  CHECK(called.body().at("error").at("data").at("state") == "local_only");
  CHECK(called.body().at("error").at("message").get<std::string>().find("TRANSFER_ROOT") !=
        std::string::npos);
  house.ann.is_local = true;
  CHECK(listed().find("local_copy") != std::string::npos);
  house.ann.is_local = false;
  policy.keeps_local_paths = false; // TRANSFER_ROOT is set
  house.surface.publish_local_tool(policy);
  CHECK(listed().find("local_copy") != std::string::npos);
}

TEST_CASE("a connection carries both eras, and its end cancels what runs") {
  House house;
  const auto client = std::make_shared<FakeClient>();
  auto link = house.gateway.connect({"socket:ann", true}, client);
  link->receive(R"({"jsonrpc":"2.0","id":1,"method":"ping"})");
  CHECK(Json::parse(client->at(0).text).at("result") == Json::object());
  CHECK_FALSE(client->at(0).is_last); // the connection goes on
  link->receive(std::string(limits::kLineBytes + 1, ' '));
  CHECK(Json::parse(client->at(1).text).at("error").at("code") == -32700);
  Json params = {{"name", "hold"},
                 {"_meta",
                  {{meta_name("protocolVersion"), "2026-07-28"},
                   {meta_name("clientCapabilities"), Json::object()}}}};
  link->receive(
      dump_json({{"jsonrpc", "2.0"}, {"id", 2}, {"method", "tools/call"}, {"params", params}}));
  REQUIRE(house.surface.wait_for_held(1));
  link.reset();
  CHECK(house.surface.wait_for_none_held());
  CHECK(client->count() == 2);
}

TEST_CASE("a server that drains ends subscriptions, refuses requests and lets calls finish") {
  House house;
  auto listening =
      house.stateless("subscriptions/listen", {{"notifications", {{"toolsListChanged", true}}}});
  auto held = house.stateless("tools/call", {{"name", "hold"}}, {{"Mcp-Name", "hold"}});
  REQUIRE(house.surface.wait_for_held(1));
  CHECK_FALSE(house.surface.server().drain(std::chrono::milliseconds(0)));
  CHECK(listening.client->at(2).is_last); // acknowledged, cancelled, result
  CHECK(house.stateless("tools/list").first().status == 503);
  house.surface.release_held();
  CHECK(held.first().status == 200);
  CHECK(house.surface.server().drain(std::chrono::seconds(10)));
}
