#include "core/mcp/header_checks.hpp"
#include "core/mcp/message.hpp"
#include "tests/support/catch.hpp"

using namespace mre;
using namespace mre::mcp;

namespace {

using Fields = std::vector<tools::PeerField>;

int code_of(const std::optional<tools::ProtocolError> &error) {
  return error ? error->code : 0;
}

Json schema_with(const char *type, const char *header = "Region") {
  return {{"type", "object"},
          {"properties", {{"value", {{"type", type}, {"x-mcp-header", header}}}}}};
}

int check(const Fields &fields, const Json &schema, const Json &arguments) {
  return code_of(HeaderChecks(fields).check_arguments(&schema, {{"arguments", arguments}}));
}

constexpr int kMismatch = -32020;

} // namespace

TEST_CASE("a version header makes the claim unless it names a version with a handshake") {
  for (const char *version : {"2026-07-28", "v999.0.0", "", "2025-11-25 x"}) {
    CHECK(HeaderChecks(Fields{{"mcp-protocol-version", version}}).claims_stateless());
  }
  for (const char *version : {"2025-11-25", " 2025-06-18\t", "2025-03-26", "2024-11-05"}) {
    CHECK_FALSE(HeaderChecks(Fields{{"MCP-Protocol-Version", version}}).claims_stateless());
  }
  CHECK_FALSE(HeaderChecks(Fields{}).claims_stateless());
}

TEST_CASE("the version header must be there once and say what the message says") {
  const Json claimed = "2026-07-28";
  const auto check_version = [&](const Fields &fields) {
    return code_of(HeaderChecks(fields).check_version(&claimed));
  };
  CHECK(check_version({{"MCP-Protocol-Version", "2026-07-28"}}) == 0);
  CHECK(check_version({{"MCP-PROTOCOL-VERSION", "  2026-07-28  "}}) == 0);
  CHECK(check_version({{"MCP-Protocol-Version", "v999"}}) == kMismatch);
  CHECK(check_version({}) == kMismatch);
  CHECK(check_version({{"MCP-Protocol-Version", "2026-07-28"},
                       {"mcp-protocol-version", "2026-07-28"}}) == kMismatch);
  CHECK(code_of(HeaderChecks(Fields{}).check_version(nullptr)) == 0);
}

TEST_CASE("after a handshake only the versions with one may be named, and naming none is fine") {
  CHECK_FALSE(HeaderChecks(Fields{}).check_handshake_version());
  CHECK_FALSE(
      HeaderChecks(Fields{{"mcp-protocol-version", "2025-06-18"}}).check_handshake_version());
  CHECK(code_of(HeaderChecks(Fields{{"mcp-protocol-version", "2025-03-26"}})
                    .check_handshake_version()) == -32600);
}

TEST_CASE("the method header repeats the method letter by letter, its own name in any case") {
  const auto check_method = [](const Fields &fields) {
    return code_of(HeaderChecks(fields).check_routing("tools/list", Json::object()));
  };
  CHECK(check_method({{"Mcp-Method", "tools/list"}}) == 0);
  CHECK(check_method({{"MCP-METHOD", "\ttools/list "}}) == 0);
  CHECK(check_method({{"Mcp-Method", "TOOLS/LIST"}}) == kMismatch);
  CHECK(check_method({{"Mcp-Method", "tools/call"}}) == kMismatch);
  CHECK(check_method({}) == kMismatch);
  CHECK(check_method({{"Mcp-Method", "tools/list"}, {"Mcp-Method", "tools/list"}}) == kMismatch);
}

TEST_CASE("the name header repeats what the method is about") {
  const auto check_name = [](const char *method, const Json &params, const Fields &more) {
    Fields fields = {{"Mcp-Method", method}};
    fields.insert(fields.end(), more.begin(), more.end());
    return code_of(HeaderChecks(fields).check_routing(method, params));
  };
  CHECK(check_name("tools/call", {{"name", "echo"}}, {{"Mcp-Name", " echo "}}) == 0);
  CHECK(check_name("tools/call", {{"name", "echo"}}, {{"mcp-name", "Echo"}}) == kMismatch);
  CHECK(check_name("tools/call", {{"name", "echo"}}, {}) == kMismatch);
  CHECK(check_name("prompts/get", {{"name", "p"}}, {{"Mcp-Name", "p"}}) == 0);
  CHECK(check_name("resources/read", {{"uri", "a:b"}}, {{"Mcp-Name", "a:b"}}) == 0);
  CHECK(check_name("resources/read", {{"uri", "a:b"}}, {{"Mcp-Name", "a:c"}}) == kMismatch);
  CHECK(check_name("tasks/get", {{"taskId", "t1"}}, {{"Mcp-Name", "t2"}}) == kMismatch);
  CHECK(check_name("tools/list", Json::object(), {}) == 0);
  // "ä" as UTF-8 in base64
  CHECK(check_name("tools/call", {{"name", "ä"}}, {{"Mcp-Name", "=?base64?w6Q=?="}}) == 0);
  CHECK(check_name("tools/call", {{"name", "ä"}}, {{"Mcp-Name", "=?base64?w6Q?="}}) == kMismatch);
}

TEST_CASE("a header value is decoded only between both marks, and then strictly") {
  CHECK(*decode_header_value("Hello") == "Hello");
  CHECK(*decode_header_value("SGVsbG8=") == "SGVsbG8=");
  CHECK(*decode_header_value("=?base64?SGVsbG8=?=") == "Hello");
  CHECK(*decode_header_value("=?base64?SGVsbG8=") == "=?base64?SGVsbG8=");
  CHECK(*decode_header_value("=?BASE64?SGVsbG8=?=") == "=?BASE64?SGVsbG8=?=");
  CHECK(*decode_header_value("=?base64?"
                             "?=") == "");
  CHECK_FALSE(decode_header_value("=?base64?SGVsbG8?="));   // padding
  CHECK_FALSE(decode_header_value("=?base64?SGVs bG8=?=")); // foreign character
  CHECK_FALSE(decode_header_value("=?base64?/w==?="));      // no UTF-8
}

TEST_CASE("a header repeats an argument in its own type") {
  const Json text = schema_with("string");
  CHECK(check({{"Mcp-Param-Region", "Hello"}}, text, {{"value", "Hello"}}) == 0);
  CHECK(check({{"MCP-PARAM-REGION", "=?base64?SGVsbG8=?="}}, text, {{"value", "Hello"}}) == 0);
  CHECK(check({{"Mcp-Param-Region", "hello"}}, text, {{"value", "Hello"}}) == kMismatch);
  const Json number = schema_with("integer");
  CHECK(check({{"Mcp-Param-Region", "42"}}, number, {{"value", 42}}) == 0);
  CHECK(check({{"Mcp-Param-Region", "42.0"}}, number, {{"value", 42}}) == 0);
  CHECK(check({{"Mcp-Param-Region", "43"}}, number, {{"value", 42}}) == kMismatch);
  CHECK(check({{"Mcp-Param-Region", "42x"}}, number, {{"value", 42}}) == kMismatch);
  CHECK(check({{"Mcp-Param-Region", "nan"}}, number, {{"value", 42}}) == kMismatch);
  CHECK(check({{"Mcp-Param-Region", "9007199254740992"}}, number, {{"value", 9007199254740993}}) ==
        kMismatch);
  const Json flag = schema_with("boolean");
  CHECK(check({{"Mcp-Param-Region", "true"}}, flag, {{"value", true}}) == 0);
  CHECK(check({{"Mcp-Param-Region", "1"}}, flag, {{"value", true}}) == kMismatch);
}

TEST_CASE("header and argument are there together or not at all") {
  const Json schema = schema_with("string");
  CHECK(check({}, schema, {{"value", "x"}}) == kMismatch);
  CHECK(check({{"Mcp-Param-Region", "x"}}, schema, Json::object()) == kMismatch);
  CHECK(check({{"Mcp-Param-Region", "x"}}, schema, {{"value", nullptr}}) == kMismatch);
  CHECK(check({}, schema, {{"value", nullptr}}) == 0);
  CHECK(check({}, schema, Json::object()) == 0);
  CHECK(check({{"Mcp-Param-Other", "x"}}, schema, Json::object()) == 0);
}

TEST_CASE("annotations count through properties alone, at any depth") {
  const Json nested = {{"properties", {{"outer", schema_with("string")}}}};
  CHECK(check({}, nested, {{"outer", {{"value", "x"}}}}) == kMismatch);
  CHECK(check({{"Mcp-Param-Region", "x"}}, nested, {{"outer", {{"value", "x"}}}}) == 0);
  const Json in_list = {{"properties", {{"list", {{"items", schema_with("string")}}}}}};
  CHECK(check({}, in_list, {{"list", {{{"value", "x"}}}}}) == 0);
}
