#include "plugins/http/request_head.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace mre_http;

namespace {

int status_of(const std::string &head) {
  const auto parsed = parse_head(head);
  const auto *bad = std::get_if<BadRequest>(&parsed);
  return bad == nullptr ? 200 : bad->status;
}

RequestHead good(const std::string &head) {
  auto parsed = parse_head(head);
  REQUIRE(std::holds_alternative<RequestHead>(parsed));
  return std::get<RequestHead>(parsed);
}

std::string with(const std::string &fields) {
  return "POST /mcp HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}

} // namespace

TEST_CASE("a head is taken apart, names without case and values without blanks around them") {
  const RequestHead head =
      good("POST /mcp?a=b&c HTTP/1.1\r\nHost: h:1\r\nX-Empty:\r\nContent-Length: \t12 \r\n\r\n");
  CHECK(head.method == "POST");
  CHECK(head.path == "/mcp");
  CHECK(head.query == "a=b&c");
  CHECK(*head.find("hOST") == "h:1");
  CHECK(head.find("x-empty")->empty());
  CHECK(head.content_length == 12U);
  CHECK(head.keeps_connection);
  CHECK(good("GET http://proxy.example/mcp HTTP/1.1\r\nHost: h\r\n\r\n").path == "/mcp");
}

TEST_CASE("a connection is kept by the rules of its version") {
  CHECK_FALSE(good(with("Connection: Close\r\n")).keeps_connection);
  CHECK_FALSE(good("GET / HTTP/1.0\r\n\r\n").keeps_connection);
  CHECK(good("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keeps_connection);
}

TEST_CASE("what two parsers could read differently is refused") {
  for (const char *head : {
           "",
           "\r\n",
           "POST /mcp\r\n\r\n",
           "POST  /mcp HTTP/1.1\r\nHost: h\r\n\r\n",
           "POST /a b HTTP/1.1\r\nHost: h\r\n\r\n",
           "PO ST /mcp HTTP/1.1\r\nHost: h\r\n\r\n",
           "P@ST /mcp HTTP/1.1\r\nHost: h\r\n\r\n",
           "POST mcp HTTP/1.1\r\nHost: h\r\n\r\n",
           "POST /mcp http/1.1\r\nHost: h\r\n\r\n",
           "POST /mcp HTTP/1.1\r\n\r\n",
           "POST /mcp HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n",
       }) {
    CHECK(status_of(head) == 400);
  }
  for (const char *fields : {
           "NoColon\r\n",
           "Space : x\r\n",
           ": x\r\n",
           " Folded: x\r\n",
           "A: x\r\n folded\r\n",
           "A: x\ny: z\r\n",
           "A: x\ry\r\n",
           "A: \x01\r\n",
           "A: \x7f\r\n",
           "Content-Length: 1\r\nContent-Length: 1\r\n",
           "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
           "Content-Length: +1\r\n",
           "Content-Length: 1,1\r\n",
           "Content-Length: -1\r\n",
           "Content-Length:\r\n",
           "Content-Length: 99999999999999999999\r\n",
           "Content-Length: 0x1\r\n",
           "Authorization: Bearer a\r\nauthorization: Bearer b\r\n",
           "Origin: http://a\r\nOrigin: http://b\r\n",
           "Mcp-Session-Id: a\r\nMcp-Session-Id: b\r\n",
       }) {
    CHECK(status_of(with(fields)) == 400);
  }
  CHECK(status_of(with(std::string("A: x\0y\r\n", 8))) == 400);
}

TEST_CASE("what is not served has its own status") {
  CHECK(status_of("GET / HTTP/2.0\r\nHost: h\r\n\r\n") == 505);
  CHECK(status_of(with("Transfer-Encoding: gzip, chunked\r\n")) == 501);
  CHECK(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 501);
  CHECK(status_of(with("Expect: a-miracle\r\n")) == 417);
  std::string many;
  for (int i = 0; i < 101; ++i) {
    many += "A: x\r\n";
  }
  CHECK(status_of(with(many)) == 431);
}

TEST_CASE("the end of a head is its empty line") {
  CHECK(find_head_end("GET / HTTP/1.1\r\n\r\nbody") == 18);
  CHECK(find_head_end("GET / HTTP/1.1\r\n\r") == std::string::npos);
  CHECK(find_head_end("GET / HTTP/1.1\n\n") == std::string::npos);
}
