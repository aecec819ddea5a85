#include "core/tools/json_schema.hpp"
#include "core/tools/schema_uri.hpp"
#include "tests/support/catch.hpp"

using namespace mre;
using tools::JsonSchema;
using tools::schema::resolve_uri;

namespace {

bool fits(const std::string &schema, const std::string &value) {
  const auto compiled = JsonSchema::compile(schema);
  INFO(schema);
  INFO((compiled ? "" : compiled.error().message));
  REQUIRE(compiled);
  return (*compiled)->validate(*parse_json(value)).has_value();
}

std::string refusal(const char *schema) {
  const auto compiled = JsonSchema::compile(schema);
  return compiled ? "accepted" : compiled.error().message;
}

} // namespace

TEST_CASE("a reference may be a pointer, an anchor or an id of the same document") {
  const char *pointer = R"({"$ref":"#/$defs/a~1b","$defs":{"a/b":{"type":"integer"}}})";
  CHECK(fits(pointer, "1"));
  CHECK(!fits(pointer, "\"x\""));
  const char *percent = R"({"$ref":"#/$defs/a%25b","$defs":{"a%b":{"type":"integer"}}})";
  CHECK(!fits(percent, "\"x\""));
  const char *anchor = R"({"$ref":"#here","$defs":{"x":{"$anchor":"here","type":"integer"}}})";
  CHECK(!fits(anchor, "\"x\""));
  const char *id =
      R"({"$id":"https://example.com/root","$ref":"item","$defs":{"x":{"$id":"item","type":"integer"}}})";
  CHECK(fits(id, "1"));
  CHECK(!fits(id, "\"x\""));
  const char *absolute =
      R"({"$id":"https://example.com/root","$ref":"https://example.com/root#/$defs/x","$defs":{"x":{"type":"integer"}}})";
  CHECK(!fits(absolute, "\"x\""));
}

TEST_CASE("a pointer inside an embedded resource starts at that resource") {
  const char *schema = R"({"$id":"https://example.com/root","$ref":"inner",
    "$defs":{"n":{"type":"string"},"i":{"$id":"inner","$ref":"#/$defs/n","$defs":{"n":{"type":"integer"}}}}})";
  CHECK(fits(schema, "1"));
  CHECK(!fits(schema, "\"x\""));
}

TEST_CASE("siblings of a reference count") {
  const char *schema = R"({"$ref":"#/$defs/a","maximum":5,"$defs":{"a":{"type":"integer"}}})";
  CHECK(fits(schema, "5"));
  CHECK(!fits(schema, "6"));
  CHECK(!fits(schema, "1.5"));
}

TEST_CASE("the definitions of older drafts can be referred to") {
  const char *schema =
      R"({"$ref":"#/definitions/a","definitions":{"a":{"items":{"$ref":"#/definitions/b"}},"b":{"type":"integer"}}})";
  CHECK(fits(schema, "[1]"));
  CHECK(!fits(schema, "[\"x\"]"));
}

TEST_CASE("what refers outside or to nothing is refused") {
  CHECK(refusal(R"({"$ref":"https://example.com/other"})")
            .find("/$ref: 'https://example.com/other' refers outside") == 0);
  CHECK(refusal(R"({"properties":{"a":{"$ref":"file.json"}}})").find("/properties/a/$ref:") == 0);
  CHECK(refusal(R"({"$ref":"#/$defs/nothing"})").find("/$ref: there is nothing at") == 0);
  CHECK(refusal(R"({"$ref":"#nowhere"})").find("/$ref: there is no anchor") == 0);
  CHECK(refusal(R"({"$ref":"#/$defs/a/minimum","$defs":{"a":{"minimum":1}}})")
            .find("/$defs/a/minimum:") == 0);
  CHECK(refusal(R"({"$defs":{"a":{"$id":"x:1"},"b":{"$id":"x:1"}}})").find("$id: the same $id") !=
        std::string::npos);
  CHECK(refusal(R"({"$defs":{"a":{"$anchor":"x"},"b":{"$anchor":"x"}}})").find("appears twice") !=
        std::string::npos);
}

TEST_CASE("references that lead in a circle without going into the value are refused") {
  CHECK(refusal(R"({"$ref":"#"})").find("circle") != std::string::npos);
  CHECK(refusal(
            R"({"$defs":{"a":{"allOf":[{"$ref":"#/$defs/b"}]},"b":{"not":{"$ref":"#/$defs/a"}}}})")
            .find("circle") != std::string::npos);
  CHECK(refusal(R"({"properties":{"next":{"$ref":"#"}}})") == "accepted");
}

TEST_CASE("a dynamic reference finds the outermost anchor of its name") {
  // The example of a tree that is extended: every node must follow the stricter root.
  const std::string strict =
      R"({"$id":"https://example.com/strict","$dynamicAnchor":"node","$ref":"tree","unevaluatedProperties":false,
    "$defs":{"tree":{"$id":"https://example.com/tree","$dynamicAnchor":"node","type":"object",
      "properties":{"data":true,"children":{"type":"array","items":{"$dynamicRef":"#node"}}}}}})";
  CHECK(fits(strict, R"({"children":[{"data":1}]})"));
  CHECK(!fits(strict, R"({"children":[{"daat":1}]})"));
  const std::string loose = R"({"$id":"https://example.com/loose","$ref":"tree",
    "$defs":{"tree":{"$id":"https://example.com/tree","$dynamicAnchor":"node","type":"object",
      "properties":{"data":true,"children":{"type":"array","items":{"$dynamicRef":"#node"}}}}}})";
  CHECK(fits(loose, R"({"children":[{"daat":1}]})"));
  CHECK(!fits(loose, R"({"children":[1]})"));
}

TEST_CASE("a dynamic reference to an ordinary anchor is an ordinary reference") {
  const char *schema =
      R"({"items":{"$dynamicRef":"#x"},"$defs":{"d":{"$anchor":"x","type":"integer"}}})";
  CHECK(fits(schema, "[1]"));
  CHECK(!fits(schema, "[\"x\"]"));
}

TEST_CASE("URI references resolve as RFC 3986 section 5.4 says") {
  const char *base = "http://a/b/c/d;p?q";
  const std::vector<std::pair<const char *, const char *>> cases = {{"g:h", "g:h"},
                                                                    {"g", "http://a/b/c/g"},
                                                                    {"./g", "http://a/b/c/g"},
                                                                    {"g/", "http://a/b/c/g/"},
                                                                    {"/g", "http://a/g"},
                                                                    {"//g", "http://g"},
                                                                    {"?y", "http://a/b/c/d;p?y"},
                                                                    {"g?y", "http://a/b/c/g?y"},
                                                                    {"", "http://a/b/c/d;p?q"},
                                                                    {".", "http://a/b/c/"},
                                                                    {"./", "http://a/b/c/"},
                                                                    {"..", "http://a/b/"},
                                                                    {"../g", "http://a/b/g"},
                                                                    {"../..", "http://a/"},
                                                                    {"../../g", "http://a/g"},
                                                                    {"../../../g", "http://a/g"},
                                                                    {"/./g", "http://a/g"},
                                                                    {"/../g", "http://a/g"},
                                                                    {"g.", "http://a/b/c/g."},
                                                                    {"..g", "http://a/b/c/..g"},
                                                                    {"./../g", "http://a/b/g"},
                                                                    {"./g/.", "http://a/b/c/g/"},
                                                                    {"g/./h", "http://a/b/c/g/h"},
                                                                    {"g/../h", "http://a/b/c/h"}};
  for (const auto &[reference, expected] : cases) {
    INFO(reference);
    CHECK(resolve_uri(base, reference) == expected);
  }
}
