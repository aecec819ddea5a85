#include "core/mcp/peer.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/mcp/fake_outlet.hpp"
#include "tests/unit/mcp/fake_surface.hpp"

#include <chrono>
#include <string>
#include <vector>

using namespace mre;
using namespace mre::mcp;
using mre::mcp::testing::FakeOutlet;
using mre::mcp::testing::FakeSurface;

namespace {

class FakeChecks final : public TransportChecks {
public:
  bool claims = false;
  std::optional<tools::ProtocolError> version, routing, arguments;
  mutable bool saw_schema = false;

  bool claims_stateless() const override { return claims; }
  std::optional<tools::ProtocolError> check_version(const Json *) const override { return version; }
  std::optional<tools::ProtocolError> check_routing(std::string_view, const Json &) const override {
    return routing;
  }
  std::optional<tools::ProtocolError> check_arguments(const Json *schema,
                                                      const Json &) const override {
    saw_schema = schema != nullptr && schema->contains("properties");
    return arguments;
  }
};

struct Http {
  FakeSurface surface;
  std::shared_ptr<FakeOutlet> outlet = std::make_shared<FakeOutlet>();
  std::shared_ptr<Peer> peer = surface.server().connect({"http:ann", PeerKind::stateless, outlet});
  FakeChecks checks;

  Outgoing ask(const std::string &method, Json params, StreamId stream = 1) {
    const std::size_t before = outlet->count();
    send(method, std::move(params), stream);
    return outlet->at(before);
  }
  void send(const std::string &method, Json params, StreamId stream) {
    peer->receive(
        dump_json(
            {{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", std::move(params)}}),
        stream, &checks);
  }
};

Json with_meta(Json params = Json::object(), const std::string &version = "2026-07-28") {
  params["_meta"] = {{meta_name("protocolVersion"), version},
                     {meta_name("clientCapabilities"), Json::object()}};
  return params;
}

int code_of(const Outgoing &message) {
  return Json::parse(message.text).value("/error/code"_json_pointer, 0);
}

} // namespace

TEST_CASE("each step of the ladder answers before the later ones, with its HTTP status") {
  Http http;
  const Json echo = {{"name", "echo"}, {"arguments", {{"text", "x"}}}};
  http.checks.arguments = tools::ProtocolError{-32020, "parameter header", {}};
  auto answer = http.ask("tools/call", with_meta(echo));
  CHECK(code_of(answer) == -32020);
  CHECK(answer.http_status == 400);
  CHECK(http.checks.saw_schema);
  answer = http.ask("no/such", with_meta());
  CHECK(code_of(answer) == -32601);
  CHECK(answer.http_status == 404);
  http.checks.routing = tools::ProtocolError{-32020, "method header", {}};
  CHECK(code_of(http.ask("no/such", with_meta())) == -32020);
  CHECK(code_of(http.ask("no/such", with_meta({}, "v9"))) == -32022);
  http.checks.claims = true;
  answer = http.ask("tools/list", Json::object());
  CHECK(code_of(answer) == -32602);
  CHECK(answer.http_status == 400);
  http.checks.version = tools::ProtocolError{-32020, "version header", {}};
  answer = http.ask("no/such", with_meta({}, "v9"));
  CHECK(code_of(answer) == -32020);
  CHECK(answer.http_status == 400);
}

TEST_CASE("an error of the call itself is answered in band") {
  Http http;
  const auto answer = http.ask("tools/call", with_meta({{"name", "nothing"}}));
  CHECK(code_of(answer) == -32602);
  CHECK(answer.http_status == 200);
  CHECK(answer.is_final);
}

TEST_CASE("requests of different streams may share an id and each is answered on its own") {
  Http http;
  http.send("tools/call", with_meta({{"name", "hold"}}), 1);
  http.send("tools/call", with_meta({{"name", "hold"}}), 2);
  REQUIRE(http.surface.wait_for_held(2));
  CHECK(http.outlet->count() == 0);
  http.surface.release_held();
  CHECK(http.outlet->at(0).stream + http.outlet->at(1).stream == 3);
}

TEST_CASE("a stream that its client left cancels its request and nothing is sent on it") {
  Http http;
  http.send("tools/call", with_meta({{"name", "hold"}}), 1);
  REQUIRE(http.surface.wait_for_held(1));
  http.peer->close_stream(1);
  CHECK(http.peer->wait_until_idle(std::chrono::seconds(10)));
  CHECK(http.outlet->count() == 0);
}

TEST_CASE("a session's disconnect is not a cancel in the handshake era") {
  FakeSurface surface;
  const auto outlet = std::make_shared<FakeOutlet>();
  const auto peer = surface.server().connect({"http:ann", PeerKind::session, outlet});
  peer->receive(
      R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}})",
      1);
  peer->receive(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"hold"}})", 2);
  REQUIRE(surface.wait_for_held(1));
  peer->close_stream(2);
  surface.release_held();
  const auto answer = outlet->at(1);
  CHECK(answer.stream == 2);
  CHECK(answer.text.find("released") != std::string::npos);
}

TEST_CASE("changes reach a session on the stream of its connection") {
  FakeSurface surface;
  const auto outlet = std::make_shared<FakeOutlet>();
  const auto peer = surface.server().connect({"http:ann", PeerKind::session, outlet});
  peer->receive(
      R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}})",
      5);
  surface.publish(true);
  const auto change = outlet->at(1);
  CHECK(change.stream == kConnectionStream);
  CHECK_FALSE(change.is_final);
}

TEST_CASE("a closed peer refuses new requests") {
  Http http;
  http.peer->close();
  CHECK(code_of(http.ask("tools/list", with_meta())) == -32603);
}
