// Headers over HTTP: each generation's own, the token and the session, and methods that are not
// served.
#include "tests/integration/http_bench.hpp"

#include <algorithm>

using namespace mre;
using namespace mre::testing;

namespace {

// The newer generation's post with some headers changed or, when empty, left out.
HttpResponse ask_modern(const HttpDaemon &daemon, const HttpFields &fields, Json params,
                        const std::string &method = "tools/call") {
  HttpFields all = {{"MCP-Protocol-Version", "2026-07-28"},
                    {"Mcp-Method", method},
                    {"Mcp-Name", "ssh_list_hosts"}};
  all.insert(all.end(), fields.begin(), fields.end());
  return daemon.ask(http_post(all, HttpDaemon::message(method, std::move(params), 77)));
}

Json list_hosts_params(const std::string &version = "2026-07-28") {
  Json meta = ServerProcess::modern_meta();
  meta["io.modelcontextprotocol/protocolVersion"] = version;
  return {{"name", "ssh_list_hosts"}, {"arguments", Json::object()}, {"_meta", meta}};
}

// The error's code when status and id are those of an answer to this request.
int code_of(const HttpResponse &answer, int status) {
  CHECK(answer.status == status);
  const Json body = answer.json();
  CHECK(body.at("id") == 77);
  return body.at("error").at("code").get<int>();
}

} // namespace

TEST_CASE(
    "headers of the newer generation are held against the message, in the order of the rules") {
  const HttpDaemon daemon(offline());
  CHECK(ask_modern(daemon, {}, list_hosts_params(), "tools/call").status == 200);
  // The version: absent, different, unknown in both, or the message says nothing of it.
  CHECK(code_of(ask_modern(daemon, {{"MCP-Protocol-Version", ""}}, list_hosts_params()), 400) ==
        -32020);
  CHECK(code_of(ask_modern(daemon, {{"MCP-Protocol-Version", "2025-11-25"}}, list_hosts_params()),
                400) == -32020);
  const auto unknown =
      ask_modern(daemon, {{"MCP-Protocol-Version", "v9"}}, list_hosts_params("v9"));
  CHECK(code_of(unknown, 400) == -32022);
  CHECK(unknown.json().at("error").at("data").at("requested") == "v9");
  CHECK(unknown.json().at("error").at("data").at("supported") == Json::array({"2026-07-28"}));
  Json bare = list_hosts_params();
  bare.erase("_meta");
  CHECK(code_of(ask_modern(daemon, {}, bare), 400) == -32602);
  Json unclear = list_hosts_params();
  unclear.at("_meta").erase("io.modelcontextprotocol/clientCapabilities");
  CHECK(code_of(ask_modern(daemon, {}, unclear), 400) == -32602);
  // The method and the name.
  for (const char *method : {"", "tools/list", "TOOLS/CALL", "tools/call,tools/call"}) {
    CHECK(code_of(ask_modern(daemon, {{"Mcp-Method", method}}, list_hosts_params()), 400) ==
          -32020);
  }
  for (const char *name : {"", "ssh_exec_command", "SSH_LIST_HOSTS",
                           "=?base64?c3NoX2xpc3RfaG9zdHM?=", "=?base64?!!!!?="}) {
    CHECK(code_of(ask_modern(daemon, {{"Mcp-Name", name}}, list_hosts_params()), 400) == -32020);
  }
  CHECK(ask_modern(daemon, {{"Mcp-Name", "  ssh_list_hosts\t"}}, list_hosts_params()).status ==
        200);
  CHECK(ask_modern(daemon, {{"Mcp-Name", "=?base64?c3NoX2xpc3RfaG9zdHM=?="}}, list_hosts_params())
            .status == 200);
  // Methods nobody serves there are 404; what a tool makes of its params is told in-band.
  for (const char *method : {"no/such", "initialize", "ping", "logging/setLevel",
                             "resources/subscribe", "tasks/list", "tasks/result"}) {
    CHECK(code_of(ask_modern(daemon, {}, list_hosts_params(), method), 404) == -32601);
  }
  Json unknown_tool = list_hosts_params();
  unknown_tool["name"] = "no_such_tool";
  CHECK(code_of(ask_modern(daemon, {{"Mcp-Name", "no_such_tool"}}, unknown_tool), 200) == -32602);
  CHECK(daemon.status(http_request(
            "GET", "/mcp",
            {{"MCP-Protocol-Version", "2026-07-28"}, {"Accept", "text/event-stream"}})) == 405);
  CHECK(daemon.status(http_request("DELETE", "/mcp", {{"MCP-Protocol-Version", "2026-07-28"}})) ==
        405);
}

TEST_CASE("the older generation's headers have their own statuses") {
  const HttpDaemon daemon(offline());
  const std::string id = daemon.begin_session();
  CHECK(id.size() >= 22); // 128 bits, however they are written
  CHECK(std::all_of(id.begin(), id.end(), [](char c) { return c > 0x20 && c < 0x7f; }));
  const std::string list = HttpDaemon::message("tools/list", Json::object());
  CHECK(daemon.status(http_post({}, list)) == 400);
  CHECK(daemon.status(http_post({{"Mcp-Session-Id", "never-given"}}, list)) == 404);
  const HttpFields session = {{"Mcp-Session-Id", id}};
  CHECK(daemon.status(http_post(session, list)) == 200);
  for (const char *version : {"2025-06-18", "2025-11-25"}) {
    CHECK(daemon.status(http_post({session[0], {"MCP-Protocol-Version", version}}, list)) == 200);
  }
  for (const char *version : {"1999-01-01", "2025-06-18, 2025-11-25", "x"}) {
    CHECK(daemon.status(http_post({session[0], {"MCP-Protocol-Version", version}}, list)) == 400);
  }
  CHECK(daemon.status(http_request("GET", "/mcp", {{"Accept", "text/event-stream"}})) == 400);
  CHECK(daemon.status(http_request("GET", "/mcp", {session[0], {"Accept", "application/json"}})) ==
        406);
  CHECK(daemon.status(http_request("DELETE", "/mcp", {})) == 400);
  CHECK(daemon.status(http_request("DELETE", "/mcp", {{"Mcp-Session-Id", "never-given"}})) == 404);
  // No events of streams that are not this session's.
  for (const char *event : {"1", "0-0", "99999-1", "../../etc", "\xc3\xa4"}) {
    CHECK(daemon.status(http_request(
              "GET", "/mcp",
              {session[0], {"Accept", "text/event-stream"}, {"Last-Event-ID", event}})) == 400);
  }
}

TEST_CASE("a session belongs to its token, and the token stands in one header") {
  const HttpDaemon daemon(offline({{"HTTP_TOKEN", kToken}}));
  const HttpFields::value_type bearer = {"Authorization", std::string("Bearer ") + kToken};
  const auto opened = daemon.ask(
      http_post({bearer}, HttpDaemon::message("initialize", {{"protocolVersion", "2025-11-25"},
                                                             {"capabilities", Json::object()}})));
  const HttpFields::value_type session = {"Mcp-Session-Id", opened.fields.at("mcp-session-id")};
  const std::string list = HttpDaemon::message("tools/list", Json::object());
  CHECK(daemon.status(http_post({bearer, session}, list)) == 200);
  CHECK(daemon.status(http_post({session}, list)) == 401);
  const auto stolen =
      daemon.ask(http_post({session, {"Authorization", "Bearer a-token-of-somebody-else"}}, list));
  CHECK(stolen.status == 401);
  CHECK(holds(stolen.fields.at("www-authenticate"), "error=\"invalid_token\""));
  CHECK_FALSE(holds(stolen.body, "session"));
  CHECK(daemon.status(http_request("DELETE", "/mcp", {session})) == 401);
  for (const std::string &target :
       {std::string("/mcp?access_token=") + kToken, std::string("/mcp?token=") + kToken}) {
    CHECK(daemon.status(http_request(
              "POST", target, {{"Content-Type", "application/json"}, {"Content-Length", "0"}})) ==
          401);
  }
  CHECK(daemon.status(http_post({{"Authorization", std::string("Basic ") + kToken}}, list)) == 401);
  CHECK(daemon.status(http_post({{"Authorization", "Bearer"}}, list)) == 400);
  CHECK(daemon.status(
            http_post({{"Authorization", std::string("Bearer ") + kToken + " x"}}, list)) == 400);
  // There is no authorization server, and nothing says that there is one.
  CHECK(daemon.status(http_request("GET", "/.well-known/oauth-protected-resource/mcp", {})) == 404);
  CHECK(daemon.status(http_post({bearer, session}, list)) == 200);
}

TEST_CASE("methods of HTTP that the endpoint has no use for say which it has") {
  const HttpDaemon daemon(offline());
  for (const char *method : {"HEAD", "PUT", "PATCH", "TRACE", "CONNECT", "FROB"}) {
    HttpConnection http(daemon.port);
    http.send(http_request(method, "/mcp", {}));
    const auto answer = http.head();
    CHECK(answer.status == 405);
    CHECK(answer.fields.at("allow") == "POST, GET, DELETE");
  }
  const auto options = daemon.ask(http_request("OPTIONS", "/mcp", {}));
  CHECK(options.status == 204);
  CHECK(options.fields.count("access-control-allow-origin") == 0);
  HttpConnection head(daemon.port);
  head.send(http_request("HEAD", "/livez", {}) + http_request("GET", "/livez", {}));
  CHECK(head.head().status == 200);
  CHECK(head.response().body == "ok\n"); // nothing of a body stood between the two
}
