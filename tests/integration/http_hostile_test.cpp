// Clients over HTTP that mean harm or know no better: what they get, what they cost, and that
// others do not notice.
#include "tests/integration/http_bench.hpp"
#include "tests/support/loopback.hpp"

#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <list>

using namespace mre;
using namespace mre::testing;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsTold = false; // a sanitizer keeps freed memory back on purpose
#else
constexpr bool kMemoryIsTold = true;
#endif

constexpr long kMebibyte = 1024; // of what resident_kib() counts

bool is_served(const HttpDaemon &daemon) {
  return daemon.status(modern_post("tools/list")) == 200;
}

std::string raw_post(const std::string &fields, const std::string &body) {
  return "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
         "Accept: application/json, text/event-stream\r\n" +
         fields + "\r\n" + body;
}

} // namespace

TEST_CASE("bodies that are large, deep or no JSON cost their sender an answer and nobody else") {
  const HttpDaemon daemon(offline());
  REQUIRE(is_served(daemon));
  const long before = resident_kib(daemon.process.pid());
  const std::string deep(std::size_t{4} << 20U, '[');
  const std::string open = R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":)";
  std::string wide = open + "[0";
  for (int i = 0; i < 300000; ++i) {
    wide += ",0";
  }
  for (const std::string &body : {
           deep,
           open + deep,
           open + R"({"a":")" + std::string(std::size_t{4} << 20U, 'x'),
           wide + "]}",
           wide,
           open + std::string(65, '[') + std::string(65, ']') + "}",
           std::string("\xff\xfe{}"),
           std::string("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xc3\x28\"}"),
           std::string("{\"jsonrpc\":\"2.0\"\0}", 18),
           std::string("nul"),
           std::string(),
           std::string("[]"),
           std::string("[{}]"),
           "[" + HttpDaemon::message("tools/list", Json::object()) + "]",
           std::string("1e99999"),
           std::string(R"("words")"),
           std::string(R"({"jsonrpc":"1.0","id":1,"method":"tools/list"})"),
           std::string(R"({"jsonrpc":"2.0","id":null,"method":"tools/list"})"),
           std::string(R"({"jsonrpc":"2.0","id":{},"method":"tools/list"})"),
           std::string(R"({"jsonrpc":"2.0","id":1,"method":7})"),
       }) {
    const auto answer = daemon.ask(http_post({}, body));
    CHECK(answer.status == 400);
    const int code = answer.json().at("error").at("code").get<int>();
    CHECK((code == -32700 || code == -32600));
  }
  CHECK(is_served(daemon));
  if (kMemoryIsTold) {
    // A body of 4 MiB at a time, and what the parser and the allocator keep of it.
    CHECK(resident_kib(daemon.process.pid()) - before < 48 * kMebibyte);
  }
}

TEST_CASE("media types other than JSON are refused, with their parameters JSON is JSON") {
  const HttpDaemon daemon(offline());
  for (const char *type :
       {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
        "application/json-seq", "application/jsonp", "text/json", "application", "*/*"}) {
    CHECK(daemon.status(modern_post("tools/list", Json::object(), {{"Content-Type", type}})) ==
          415);
  }
  CHECK(daemon.status(modern_post("tools/list", Json::object(), {{"Content-Type", ""}})) == 415);
  for (const char *type : {"application/json; charset=utf-8", "Application/JSON"}) {
    CHECK(daemon.status(modern_post("tools/list", Json::object(), {{"Content-Type", type}})) ==
          200);
  }
}

TEST_CASE("forged hosts and origins get 403, whatever they look like") {
  const HttpDaemon daemon(offline());
  const std::string port = std::to_string(daemon.port);
  for (const std::string host :
       {"evil.example.com", "localhost.evil.example.com", "127.0.0.1.evil.example.com",
        "127.0.0.1.nip.io", "evil.example.com:8080", "0.0.0.0", "192.0.2.1",
        "localhost@evil.example", "[::2]", "127.0.0.1:80:80", "local host"}) {
    CHECK(daemon.status(modern_post("tools/list", Json::object(), {{"Host", host}})) == 403);
  }
  for (const std::string origin :
       {"http://evil.example.com", "null", "http://localhost.evil.example.com", "file://",
        "http://127.0.0.1.evil.example.com", "http://127.0.0.1:1", "https://127.0.0.1", "127.0.0.1",
        "http://localhost@evil.example.com"}) {
    const auto answer = daemon.ask(modern_post("tools/list", Json::object(), {{"Origin", origin}}));
    CHECK(answer.status == 403);
    CHECK(answer.fields.count("access-control-allow-origin") == 0);
    CHECK_FALSE(answer.json().contains("id"));
  }
  for (const std::string host : {"127.0.0.1", "localhost", "[::1]", "LOCALHOST"}) {
    const std::string authority = host + ":" + port;
    CHECK(daemon.status(modern_post("tools/list", Json::object(),
                                    {{"Host", authority}, {"Origin", "http://" + authority}})) ==
          200);
  }
}

TEST_CASE("bytes that two servers could read differently end the connection, and nothing smuggled "
          "is served") {
  const HttpDaemon daemon(offline());
  const std::string body = HttpDaemon::message("ping", Json::object());
  const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  const std::string smuggled = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (const std::string &fields : {
           std::string("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
           std::string("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
           std::string("Transfer-Encoding: chunked, identity\r\n"),
           std::string("Transfer-Encoding: xchunked\r\n"),
           std::string("Transfer-Encoding : chunked\r\n"),
           std::string("Transfer-Encoding: \x0b"
                       "chunked\r\n"),
           length + "Content-Length: 0\r\n",
           length + length,
           std::string("Content-Length: 0, 0\r\n"),
           std::string("Content-Length: +0\r\n"),
           std::string("Content-Length: 0\r\n folded: 1\r\n"),
           std::string("Content-Length: 0\nTransfer-Encoding: chunked\r\n"),
           std::string("Content-Length: 0\r\nHost: localhost\r\n"),
       }) {
    HttpConnection http(daemon.port);
    http.send(raw_post(fields, "0\r\n\r\n" + smuggled));
    const auto answer = http.response();
    CHECK((answer.status == 400 || answer.status == 501));
    CHECK(http.is_closed());
  }
  for (const std::string chunks :
       {"-1\r\n", "0x1\r\nx\r\n", " 1\r\nx\r\n", "1 \r\nx\r\n", "1\r\nxx\r\n", "1\nx\n", "g\r\n",
        "\r\n", "00000000000000001g\r\n", "ffffffffffffffffff\r\n"}) {
    HttpConnection http(daemon.port);
    http.send(raw_post("Transfer-Encoding: chunked\r\n", chunks + smuggled));
    CHECK(http.response().status == 400);
    CHECK(http.is_closed());
  }
  HttpConnection huge(daemon.port);
  huge.send(raw_post("Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\n" + smuggled));
  CHECK(huge.response().status == 413);
  CHECK(huge.is_closed());
  CHECK(is_served(daemon));
}

TEST_CASE("chunks in every legal shape are one body") {
  const HttpDaemon daemon(offline());
  const std::string post = modern_post("tools/list");
  const std::size_t end = post.find("\r\n\r\n");
  const std::string body = post.substr(end + 4);
  std::string head = post.substr(0, end + 2);
  const std::size_t length = head.find("Content-Length");
  head.erase(length, head.find("\r\n", length) + 2 - length);
  std::string bytes = head + "Transfer-Encoding: Chunked\r\nTE: trailers\r\n\r\n";
  for (const char each : body) {
    bytes += std::string("1;ext=\"v\"\r\n") + each + "\r\n";
  }
  bytes += "000\r\nX-Trailer: 1\r\nContent-Length: 5\r\n\r\n";
  HttpConnection http(daemon.port);
  http.send(bytes + modern_post("server/discover"));
  CHECK(http.response().json().at("result").contains("tools"));
  CHECK(http.response().json().at("result").contains("supportedVersions"));
}

TEST_CASE("requests sent ahead are answered in order while others are served") {
  const HttpDaemon daemon(offline());
  constexpr int kAhead = 300;
  HttpConnection http(daemon.port);
  std::string all;
  for (int i = 0; i < kAhead; ++i) {
    Json params = {{"_meta", ServerProcess::modern_meta()}};
    all += http_post({{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", "server/discover"}},
                     HttpDaemon::message("server/discover", std::move(params), i));
  }
  http.send(all);
  CHECK(is_served(daemon));
  for (int i = 0; i < kAhead; ++i) {
    REQUIRE(http.response().json().at("id") == i);
  }
}

TEST_CASE("who asks and never reads the answers is not asked to pay by others") {
  const HttpDaemon daemon(offline());
  REQUIRE(is_served(daemon));
  const long before = resident_kib(daemon.process.pid());
  const UniqueFd deaf = connect_loopback(daemon.port);
  REQUIRE(deaf);
  timeval soon{0, 200000};
  ::setsockopt(deaf.get(), SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon);
  const std::string request = modern_post("tools/list");
  std::size_t sent = 0;
  // Until the server takes no more; each request is worth an answer twenty times its size.
  while (sent < (std::size_t{64} << 20U)) {
    const ssize_t count = ::send(deaf.get(), request.data(), request.size(), MSG_NOSIGNAL);
    if (count <= 0) {
      break;
    }
    sent += static_cast<std::size_t>(count);
    if (count < static_cast<ssize_t>(request.size())) {
      break;
    }
  }
  CHECK(sent < (std::size_t{64} << 20U));
  for (int i = 0; i < 20; ++i) {
    REQUIRE(is_served(daemon));
  }
  if (kMemoryIsTold) {
    CHECK(resident_kib(daemon.process.pid()) - before < 8 * kMebibyte);
  }
}

TEST_CASE(
    "a client that never reads its stream costs bounded memory, and its command ends with it") {
  if (!Sshd::is_available()) {
    WARN("SKIPPED: no sshd here");
    return;
  }
  const Bench bench;
  const HttpDaemon daemon(with_http(bench));
  REQUIRE(is_served(daemon));
  REQUIRE(daemon.status(modern_post("tools/call", exec_params("true"))) == 200);
  const long before = resident_kib(daemon.process.pid());
  const RemoteSleep sleep;
  Json params = exec_params("yes 0123456789012345678901234567890123456789 | head -c 60000000; " +
                            std::string(sleep));
  params["_meta"] = ServerProcess::modern_meta();
  params["_meta"]["progressToken"] = 1;
  HttpConnection deaf(daemon.port);
  deaf.send(http_post({{"MCP-Protocol-Version", "2026-07-28"},
                       {"Mcp-Method", "tools/call"},
                       {"Mcp-Name", "ssh_exec_command"}},
                      HttpDaemon::message("tools/call", params)));
  // The output is through when the sleep behind it runs: nobody waited for the deaf one.
  REQUIRE(eventually([&] { return runs(sleep); }, 2 * kPatience));
  REQUIRE(daemon.status(modern_post("tools/call", exec_params("true"))) == 200);
  if (kMemoryIsTold) {
    CHECK(resident_kib(daemon.process.pid()) - before < 16 * kMebibyte);
  }
  deaf.close();
  CHECK(eventually([&] { return !runs(sleep); }, kPatience));
}

TEST_CASE("more idle connections than there are descriptors for make room for who has a request") {
  rlimit own{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &own) == 0);
  const rlimit as_given = own;
  own.rlim_cur = std::min<rlim_t>(own.rlim_max, 4096);
  ::setrlimit(RLIMIT_NOFILE, &own);
  const std::size_t crowd = std::min<std::size_t>(2000, own.rlim_cur - 200);
  {
    ShellDaemon daemon("ulimit -n 600; ulimit -Hn 600", offline());
    CHECK(daemon.port() != 0); // it listens
    CHECK(holds(daemon.said(), "few_descriptors"));
    std::list<UniqueFd> idle;
    for (std::size_t i = 0; i < crowd; ++i) {
      idle.push_back(connect_loopback(daemon.port()));
      REQUIRE(idle.back());
      if (i % 100 == 0) {
        HttpConnection http(daemon.port());
        http.send(modern_post("tools/list"));
        REQUIRE(http.response().status == 200);
      }
    }
    CHECK(descriptors_of(daemon.process().pid()) < 450); // the others keep their share
  }
  ::setrlimit(RLIMIT_NOFILE, &as_given);
}

TEST_CASE("a full disk under the spool costs the rest of the output and nothing else") {
  if (!Sshd::is_available()) {
    WARN("SKIPPED: no sshd here");
    return;
  }
  const Bench bench;
  // A limit on the size of files stands for a disk without room: writes fail in the same way.
  ShellDaemon daemon("ulimit -f 64", with_http(bench));
  HttpConnection http(daemon.port());
  for (int turn = 0; turn < 3; ++turn) {
    http.send(modern_post("tools/call", exec_params("yes 0123456789 | head -c 3000000; exit 7")));
    const Json result = http.response().json().at("result");
    CHECK(result.at("isError") == false);
    const Json content = result.at("structuredContent");
    CHECK(content.at("outcome") == "exited");
    CHECK(content.at("exit_code") == 7);
    CHECK(content.at("stdout_bytes") == 3000000);
    CHECK(content.at("truncated") == true);
    http.send(modern_post("tools/call",
                          {{"name", "ssh_read_output"},
                           {"arguments", {{"output_id", content.at("output_id")}, {"lines", 1}}}}));
    CHECK(http.response().status == 200);
  }
  CHECK(holds(daemon.said(), "spool_failed"));
  CHECK(daemon.process().is_running());
}
