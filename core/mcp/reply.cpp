#include "core/mcp/reply.hpp"

#include <mre/version.h>

#include <utility>

namespace mre::mcp {

Json server_info() {
  return {{"name", "mcp-remote-exec"}, {"version", MRE_VERSION_STRING}};
}

std::string render_reply(const Json &id, Era era, Reply reply) {
  if (era == Era::stateless) {
    reply.object["resultType"] = reply.result_type;
    reply.object["_meta"][meta_name("serverInfo")] = server_info();
    if (reply.cache) {
      reply.object["ttlMs"] = reply.cache->ttl_ms;
      // No answer depends on who asks yet; with tokens it will, and private is right in either
      // case.
      reply.object["cacheScope"] = "private";
    }
  }
  std::string text = R"({"jsonrpc":"2.0","id":)" + dump_json(id) + R"(,"result":)";
  const std::string object = dump_json(reply.object);
  if (reply.members.empty()) {
    text += object;
  } else {
    text += "{" + reply.members;
    text += object.size() > 2 ? "," + object.substr(1) : "}";
  }
  return text + "}";
}

std::string render_failure(const std::optional<Json> &id, const tools::ProtocolError &error) {
  std::string text = R"({"jsonrpc":"2.0",)";
  if (id) {
    text += R"("id":)" + dump_json(*id) + ",";
  }
  text += R"("error":{"code":)" + std::to_string(error.code) + R"(,"message":)" +
          json_quote(error.message);
  if (!error.data.is_null()) {
    text += R"(,"data":)" + dump_json(error.data);
  }
  return text + "}}";
}

std::string render_notification(std::string_view method, const Json &params) {
  Json message = {{"jsonrpc", "2.0"}, {"method", method}};
  if (!params.is_null()) {
    message["params"] = params;
  }
  return dump_json(message);
}

std::string render_request(const Json &id, std::string_view method, const Json &params) {
  Json message = {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}};
  if (!params.is_null()) {
    message["params"] = params;
  }
  return dump_json(message);
}

int http_status(Era era, const tools::ProtocolError &error) {
  switch (error.code) {
  case code::kParse:
  case code::kInvalidRequest:
  case code::kHeaderMismatch:
  case code::kMissingCapability:
  case code::kUnsupportedVersion:
    return 400;
  case code::kMethodNotFound:
    return era == Era::stateless ? 404 : 200;
  default:
    return 200;
  }
}

} // namespace mre::mcp
