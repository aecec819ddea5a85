// One line per rule: schema, a value that fits, a value that does not.
#include "core/tools/json_schema.hpp"
#include "tests/support/catch.hpp"

using namespace mre;
using tools::JsonSchema;

namespace {

struct Rule {
  const char *schema;
  std::vector<const char *> good;
  std::vector<const char *> bad;
};

void check(const std::vector<Rule> &rules) {
  for (const Rule &rule : rules) {
    INFO(rule.schema);
    const auto compiled = JsonSchema::compile(rule.schema);
    INFO((compiled ? "" : compiled.error().message));
    REQUIRE(compiled);
    for (const char *text : rule.good) {
      const auto outcome = (*compiled)->validate(*parse_json(text));
      INFO("good: " << text << (outcome ? "" : " but " + outcome.error().message));
      CHECK(outcome);
    }
    for (const char *text : rule.bad) {
      INFO("bad: " << text);
      const auto outcome = (*compiled)->validate(*parse_json(text));
      CHECK(!outcome);
      if (!outcome) {
        CHECK(outcome.error().code == Errc::bad_argument);
        CHECK(!outcome.error().message.empty());
      }
    }
  }
}

} // namespace

TEST_CASE("types, enum and const") {
  check({
      {"true", {"1", "null"}, {}},
      {"false", {}, {"1", "{}"}},
      {R"({"type":"integer"})",
       {"1", "1.0", "-9223372036854775808", "18446744073709551615"},
       {"1.1", "\"1\"", "true", "null"}},
      {R"({"type":"number"})", {"1", "1.5"}, {"\"1\"", "false"}},
      {R"({"type":["string","null"]})", {"\"\"", "null"}, {"0", "[]"}},
      {R"({"type":"boolean"})", {"true"}, {"0", "\"true\""}},
      {R"({"type":"object"})", {"{}"}, {"[]"}},
      {R"({"enum":[1,"a",null,{"b":[1.0]}]})",
       {"1", "1.0", "\"a\"", "null", "{\"b\":[1]}"},
       {"true", "\"A\"", "{}", "2"}},
      {R"({"const":{"a":false}})", {"{\"a\":false}"}, {"{\"a\":0}", "{}"}},
      {R"({"const":1})", {"1", "1.0"}, {"true", "\"1\""}},
  });
}

TEST_CASE("numbers") {
  check({
      {R"({"minimum":1.5})", {"1.5", "2", "\"x\""}, {"1"}},
      {R"({"maximum":3})", {"3", "-1"}, {"3.01"}},
      {R"({"exclusiveMinimum":1,"exclusiveMaximum":2})", {"1.5"}, {"1", "2"}},
      {R"({"minimum":18446744073709551615})",
       {"18446744073709551615"},
       {"18446744073709551614", "-1"}},
      {R"({"maximum":-1})", {"-1"}, {"18446744073709551615", "0"}},
      {R"({"multipleOf":0.0001})", {"0.0075"}, {"0.00751"}},
      {R"({"multipleOf":2})", {"4", "0", "4.0"}, {"7"}},
      {R"({"multipleOf":0.123456789})", {}, {"1e308"}},
      {R"({"exclusiveMinimum":0})", {"0.1"}, {"0"}},
  });
}

TEST_CASE("strings count characters, not bytes") {
  check({
      {R"({"minLength":2,"maxLength":3})",
       {"\"ab\"", "\"äöü\"", "\"😀😀\"", "7"},
       {"\"a\"", "\"abcd\"", "\"😀\""}},
      {R"({"pattern":"b+"})", {"\"abba\"", "1"}, {"\"aca\""}},
      {R"({"pattern":"^\\d{3}$"})", {"\"123\""}, {"\"1234\""}},
      {R"({"pattern":"^\\p{Lu}"})", {"\"Ä\""}, {"\"ä\""}},
      {R"({"format":"email"})", {"\"not an address\""}, {}},
      {R"({"maxLength":2.0})", {"\"ab\""}, {"\"abc\""}},
  });
}

TEST_CASE("arrays") {
  check({
      {R"({"minItems":1,"maxItems":2})", {"[1]", "[1,2]", "{}"}, {"[]", "[1,2,3]"}},
      {R"({"uniqueItems":true})",
       {"[1,2]", "[true,1]", "[[1],[2]]", "[{\"a\":1},{\"a\":2}]"},
       {"[1,1.0]", "[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]", "[null,null]"}},
      {R"({"prefixItems":[{"type":"integer"},{"type":"string"}]})",
       {"[]", "[1]", "[1,\"a\",null]"},
       {"[\"a\"]", "[1,2]"}},
      {R"({"prefixItems":[true],"items":false})", {"[1]"}, {"[1,2]"}},
      {R"({"items":{"type":"integer"}})", {"[1,2]"}, {"[1,\"2\"]"}},
      {R"({"contains":{"const":1}})", {"[2,1]"}, {"[]", "[2]"}},
      {R"({"contains":{"const":1},"minContains":2,"maxContains":3})",
       {"[1,1]", "[1,2,1,1]"},
       {"[1]", "[1,1,1,1]"}},
      {R"({"contains":{"const":1},"minContains":0})", {"[]", "[2]"}, {}},
  });
}

TEST_CASE("objects") {
  check({
      {R"({"properties":{"a":{"type":"integer"}},"required":["a"]})",
       {"{\"a\":1,\"b\":2}", "[]"},
       {"{}", "{\"a\":\"x\"}"}},
      {R"({"minProperties":1,"maxProperties":2})",
       {"{\"a\":1}"},
       {"{}", "{\"a\":1,\"b\":1,\"c\":1}"}},
      {R"({"patternProperties":{"^x-":{"type":"string"}},"additionalProperties":false})",
       {"{\"x-a\":\"1\"}", "{}"},
       {"{\"x-a\":1}", "{\"y\":\"\"}"}},
      {R"({"properties":{"ab":{"minLength":1}},"patternProperties":{"b":{"maxLength":2}},"additionalProperties":{"type":"null"}})",
       {"{\"ab\":\"x\",\"c\":null}"},
       {"{\"ab\":\"\"}", "{\"ab\":\"xxx\"}", "{\"c\":1}"}},
      {R"({"propertyNames":{"pattern":"^[A-Z]+$"}})", {"{\"A\":1}"}, {"{\"a\":1}"}},
      {R"({"propertyNames":false})", {"{}"}, {"{\"a\":1}"}},
      {R"({"dependentRequired":{"a":["b","c"]}})",
       {"{}", "{\"b\":1}", "{\"a\":1,\"b\":1,\"c\":1}"},
       {"{\"a\":1,\"b\":1}"}},
      {R"({"dependentSchemas":{"a":{"required":["b"]}}})",
       {"{\"b\":1}", "{\"a\":1,\"b\":1}"},
       {"{\"a\":1}"}},
  });
}

TEST_CASE("logic") {
  check({
      {R"({"allOf":[{"minimum":1},{"maximum":3}]})", {"2"}, {"0", "4"}},
      {R"({"anyOf":[{"minimum":10},{"maximum":3}]})", {"2", "11"}, {"5"}},
      {R"({"oneOf":[{"minimum":3},{"maximum":5}]})", {"2", "6"}, {"4"}},
      {R"({"not":{"type":"string"}})", {"1"}, {"\"a\""}},
      {R"({"not":{}})", {}, {"1"}},
      {R"({"if":{"minimum":10},"then":{"multipleOf":10},"else":{"multipleOf":3}})",
       {"20", "9"},
       {"15", "4"}},
      {R"({"if":{"minimum":10},"then":false})", {"5"}, {"10"}},
      {R"({"then":false,"else":false})", {"5"}, {}},
  });
}

TEST_CASE("unevaluated properties see through every applicator") {
  check({
      {R"({"allOf":[{"properties":{"a":true}}],"properties":{"b":true},"unevaluatedProperties":false})",
       {"{\"a\":1,\"b\":2}"},
       {"{\"c\":1}"}},
      {R"({"anyOf":[{"properties":{"a":{"const":1}},"required":["a"]},{"properties":{"b":true},"required":["b"]}],"unevaluatedProperties":false})",
       {"{\"a\":1}", "{\"b\":1}", "{\"a\":1,\"b\":1}"},
       {"{\"a\":2,\"b\":1}", "{\"a\":1,\"c\":1}"}},
      {R"({"if":{"properties":{"k":{"const":"x"}},"required":["k"]},"then":{"properties":{"x":true}},"else":{"properties":{"y":true}},"unevaluatedProperties":false})",
       {"{\"k\":\"x\",\"x\":1}", "{\"y\":1}"},
       {"{\"k\":\"x\",\"y\":1}", "{\"x\":1}"}},
      {R"({"not":{"not":{"properties":{"a":true}}},"unevaluatedProperties":false})",
       {"{}"},
       {"{\"a\":1}"}},
      {R"({"$ref":"#/$defs/base","properties":{"b":true},"unevaluatedProperties":false,"$defs":{"base":{"properties":{"a":true}}}})",
       {"{\"a\":1,\"b\":1}"},
       {"{\"c\":1}"}},
      {R"({"dependentSchemas":{"a":{"properties":{"b":true}}},"properties":{"a":true},"unevaluatedProperties":false})",
       {"{\"a\":1,\"b\":1}"},
       {"{\"b\":1}"}},
      {R"({"patternProperties":{"^p":true},"unevaluatedProperties":{"type":"integer"}})",
       {"{\"p\":\"x\",\"q\":1}"},
       {"{\"q\":\"x\"}"}},
      {R"({"additionalProperties":true,"unevaluatedProperties":false})", {"{\"a\":1}"}, {}},
      {R"({"properties":{"a":{"unevaluatedProperties":false,"properties":{"b":true}}},"unevaluatedProperties":false})",
       {"{\"a\":{\"b\":1}}"},
       {"{\"a\":{\"c\":1}}", "{\"b\":1}"}},
  });
}

TEST_CASE("unevaluated items") {
  check({
      {R"({"prefixItems":[true],"unevaluatedItems":false})", {"[1]"}, {"[1,2]"}},
      {R"({"allOf":[{"prefixItems":[true,true]}],"unevaluatedItems":{"type":"string"}})",
       {"[1,2,\"x\"]"},
       {"[1,2,3]"}},
      {R"({"items":true,"unevaluatedItems":false})", {"[1,2]"}, {}},
      {R"({"contains":{"type":"string"},"unevaluatedItems":{"type":"integer"}})",
       {"[1,\"a\",2]"},
       {"[1,\"a\",null]"}},
      {R"({"anyOf":[{"prefixItems":[{"const":1}]},{"prefixItems":[true,{"const":2}]}],"unevaluatedItems":false})",
       {"[1]", "[0,2]", "[1,2]"},
       {"[1,3]"}},
  });
}
