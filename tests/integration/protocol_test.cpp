// The edges of the protocol over the real binary: both generations, malformed lines, limits, ids.
#include "tests/integration/bench.hpp"

using namespace mre;
using namespace mre::testing;

namespace {

// No host is needed to talk; nothing connects before a tool is called.
Environment offline() {
  return {{"I_ACCEPT_RISKS", "true"},
          {"HOST", "127.0.0.1"},
          {"SSH_PORT", "1"},
          {"SSH_PASSWORD", "not-used-here"}};
}

Json modern(Json params = Json::object()) {
  params["_meta"] = ServerProcess::modern_meta();
  return params;
}

// The next message without a usable id, as an error code.
int error_without_id(ServerProcess &server) {
  const auto message = server.receive();
  REQUIRE(message);
  CHECK_FALSE(message->contains("id"));
  return message->at("error").at("code").get<int>();
}

} // namespace

TEST_CASE("the handshake echoes a version it speaks and offers its newest old one otherwise") {
  for (const auto &[asked, answered] :
       std::vector<std::pair<std::string, std::string>>{{"2025-06-18", "2025-06-18"},
                                                        {"2025-11-25", "2025-11-25"},
                                                        {"2026-07-28", "2025-11-25"},
                                                        {"1999-01-01", "2025-11-25"}}) {
    ServerProcess server({.environment = offline()});
    const Json result = server.initialize(asked);
    CHECK(result.at("protocolVersion") == answered);
    CHECK(result.at("serverInfo").at("name") == "mcp-remote-exec");
    CHECK(result.at("capabilities").contains("tools"));
  }
}

TEST_CASE("before the handshake only ping is served to a client of the older generation") {
  ServerProcess server({.environment = offline()});
  CHECK(server.request("ping").at("result") == Json::object());
  CHECK(server.request("tools/list").contains("error"));
  server.initialize();
  CHECK(server.request("tools/list").contains("result"));
}

TEST_CASE("a request of the newer generation needs no handshake and gets the newer decorations") {
  ServerProcess server({.environment = offline()});
  const Json discovered = server.request("server/discover", modern()).at("result");
  CHECK(discovered.at("resultType") == "complete");
  CHECK(discovered.at("supportedVersions") == Json::array({"2026-07-28"}));
  CHECK(discovered.at("capabilities").contains("tools"));
  const Json listed = server.request("tools/list", modern()).at("result");
  CHECK(listed.at("resultType") == "complete");
  CHECK(listed.at("ttlMs").is_number_integer());
  CHECK(listed.contains("cacheScope"));
  CHECK(listed.at("_meta").at("io.modelcontextprotocol/serverInfo").at("name") ==
        "mcp-remote-exec");
}

TEST_CASE("both generations are served on one connection, message by message") {
  ServerProcess server({.environment = offline()});
  server.initialize();
  const Json old_list = server.request("tools/list").at("result");
  const Json new_list = server.request("tools/list", modern()).at("result");
  CHECK_FALSE(old_list.contains("resultType"));
  CHECK(new_list.at("resultType") == "complete");
  CHECK(old_list.at("tools").size() == new_list.at("tools").size());
}

TEST_CASE("a version nobody speaks is refused with the list of those that are") {
  ServerProcess server({.environment = offline()});
  Json params = modern();
  params["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2099-01-01";
  const Json error = server.request("tools/list", params).at("error");
  CHECK(error.at("code") == -32022);
  CHECK(error.at("data").at("requested") == "2099-01-01");
  CHECK(contains(error.at("data").at("supported").get<std::vector<std::string>>(), "2026-07-28"));
}

TEST_CASE("a newer request without client capabilities is a bad request") {
  ServerProcess server({.environment = offline()});
  Json params = modern();
  params["_meta"].erase("io.modelcontextprotocol/clientCapabilities");
  CHECK(server.request("tools/list", params).at("error").at("code") == -32602);
}

TEST_CASE("lines that are no request are answered without an id, and the next line is served") {
  ServerProcess server({.environment = offline()});
  server.initialize();
  SECTION("no JSON") {
    server.send_line("{\"jsonrpc\": ");
    CHECK(error_without_id(server) == -32700);
  }
  SECTION("invalid UTF-8") {
    server.send_line("{\"jsonrpc\":\"2.0\",\"id\":902,\"method\":\"\xFF\"}");
    CHECK(error_without_id(server) == -32700);
  }
  SECTION("a batch") {
    server.send_line(R"([{"jsonrpc":"2.0","id":77,"method":"ping"}])");
    CHECK(error_without_id(server) == -32600);
  }
  SECTION("an id that is null") {
    server.send_line(R"({"jsonrpc":"2.0","id":null,"method":"ping"})");
    CHECK(error_without_id(server) == -32600);
  }
  SECTION("nesting beyond 64 levels") {
    server.send_line(R"({"jsonrpc":"2.0","id":77,"method":"ping","params":{"x":)" +
                     std::string(100, '[') + std::string(100, ']') + "}}");
    const int code = error_without_id(server);
    CHECK((code == -32700 || code == -32600));
  }
  SECTION("a line of more than 16 MiB") {
    server.send_line(R"({"jsonrpc":"2.0","id":77,"method":"ping","params":{"x":")" +
                     std::string(17U << 20U, 'x') + "\"}}");
    const int code = error_without_id(server);
    CHECK((code == -32700 || code == -32600));
  }
  CHECK(server.request("ping").at("result") == Json::object());
}

TEST_CASE("blank lines are nothing, and a carriage return before the newline does not matter") {
  ServerProcess server({.environment = offline()});
  server.initialize();
  server.send_line("");
  server.send_line("{\"jsonrpc\":\"2.0\",\"id\":900,\"method\":\"ping\"}\r");
  CHECK(server.response(900).at("result") == Json::object());
}

TEST_CASE("an unknown method is -32601 and an unknown notification is silence") {
  ServerProcess server({.environment = offline()});
  server.initialize();
  CHECK(server.request("no/such/method").at("error").at("code") == -32601);
  server.notify("notifications/no_such");
  CHECK(server.request("ping").at("result") == Json::object());
  CHECK(server.take_notifications().empty());
}

TEST_CASE("an id comes back with its type") {
  ServerProcess server({.environment = offline()});
  server.initialize();
  server.send({{"jsonrpc", "2.0"}, {"id", "7"}, {"method", "ping"}});
  const auto answer = server.receive();
  REQUIRE(answer);
  CHECK(answer->at("id") == "7");
  CHECK(answer->at("id").is_string());
}

TEST_CASE("the tool list is stable, complete and small") {
  ServerProcess server({.environment = offline()});
  server.initialize();
  const Json first = server.request("tools/list").at("result");
  const Json second = server.request("tools/list").at("result");
  CHECK(first == second);
  Json shown = Json::array();
  for (const auto &tool : first.at("tools")) {
    INFO(tool.at("name"));
    CHECK(tool.at("inputSchema").at("type") == "object");
    CHECK(tool.at("inputSchema").at("additionalProperties") == false);
    CHECK(tool.contains("outputSchema"));
    shown.push_back({{"name", tool.at("name")},
                     {"description", tool.at("description")},
                     {"inputSchema", tool.at("inputSchema")}});
  }
  // Section 8 of the surface: what a model has to read of it, and all of it.
  CHECK(dump_json(shown).size() <= 8000);
  CHECK(dump_json(first).size() <= 14000);
}

TEST_CASE("hostile lines in a row do not end the server") {
  ServerProcess server({.environment = offline()});
  server.initialize();
  for (const char *line :
       {"null", "0", "\"x\"", "{}", "[]", "{\"id\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1e400,\"method\":\"ping\"}",
        "{\"jsonrpc\":\"1.0\",\"id\":901,\"method\":\"ping\"}",
        "{\"jsonrpc\":\"2.0\",\"result\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":99999999999999999999999,\"method\":\"ping\"}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":7}"}) {
    server.send_line(line);
  }
  CHECK(server.request("tools/list").contains("result"));
}
