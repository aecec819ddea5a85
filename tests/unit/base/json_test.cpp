#include "core/base/json.hpp"
#include "tests/support/catch.hpp"

using namespace mre;

TEST_CASE("JSON nested to the cap is parsed and one level more is refused by name") {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(parse_json(nested(64)).has_value());
  const auto refused = parse_json(nested(65));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message == "nested deeper than 64 levels");
}

TEST_CASE("a million opening brackets are refused without exhausting the stack") {
  CHECK_FALSE(parse_json(std::string(1'000'000, '[')).has_value());
}

TEST_CASE("a tree of more values than memory is set aside for is refused by name") {
  const auto list = [](std::size_t values) { // the list is one of them
    std::string text = "[0";
    for (std::size_t i = 2; i < values; ++i) {
      text += ",0";
    }
    return text + "]";
  };
  CHECK(parse_json(list(250000)).has_value());
  const auto refused = parse_json(list(250001));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message == "made of more than 250000 values");
}

TEST_CASE("integers beyond 64 bits are refused, not rounded") {
  CHECK(parse_json("18446744073709551615").has_value());
  CHECK_FALSE(parse_json("18446744073709551616").has_value());
  CHECK_FALSE(parse_json("{\"id\":-9223372036854775809}").has_value());
  CHECK(parse_json("1e30").has_value());
}

TEST_CASE("the last of two equal keys wins and nothing of the first stays") {
  const auto parsed = parse_json(R"({"a":{"x":1},"a":{"y":2}})");
  REQUIRE(parsed.has_value());
  CHECK(dump_json(*parsed) == R"({"a":{"y":2}})");
}

TEST_CASE("trailing text, a NUL byte and invalid UTF-8 are not JSON") {
  CHECK_FALSE(parse_json("{} {}").has_value());
  CHECK_FALSE(parse_json(std::string_view("{\"a\":\"\0\"}", 9)).has_value());
  CHECK_FALSE(parse_json("\"\xFF\"").has_value());
  CHECK_FALSE(parse_json("").has_value());
}

TEST_CASE("dumping invalid UTF-8 gives replacement characters instead of a failure") {
  CHECK(dump_json(Json("a\xFF"
                       "b")) == "\"a\xEF\xBF\xBD"
                                "b\"");
}

TEST_CASE("minifying keeps key order and the white space inside strings") {
  CHECK(minify_json("{ \"b\" : \"x \\\" y\",\n \"a\": [1, 2] }") == R"({"b":"x \" y","a":[1,2]})");
}
