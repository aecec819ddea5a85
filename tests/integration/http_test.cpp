// Streamable HTTP over loopback sockets: both generations on one endpoint, hostile bytes, clients
// that leave, and a server that goes on as if nothing had happened.
#include "tests/integration/http_bench.hpp"

#include <csignal>
#include <fstream>
#include <list>

using namespace mre;
using namespace mre::testing;

TEST_CASE("one endpoint serves both generations, also on one connection") {
  const HttpDaemon daemon(offline());
  HttpConnection http(daemon.port);
  http.send(modern_post("server/discover"));
  auto answer = http.response();
  CHECK(answer.status == 200);
  CHECK(answer.json().at("result").at("supportedVersions") == Json::array({"2026-07-28"}));
  CHECK(answer.fields.count("mcp-session-id") == 0);
  http.send(http_post({}, HttpDaemon::message("initialize", {{"protocolVersion", "2025-06-18"},
                                                             {"capabilities", Json::object()}})));
  answer = http.response();
  CHECK(answer.json().at("result").at("protocolVersion") == "2025-06-18");
  const HttpFields session = {{"Mcp-Session-Id", answer.fields.at("mcp-session-id")}};
  http.send(http_post(session, R"({"jsonrpc":"2.0","method":"notifications/initialized"})"));
  CHECK(http.response().status == 202);
  http.send(http_post(session, HttpDaemon::message("tools/list", Json::object())));
  const Json listed = http.response().json().at("result");
  CHECK_FALSE(listed.contains("resultType"));
  http.send(modern_post("tools/list", Json::object(), session));
  CHECK(http.response().json().at("result").at("tools") == listed.at("tools"));
  http.send(http_request("DELETE", "/mcp", session));
  CHECK(http.response().status == 204);
  http.send(http_post(session, HttpDaemon::message("ping", Json::object())));
  CHECK(http.response().status == 404);
}

TEST_CASE("every way to be wrong has its status, and the next client is served") {
  const HttpDaemon daemon(offline({{"HTTP_TOKEN", kToken}}));
  const HttpFields bearer = {{"Authorization", std::string("Bearer ") + kToken}};
  const auto with = [&](HttpFields more) {
    more.insert(more.begin(), bearer.begin(), bearer.end());
    return more;
  };
  CHECK(daemon.status(modern_post("tools/list")) == 401);
  CHECK(holds(daemon.ask(modern_post("tools/list")).fields.at("www-authenticate"), "Bearer"));
  CHECK(daemon.status(
            modern_post("tools/list", Json::object(), {{"Authorization", "Bearer wrong"}})) == 401);
  CHECK(daemon.status(http_request("GET", std::string("/mcp?access_token=") + kToken, {})) == 401);
  CHECK(daemon.status(modern_post("tools/list", Json::object(), bearer)) == 200);
  CHECK(daemon.status(modern_post("tools/list", Json::object(),
                                  with({{"Host", "evil.example.com"}}))) == 403);
  CHECK(daemon.status(modern_post("tools/list", Json::object(),
                                  with({{"Origin", "http://evil.example.com"}}))) == 403);
  CHECK(daemon.status(http_request("PUT", "/mcp", bearer)) == 405);
  CHECK(daemon.status(http_request("POST", "/other", bearer)) == 404);
  CHECK(daemon.status(http_request("POST", "/mcp", with({{"Content-Type", "application/json"}}))) ==
        411);
  CHECK(daemon.status(http_post(with({{"Content-Type", "text/plain"}}), "{}")) == 415);
  CHECK(daemon.status(http_post(with({{"Accept", "text/html"}}), "{}")) == 406);
  CHECK(daemon.status(http_post(with({{"Content-Length", "17000000"}}), "")) == 413);
  CHECK(daemon.status(http_post(with({{"Content-Length", "many"}}), "")) == 400);
  CHECK(daemon.status("POST /mcp HTTP/9.9\r\nHost: h\r\n\r\n") == 505);
  CHECK(daemon.status("GET /mcp HTTP/1.1\r\n\r\n") == 400);
  CHECK(daemon.status("\x16\x03\x01\x02 what\r\n\r\n") == 400);
  CHECK(daemon.status("GET / HTTP/1.1\r\nA: " + std::string(40000, 'x')) == 431);
  CHECK(daemon.status(http_post(bearer, "{")) == 400);
  CHECK(daemon.status(http_post(bearer, "[]")) == 400);
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  CHECK(daemon.ask(http_post(bearer, deep)).json().at("error").at("code") == -32700);
  CHECK(daemon.status(modern_post("no/such", Json::object(), bearer)) == 404);
  CHECK(daemon.status(modern_post("tools/list", Json::object(), with({{"Mcp-Method", "x"}}))) ==
        400);
  CHECK(daemon.status(http_post(bearer, HttpDaemon::message("ping", Json::object()))) == 400);
  CHECK(daemon.status(http_request("GET", "/livez", {{"Host", "anything"}})) == 200);
  CHECK(daemon.status(http_request("GET", "/readyz", {})) == 200);
  CHECK(daemon.status(modern_post("tools/list", Json::object(), bearer)) == 200);
  CHECK_FALSE(holds(daemon.process.error_output(), kToken));
}

TEST_CASE("an address that others reach is refused without a token") {
  const auto ran = run_server({.environment = offline({{"HTTP_HOST", "0.0.0.0"}})});
  CHECK(ran.exit_code() == 2);
  CHECK(holds(ran.error, "HTTP_TOKEN"));
}

TEST_CASE("a port that is taken stops the start with its reason") {
  const HttpDaemon daemon(offline());
  const auto ran =
      run_server({.environment = offline({{"HTTP_PORT", std::to_string(daemon.port)}})});
  CHECK(ran.exit_code() == 2);
  CHECK(holds(ran.error, "cannot listen on 127.0.0.1 port " + std::to_string(daemon.port)));
}

TEST_CASE("tools with local paths are for clients of HTTP when TRANSFER_ROOT confines them") {
  const auto tools = [](const HttpDaemon &daemon) {
    return daemon.ask(modern_post("tools/list")).body;
  };
  const HttpDaemon open(offline());
  CHECK_FALSE(holds(tools(open), "ssh_upload_file"));
  CHECK(holds(tools(open), "ssh_write_file"));
  const auto refused = open.ask(modern_post(
      "tools/call", {{"name", "ssh_upload_file"},
                     {"arguments", {{"local_path", "/etc/passwd"}, {"remote_path", "/tmp/x"}}}}));
  CHECK(refused.json().at("error").at("code") == -32602);
  CHECK(holds(refused.body, "TRANSFER_ROOT"));
  const TemporaryFolder folder;
  const HttpDaemon confined(offline({{"TRANSFER_ROOT", folder.path()}}));
  CHECK(holds(tools(confined), "ssh_upload_file"));
}

TEST_CASE("the older generation asks the person on the call's own stream") {
  const HttpDaemon daemon(
      offline({{"MRE_PLUGINS", std::string(MRE_FIXTURE_PLUGINS) + "/tiny_cpp.so"}}));
  const HttpFields session = {
      {"Mcp-Session-Id", daemon.begin_session("2025-11-25", {{"elicitation", Json::object()}})}};
  HttpConnection call(daemon.port);
  call.send(http_post(session, HttpDaemon::message("tools/call", {{"name", "confirm"}}, 5)));
  CHECK(call.head().fields.at("content-type") == "text/event-stream");
  const auto place = call.event();
  REQUIRE(place);
  CHECK(place->data.empty());
  CHECK(place->has_retry);
  const Json question = Json::parse(call.event()->data);
  CHECK(question.at("method") == "elicitation/create");
  const Json reply = {{"jsonrpc", "2.0"},
                      {"id", question.at("id")},
                      {"result", {{"action", "accept"}, {"content", {{"confirm", true}}}}}};
  CHECK(daemon.status(http_post(session, reply.dump())) == 202);
  const Json answer = Json::parse(call.event()->data);
  CHECK(answer.at("id") == 5);
  CHECK_FALSE(call.event());
}

TEST_CASE("a listener hears of changed tools at once, in both generations") {
  const TemporaryFolder folder;
  const std::string settings = folder / "env";
  const auto write = [&](const std::string &text) { std::ofstream(settings) << text; };
  write("MRE_TOOLS_DENY=ssh_read_file\n");
  HttpDaemon daemon(offline({{"MRE_ENV_FILE", settings}}));
  HttpConnection listen(daemon.port);
  listen.send(
      modern_post("subscriptions/listen", {{"notifications", {{"toolsListChanged", true}}}}));
  CHECK(listen.head().status == 200);
  CHECK(Json::parse(listen.event()->data).at("method") ==
        "notifications/subscriptions/acknowledged");
  HttpConnection get(daemon.port);
  get.send(
      http_request("GET", "/mcp",
                   {{"Mcp-Session-Id", daemon.begin_session()}, {"Accept", "text/event-stream"}}));
  CHECK(get.head().status == 200);
  CHECK(get.event()->data.empty());
  write("MRE_TOOLS_DENY=ssh_write_file\n");
  daemon.process.signal(SIGHUP);
  CHECK(Json::parse(listen.event()->data).at("method") == "notifications/tools/list_changed");
  CHECK(Json::parse(get.event()->data).at("method") == "notifications/tools/list_changed");
  daemon.process.signal(SIGTERM);
  CHECK(Json::parse(listen.event()->data).at("method") == "notifications/cancelled");
  CHECK(Json::parse(listen.event()->data).contains("result"));
  CHECK_FALSE(listen.event());
  CHECK(daemon.process.wait()->exit_code == 0);
}

TEST_CASE("a thousand requests on one connection leave nothing behind") {
  const HttpDaemon daemon(offline());
  HttpConnection http(daemon.port);
  const auto ask = [&](int times) {
    for (int i = 0; i < times; ++i) {
      http.send(modern_post("tools/list"));
      REQUIRE(http.response().status == 200);
    }
  };
  ask(100);
  const std::size_t descriptors = descriptors_of(daemon.process.pid());
  const long before = resident_kib(daemon.process.pid());
  ask(1000);
  CHECK(descriptors_of(daemon.process.pid()) == descriptors);
  // A request's answer alone is 6 KiB: one leaked each would be 6 MiB. A sanitizer keeps freed
  // memory back on purpose.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  CHECK(resident_kib(daemon.process.pid()) - before < 2048);
#else
  static_cast<void>(before);
#endif
}

TEST_CASE("idle connections make room, and half-sent requests bother nobody") {
  const HttpDaemon daemon(offline({{"HTTP_MAX_CONNECTIONS", "32"}}));
  std::list<HttpConnection> crowd;
  for (int i = 0; i < 100; ++i) {
    crowd.emplace_back(daemon.port);
    if (i % 2 == 0) {
      crowd.back().send("POST /mcp HTTP/1.1\r\nHost: loc");
    }
  }
  for (int i = 0; i < 20; ++i) {
    REQUIRE(daemon.status(modern_post("tools/list")) == 200);
  }
  CHECK(descriptors_of(daemon.process.pid()) < 80);
}

TEST_CASE("streams that may last for ever leave room for calls") {
  const HttpDaemon daemon(offline({{"HTTP_MAX_STREAMS", "3"}}));
  const std::string listen =
      modern_post("subscriptions/listen", {{"notifications", {{"toolsListChanged", true}}}});
  std::list<HttpConnection> listeners;
  for (int i = 0; i < 3; ++i) {
    listeners.emplace_back(daemon.port).send(listen);
    REQUIRE(listeners.back().head().status == 200);
  }
  const auto refused = daemon.ask(listen);
  CHECK(refused.status == 503);
  CHECK(refused.fields.count("retry-after") == 1);
  CHECK(daemon.status(modern_post("tools/list")) == 200);
  listeners.clear(); // the places are free as soon as the clients are seen to be gone
  CHECK(eventually(
      [&] {
        HttpConnection again(daemon.port);
        again.send(listen);
        return again.head().status == 200;
      },
      kPatience));
}

TEST_CASE("of two generations only the newer one's disconnect ends the remote process") {
  if (!Sshd::is_available()) {
    WARN("SKIPPED: no sshd here");
    return;
  }
  const Bench bench;
  const HttpDaemon daemon(with_http(bench));
  {
    const RemoteSleep sleep;
    HttpConnection http(daemon.port);
    http.send(modern_post("tools/call", exec_params(sleep)));
    REQUIRE(eventually([&] { return runs(sleep); }, kPatience));
    http.close();
    CHECK(eventually([&] { return !runs(sleep); }, kPatience));
  }
  const HttpFields session = {{"Mcp-Session-Id", daemon.begin_session()}};
  const TemporaryFolder folder;
  const std::string gate = folder / "gate";
  const std::string command = "until [ -e " + gate + " ]; do sleep 0.05; done; echo through";
  HttpConnection http(daemon.port);
  http.send(http_post(session, HttpDaemon::message("tools/call", exec_params(command), 9)));
  CHECK(http.head().status == 200);
  const std::string place = http.event()->id;
  http.close();
  HttpConnection back(daemon.port);
  HttpFields fields = session;
  fields.insert(fields.end(), {{"Last-Event-ID", place}, {"Accept", "text/event-stream"}});
  back.send(http_request("GET", "/mcp", fields));
  CHECK(back.head().status == 200);
  std::ofstream(gate) << "open";
  const Json answer = Json::parse(back.event()->data);
  CHECK(answer.at("id") == 9);
  CHECK(answer.at("result").at("structuredContent").at("stdout") == "through\n");
  CHECK_FALSE(back.event());
}

TEST_CASE("progress arrives while the command runs, and the answer ends the stream") {
  if (!Sshd::is_available()) {
    WARN("SKIPPED: no sshd here");
    return;
  }
  const Bench bench;
  const HttpDaemon daemon(with_http(bench));
  const TemporaryFolder folder;
  const std::string gate = folder / "gate";
  Json params =
      exec_params("echo first; until [ -e " + gate + " ]; do sleep 0.05; done; echo second");
  params["_meta"] = ServerProcess::modern_meta();
  params["_meta"]["progressToken"] = "p";
  HttpConnection http(daemon.port);
  http.send(http_post({{"MCP-Protocol-Version", "2026-07-28"},
                       {"Mcp-Method", "tools/call"},
                       {"Mcp-Name", "ssh_exec_command"}},
                      HttpDaemon::message("tools/call", params)));
  CHECK(http.head().fields.at("content-type") == "text/event-stream");
  const Json progress = Json::parse(http.event()->data);
  CHECK(progress.at("params").at("progressToken") == "p");
  std::ofstream(gate) << "open";
  Json last;
  for (auto event = http.event(); event; event = http.event()) {
    last = Json::parse(event->data);
  }
  CHECK(last.at("result").at("structuredContent").at("stdout") == "first\nsecond\n");
}
