// Answers and notifications as text, with what each era adds to them.
//
// Promise: a result of the stateless era carries resultType and the server's name, and the caching
// hints where they belong; one of the handshake era carries none of them. Members given as text are
// published byte for byte. Threads: pure functions.
#pragma once

#include "core/base/json.hpp"
#include "core/mcp/era.hpp"
#include "core/tools/call_context.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mre::mcp {

struct CacheHint {
  int ttl_ms = 0;
};

// The result of a request. `members` is text like `"tools":[…]` that goes in as it is; its keys are
// not in `object`.
struct Reply {
  Json object = Json::object();
  std::string members = {};
  std::string result_type = "complete";
  std::optional<CacheHint> cache = {};
};

Json server_info();

std::string render_reply(const Json &id, Era era, Reply reply);
// Without an id when it could not be read.
std::string render_failure(const std::optional<Json> &id, const tools::ProtocolError &error);
std::string render_notification(std::string_view method, const Json &params);
std::string render_request(const Json &id, std::string_view method, const Json &params);

// What the error means to an HTTP client; 200 is in-band (facts: MCP transports, streamable HTTP).
int http_status(Era era, const tools::ProtocolError &error);

} // namespace mre::mcp
