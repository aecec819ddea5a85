#include "core/mcp/era.hpp"
#include "tests/support/catch.hpp"

using namespace mre;
using namespace mre::mcp;

namespace {

RequestMessage request(const std::string &method, Json params = {}) {
  return {1, method, std::move(params)};
}

Json claim(const std::string &key) {
  return {{"_meta", {{meta_name(key), "x"}}}};
}

} // namespace

TEST_CASE("the era is what the message claims, not where it comes from") {
  CHECK(classify(request("tools/list"), false) == Era::handshake);
  CHECK(classify(request("tools/list", claim("protocolVersion")), false) == Era::stateless);
  CHECK(classify(request("initialize", claim("protocolVersion")), false) == Era::stateless);
  CHECK(classify(request("initialize"), true) == Era::handshake);
  CHECK(classify(request("server/discover"), false) == Era::stateless);
  CHECK(classify(request("tools/list"), true) == Era::stateless);
}

TEST_CASE("a request that forgot only its version is told so") {
  CHECK(classify(request("tools/list", claim("clientCapabilities")), false) == Era::stateless);
  CHECK(classify(request("tools/list", claim("related-task")), false) == Era::handshake);
}

TEST_CASE("the handshake never chooses the version without one") {
  CHECK(negotiate_version("2025-06-18") == "2025-06-18");
  CHECK(negotiate_version("2025-11-25") == "2025-11-25");
  CHECK(negotiate_version("2026-07-28") == "2025-11-25");
  CHECK(negotiate_version("") == "2025-11-25");
}

TEST_CASE("log severities are ordered as their words are") {
  CHECK(parse_log_severity("debug") == tools::LogSeverity::debug);
  CHECK(parse_log_severity("emergency") == tools::LogSeverity::emergency);
  CHECK_FALSE(parse_log_severity("DEBUG").has_value());
  CHECK(mcp::to_word(tools::LogSeverity::warning) == "warning");
}
