#include "core/mcp/message.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace mre;
using namespace mre::mcp;

TEST_CASE("ids that look alike and differ in type have different keys") {
  CHECK(id_key(7) != id_key("7"));
  CHECK(id_key(7) == id_key(7U));
  CHECK(id_key("a\"b") != id_key("a\\\"b"));
}

TEST_CASE("only strings and integers are ids") {
  CHECK(is_id("x"));
  CHECK(is_id(-1));
  CHECK_FALSE(is_id(nullptr));
  CHECK_FALSE(is_id(1.0));
  CHECK_FALSE(is_id(true));
  CHECK_FALSE(is_id(Json::array()));
}

TEST_CASE("invalid UTF-8 is an error without an id") {
  const auto message = parse_message("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}");
  const auto *malformed = std::get_if<MalformedMessage>(&message);
  REQUIRE(malformed != nullptr);
  CHECK(malformed->error.code == code::kParse);
  CHECK_FALSE(malformed->id.has_value());
}

TEST_CASE("what stands behind a NUL byte is not overlooked") {
  const std::string text("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\0{", 43);
  CHECK(std::holds_alternative<MalformedMessage>(parse_message(text)));
}

TEST_CASE("an error of the client wins over a result beside it") {
  const auto message =
      parse_message(R"({"jsonrpc":"2.0","id":"a","result":{},"error":{"code":1,"message":"no"}})");
  const auto *response = std::get_if<ResponseMessage>(&message);
  REQUIRE(response != nullptr);
  CHECK(response->error.has_value());
  CHECK_FALSE(response->result.has_value());
}
