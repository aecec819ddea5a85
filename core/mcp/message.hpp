// One JSON-RPC message: its shape, and nothing about its meaning.
//
// Promise: parse_message() turns any bytes into a message or into the error to answer with; never
// throws. An id is kept with its exact type. An error carries the id when it could be read, and
// none otherwise (MCP refuses null). Threads: values.
#pragma once

#include "core/base/json.hpp"
#include "core/tools/call_context.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace mre::mcp {

// JSON-RPC's own codes and those of MCP (facts: MCP schema, error codes).
namespace code {
inline constexpr int kParse = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kInternal = -32603;
inline constexpr int kResourceNotFound = -32002; // handshake era only
inline constexpr int kHeaderMismatch = -32020;   // stateless era only, as are the next two
inline constexpr int kMissingCapability = -32021;
inline constexpr int kUnsupportedVersion = -32022;
} // namespace code

struct RequestMessage {
  Json id; // string or integer
  std::string method;
  Json params; // null when absent; not checked to be an object
};

struct NotificationMessage {
  std::string method;
  Json params;
};

// The client's answer to a request of ours.
struct ResponseMessage {
  Json id;
  std::optional<Json> result;
  std::optional<Json> error;
};

struct MalformedMessage {
  std::optional<Json> id;
  tools::ProtocolError error;
};

using Message =
    std::variant<RequestMessage, NotificationMessage, ResponseMessage, MalformedMessage>;

Message parse_message(std::string_view text);

// True for a string or an integer: what MCP allows as id and as progress token.
bool is_id(const Json &value);
// Text that differs exactly when ids differ: 7 is not "7".
std::string id_key(const Json &id);

} // namespace mre::mcp
