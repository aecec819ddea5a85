#include "plugins/http/response.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace mre_http;

namespace {

Message message(const std::string &text, bool is_last) {
  Message made;
  made.text = text;
  made.is_last = is_last;
  return made;
}

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("an answer alone is one JSON object with its own status") {
  Response response{ResponseForm{}};
  Message answer = message("{}", true);
  answer.status = 404;
  answer.session_id = "abc";
  std::string out;
  response.add(answer, out);
  CHECK(has(out, "HTTP/1.1 404 Not Found\r\n"));
  CHECK(has(out, "Content-Type: application/json\r\n"));
  CHECK(has(out, "Mcp-Session-Id: abc\r\n"));
  CHECK(has(out, "Content-Length: 2\r\n"));
  CHECK(out.substr(out.size() - 6) == "\r\n\r\n{}");
  CHECK(response.is_complete());
}

TEST_CASE("a method that this version does not have names the one it has") {
  Response response{ResponseForm{}};
  Message answer = message("{}", true);
  answer.status = 405;
  std::string out;
  response.add(answer, out);
  CHECK(has(out, "HTTP/1.1 405 Method Not Allowed\r\n"));
  CHECK(has(out, "Allow: POST\r\n"));
}

TEST_CASE("an answer without words has an empty body") {
  Response response{ResponseForm{}};
  Message answer = message("", true);
  answer.status = 202;
  std::string out;
  response.add(answer, out);
  CHECK(has(out, "HTTP/1.1 202 Accepted\r\n"));
  CHECK(has(out, "Content-Length: 0\r\n\r\n"));
  CHECK_FALSE(has(out, "Content-Type"));
}

TEST_CASE("a first message that is not the last one begins an event stream") {
  Response response{ResponseForm{}};
  std::string out;
  response.add(message(R"({"a":1})", false), out);
  CHECK(has(out, "HTTP/1.1 200 OK\r\n"));
  CHECK(has(out, "Content-Type: text/event-stream\r\n"));
  CHECK(has(out, "X-Accel-Buffering: no\r\n"));
  CHECK(has(out, "f\r\ndata: {\"a\":1}\n\n\r\n"));
  CHECK_FALSE(response.is_complete());
  out.clear();
  response.add(message("{}", true), out);
  CHECK(out == "a\r\ndata: {}\n\n\r\n0\r\n\r\n");
  CHECK(response.is_complete());
}

TEST_CASE("the event that tells a client its place has an id, a retry and no data") {
  Response response{ResponseForm{}};
  Message place = message("", false);
  place.event_id = "4.1";
  std::string out;
  response.add(place, out);
  CHECK(has(out, "id: 4.1\nretry: 1000\ndata: \n\n"));
  out.clear();
  Message next = message("{}", true);
  next.event_id = "4.2";
  response.add(next, out);
  CHECK(has(out, "id: 4.2\ndata: {}\n\n"));
}

TEST_CASE("a pause ends the response and not with a message") {
  Response response{ResponseForm{}};
  std::string out;
  response.add(message("{}", false), out);
  out.clear();
  Message pause = message("", false);
  pause.is_pause = true;
  response.add(pause, out);
  CHECK(out == "0\r\n\r\n");
  CHECK(response.is_complete());
}

TEST_CASE("a client that takes only events gets its answer as one") {
  Response response{ResponseForm{.takes_json = false, .fields = {}}};
  std::string out;
  response.add(message("{}", true), out);
  CHECK(has(out, "text/event-stream"));
  CHECK(has(out, "data: {}\n\n"));
}

TEST_CASE("to HTTP/1.0 a stream has no chunks and ends with the connection") {
  Response response{ResponseForm{.is_1_1 = false, .fields = {}}};
  std::string out;
  response.add(message("{}", false), out);
  CHECK(has(out, "Connection: close\r\n"));
  CHECK(has(out, "\r\n\r\ndata: {}\n\n"));
  CHECK_FALSE(has(out, "chunked"));
  CHECK_FALSE(response.keeps_connection());
}

TEST_CASE("a quiet stream proves itself by a comment, also before its first message") {
  Response response{ResponseForm{}};
  std::string out;
  response.add_keep_alive(out);
  CHECK(has(out, "text/event-stream"));
  CHECK(has(out, "\r\n: "));
  out.clear();
  response.add_keep_alive(out);
  CHECK(out.find("HTTP") == std::string::npos);
}

TEST_CASE("the answer to HEAD has a length and no body") {
  Response response{ResponseForm{.has_body = false, .fields = {}}};
  std::string out;
  response.add(PlainAnswer{200, "ok\n", {{"Content-Type", "text/plain"}}}, out);
  CHECK(has(out, "Content-Length: 3\r\n"));
  CHECK(out.substr(out.size() - 4) == "\r\n\r\n");
}
