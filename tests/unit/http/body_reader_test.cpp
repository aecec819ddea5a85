#include "plugins/http/body_reader.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace mre_http;

namespace {

RequestHead chunked() {
  RequestHead head;
  head.is_chunked = true;
  return head;
}

RequestHead sized(std::uint64_t bytes) {
  RequestHead head;
  head.content_length = bytes;
  return head;
}

// Byte by byte: every border is met.
BodyReader read_all(const RequestHead &head, const std::string &bytes, std::size_t max = 100) {
  BodyReader reader(head, max);
  for (const char byte : bytes) {
    reader.take({&byte, 1});
  }
  return reader;
}

using State = BodyReader::State;

} // namespace

TEST_CASE("a body of a known length takes its bytes and leaves the next request's") {
  BodyReader reader(sized(5), 100);
  CHECK(reader.take("hel") == 3);
  CHECK(reader.state() == State::reading);
  CHECK(reader.take("loPOST /") == 2);
  CHECK(reader.state() == State::complete);
  CHECK(reader.text() == "hello");
  CHECK(BodyReader(sized(0), 100).state() == State::complete);
  CHECK(BodyReader(RequestHead(), 100).state() == State::complete);
  CHECK(BodyReader(sized(101), 100).state() == State::too_large);
}

TEST_CASE("chunks become one body, with extensions and trailers left out") {
  const std::string bytes =
      "5;name=value\r\nhello\r\n1\r\n \r\n05\r\nworld\r\n0\r\nTrailer: x\r\n\r\n";
  auto reader = read_all(chunked(), bytes);
  CHECK(reader.state() == State::complete);
  CHECK(reader.text() == "hello world");
  BodyReader at_once(chunked(), 100);
  CHECK(at_once.take(bytes + "GET /") == bytes.size());
  CHECK(at_once.text() == "hello world");
}

TEST_CASE("broken chunks are known for what they are") {
  for (const char *bytes :
       {"x\r\n", "\r\n", "5\nhello\r\n", "5\r\nhelloX\r\n", "-5\r\nhello\r\n", "0x5\r\nhello\r\n",
        "ffffffffffffffffff\r\n", "5 5\r\nhello\r\n", " 5\r\nhello\r\n", "5 \r\nhello\r\n",
        "\t5;a\r\nhello\r\n", "+5\r\nhello\r\n"}) {
    CHECK(read_all(chunked(), bytes).state() == State::broken);
  }
  CHECK(read_all(chunked(), std::string(300, '0')).state() == State::broken);
  std::string trailers = "0\r\n";
  for (int i = 0; i < 100; ++i) {
    trailers += "A: " + std::string(100, 'x') + "\r\n";
  }
  CHECK(read_all(chunked(), trailers).state() == State::broken);
}

TEST_CASE("chunks beyond the limit are refused before their bytes come") {
  auto reader = read_all(chunked(), "40\r\n" + std::string(64, 'x') + "\r\n40\r\n");
  CHECK(reader.state() == State::too_large);
  CHECK(reader.text().empty());
  CHECK(read_all(chunked(), "ffffffffffffffff\r\n").state() == State::too_large);
}
