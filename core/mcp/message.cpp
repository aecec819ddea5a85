#include "core/mcp/message.hpp"

#include "core/guard/limits.hpp"

#include <utility>

namespace mre::mcp {
namespace {

MalformedMessage refuse(int error_code, std::string message, const Json *id = nullptr) {
  MalformedMessage malformed{std::nullopt, {error_code, std::move(message), {}}};
  if (id != nullptr && is_id(*id)) {
    malformed.id = *id;
  }
  return malformed;
}

Json take_member(Json &object, const char *key) {
  const auto found = object.find(key);
  return found == object.end() ? Json() : std::move(*found);
}

Message shape_call(Json &object, const Json *id) {
  const std::string *method = find_string(object, "method");
  if (method == nullptr) {
    return refuse(code::kInvalidRequest, "'method' must be a string", id);
  }
  std::string name = *method;
  if (id == nullptr) {
    return NotificationMessage{std::move(name), take_member(object, "params")};
  }
  if (!is_id(*id)) {
    return refuse(code::kInvalidRequest, "'id' must be a string or an integer");
  }
  Json request_id = *id;
  return RequestMessage{std::move(request_id), std::move(name), take_member(object, "params")};
}

Message shape_response(Json &object, const Json *id) {
  const bool has_result = object.contains("result");
  const bool has_error = object.contains("error");
  if (!has_result && !has_error) {
    return refuse(code::kInvalidRequest, "neither 'method' nor 'result' nor 'error' is there", id);
  }
  if (id == nullptr || !is_id(*id)) {
    return refuse(code::kInvalidRequest, "a response without a usable 'id'");
  }
  ResponseMessage response{*id, std::nullopt, std::nullopt};
  if (has_error) {
    response.error = take_member(object, "error");
  } else {
    response.result = take_member(object, "result");
  }
  return response;
}

} // namespace

bool is_id(const Json &value) {
  return value.is_string() || value.is_number_integer();
}

std::string id_key(const Json &id) {
  return dump_json(id);
}

Message parse_message(std::string_view text) {
  // The parser takes a NUL for the end of its input and would not see what follows.
  if (text.find('\0') != std::string_view::npos) {
    return refuse(code::kParse, "the message holds a NUL byte");
  }
  auto parsed = parse_json(text, {.max_depth = limits::kJsonDepth});
  if (!parsed) {
    return refuse(code::kParse, "the message is " + parsed.error().message);
  }
  Json &object = *parsed;
  if (object.is_array()) {
    return refuse(code::kInvalidRequest, "batches are not part of MCP; send one message at a time");
  }
  if (!object.is_object()) {
    return refuse(code::kInvalidRequest, "a message is a JSON object");
  }
  const Json *id = find_member(object, "id");
  const std::string *version = find_string(object, "jsonrpc");
  if (version == nullptr || *version != "2.0") {
    return refuse(code::kInvalidRequest, "'jsonrpc' must be \"2.0\"", id);
  }
  return object.contains("method") ? shape_call(object, id) : shape_response(object, id);
}

} // namespace mre::mcp
