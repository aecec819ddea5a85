// Bounds, refusals and the wording of messages; what each keyword means is in
// json_schema_keywords_test.cpp.
#include "core/guard/limits.hpp"
#include "core/tools/json_schema.hpp"
#include "tests/support/catch.hpp"

using namespace mre;
using tools::JsonSchema;

namespace {

std::string message(const char *schema, const char *value) {
  const auto compiled = JsonSchema::compile(schema);
  if (!compiled) {
    return "schema: " + compiled.error().message;
  }
  const auto parsed = parse_json(value);
  if (!parsed) {
    return "value: " + parsed.error().message;
  }
  const auto outcome = (*compiled)->validate(*parsed);
  return outcome ? "fits" : outcome.error().message;
}

std::string refusal(const std::string &schema) {
  const auto compiled = JsonSchema::compile(schema);
  return compiled ? "accepted" : compiled.error().message;
}

constexpr const char *kExec = R"({"type":"object","properties":{
  "command":{"type":"string","minLength":1,"maxLength":10},"host":{"type":"string"},
  "timeout":{"type":"integer","minimum":1,"maximum":300},"format":{"enum":["text","json"]},
  "environment":{"type":"object","additionalProperties":{"type":"string"}}},
  "required":["command"],"additionalProperties":false})";

} // namespace

TEST_CASE("a violation names the place and what was expected") {
  CHECK(message(kExec, R"({"command":"ls"})") == "fits");
  CHECK(message(kExec, R"({"command":"ls","timeout":0})") ==
        "/timeout: expected an integer from 1 to 300, got 0");
  CHECK(message(kExec, R"({"command":"ls","timeout":"5"})") ==
        "/timeout: expected an integer from 1 to 300, got \"5\"");
  CHECK(message(kExec, R"({"command":"ls","timeout":1.5})") ==
        "/timeout: expected an integer from 1 to 300, got 1.5");
  CHECK(message(kExec, R"({"command":""})") ==
        "/command: expected a string of 1 to 10 characters, got an empty one");
  CHECK(message(kExec, R"({"command":"12345678901"})") ==
        "/command: expected a string of 1 to 10 characters, got 11 characters");
  CHECK(message(kExec, R"({"command":"ls","format":"xml"})") ==
        "/format: expected one of \"text\", \"json\", got \"xml\"");
  CHECK(message(kExec, R"({"command":"ls","environment":{"A/b":1}})") ==
        "/environment/A~1b: expected a string, got 1");
  CHECK(message(kExec, R"({})") ==
        "/command: required, but missing; expected a string of 1 to 10 characters");
  CHECK(message(kExec, R"([])") == "expected an object with command, got an array of 0");
}

TEST_CASE("an unknown argument is answered with the nearest, or all") {
  CHECK(message(kExec, R"({"comand":"ls"})") == "/comand: unknown argument; nearest: command");
  CHECK(message(kExec, R"({"command":"ls","zzzzzz":1})") ==
        "/zzzzzz: unknown argument; known: command, environment, format, host, timeout");
}

TEST_CASE("alternatives tell of the one that came furthest, or of all") {
  const char *schema =
      R"({"anyOf":[{"type":"object","properties":{"n":{"type":"integer"}}},{"type":"string"}]})";
  CHECK(message(schema, R"({"n":"x"})") == "/n: expected an integer, got \"x\"");
  CHECK(message(schema, "7") == "expected an object or a string, got 7");
}

TEST_CASE("a long value is not repeated in the message") {
  const std::string value = "\"" + std::string(5000, 'x') + "\"";
  CHECK(message(R"({"type":"integer"})", value.c_str()) ==
        "expected an integer, got a string of 5000 characters");
}

TEST_CASE("schemas with faults are refused with the pointer of the fault") {
  CHECK(refusal(R"({"properties":{"a":{"type":"strin"}}})")
            .find("/properties/a/type: \"strin\" is no type") == 0);
  CHECK(refusal(R"({"minLength":-1})").find("/minLength:") == 0);
  CHECK(refusal(R"({"minLength":1.5})").find("/minLength:") == 0);
  CHECK(refusal(R"({"maximum":"9"})").find("/maximum:") == 0);
  CHECK(refusal(R"({"multipleOf":0})").find("/multipleOf:") == 0);
  CHECK(refusal(R"({"required":"a"})").find("/required:") == 0);
  CHECK(refusal(R"({"required":[1]})").find("/required:") == 0);
  CHECK(refusal(R"({"enum":[]})").find("/enum:") == 0);
  CHECK(refusal(R"({"type":[]})").find("/type:") == 0);
  CHECK(refusal(R"({"items":[{}]})").find("/items:") == 0);
  CHECK(refusal(R"({"allOf":[]})").find("/allOf:") == 0);
  CHECK(refusal(R"({"allOf":[3]})").find("/allOf/0:") == 0);
  CHECK(refusal(R"({"properties":[]})").find("/properties:") == 0);
  CHECK(refusal(R"({"uniqueItems":1})").find("/uniqueItems:") == 0);
  CHECK(refusal(R"({"$anchor":"1a"})").find("/$anchor:") == 0);
  CHECK(refusal("[]").find("the schema:") == 0);
  CHECK(refusal("{").find("not valid JSON") != std::string::npos);
}

TEST_CASE("another dialect is refused, our own may be named") {
  CHECK(refusal(R"({"$schema":"http://json-schema.org/draft-07/schema#"})").find("/$schema:") == 0);
  CHECK(refusal(R"({"properties":{"a":{"$schema":"x:y"}}})").find("/properties/a/$schema:") == 0);
  CHECK(refusal(R"({"$schema":"https://json-schema.org/draft/2020-12/schema"})") == "accepted");
}

TEST_CASE("a pattern that RE2 cannot compile is refused with its reason") {
  CHECK(refusal(R"x({"pattern":"(?=a)"})x").find("/pattern: the pattern cannot be used:") == 0);
  CHECK(refusal(R"x({"patternProperties":{"(a)\\1":{}}})x").find("/patternProperties/(a)\\1:") ==
        0);
  CHECK(message(R"({"pattern":"^\\u0041$"})", "\"A\"") == "fits");
}

TEST_CASE("a pattern that would make backtracking engines run for ever is quick") {
  const std::string value = "\"" + std::string(50000, 'a') + "!\"";
  CHECK(message(R"({"pattern":"^(a+)+$"})", value.c_str()).find("expected") == 0);
}

TEST_CASE("a value that costs too many steps is given up") {
  std::string value = "[";
  for (std::size_t i = 0; i <= limits::kSchemaSteps; ++i) {
    value += i == 0 ? "1" : ",1";
  }
  value += "]";
  const auto compiled = JsonSchema::compile(R"({"items":{"type":"integer"}})");
  REQUIRE(compiled);
  const auto outcome = (*compiled)->validate(*parse_json(value));
  REQUIRE(!outcome);
  CHECK(outcome.error().code == Errc::too_large);
}

TEST_CASE("exponential alternatives end within the steps") {
  // Each level tries both branches of the next: two to the power of forty without a bound.
  std::string schema = R"({"$defs":{"d0":{"type":"null"})";
  for (int i = 1; i <= 40; ++i) {
    const std::string below = "{\"$ref\":\"#/$defs/d" + std::to_string(i - 1) + "\"}";
    schema += ",\"d" + std::to_string(i) + "\":{\"anyOf\":[" + below + "," + below + "]}";
  }
  schema += R"(},"$ref":"#/$defs/d40"})";
  const auto compiled = JsonSchema::compile(schema);
  REQUIRE(compiled);
  CHECK((*compiled)->validate(Json(1)).error().code == Errc::too_large);
  // The same under `not` must not turn into consent.
  const auto negated = JsonSchema::compile(R"({"not":)" + schema.substr(0, schema.size()) + "}");
  CHECK((!negated || !(*negated)->validate(Json(1))));
}

TEST_CASE("a recursive schema follows a deep value") {
  const auto compiled = JsonSchema::compile(R"({"type":"array","items":{"$ref":"#"}})");
  REQUIRE(compiled);
  Json deep = Json::array();
  for (int i = 0; i < 60; ++i) {
    Json outer = Json::array();
    outer.push_back(std::move(deep));
    deep = std::move(outer);
  }
  CHECK((*compiled)->validate(deep));
}

TEST_CASE("a schema beyond its size is refused") {
  CHECK(refusal("{\"description\":\"" + std::string(limits::kSchemaBytes, 'x') + "\"}")
            .find("larger") != std::string::npos);
}
