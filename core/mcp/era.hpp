// Which generation of the protocol a request belongs to, and what it says about itself.
//
// Promise: the era is a property of the message: a claim in `_meta` decides, whatever came before
// on the connection. Nothing that a stateless request says is remembered. Threads: pure functions
// over values.
#pragma once

#include "core/base/json.hpp"
#include "core/mcp/message.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mre::mcp {

enum class Era { handshake, stateless };

inline constexpr std::string_view kNewestHandshakeVersion = "2025-11-25";
inline constexpr std::string_view kStatelessVersion = "2026-07-28";

// What MCP puts in front of its own keys in `_meta`.
inline constexpr std::string_view kMetaPrefix = "io.modelcontextprotocol/";
std::string meta_name(std::string_view name);

// The answer to the version an `initialize` asks for: the same when served, else the newest with a
// handshake.
std::string negotiate_version(std::string_view requested);
bool is_handshake_version(std::string_view version);
// The revision with tasks of its own; in the stateless era they are an extension.
bool has_tasks(std::string_view handshake_version);
// Versions that can be chosen per request.
const std::vector<std::string> &stateless_versions();

// `transport_claims_stateless`: a header outside the message names a version without a handshake.
Era classify(const RequestMessage &request, bool transport_claims_stateless);

// What `_meta` of one request holds. In the handshake era only the token is read from it.
struct RequestMeta {
  std::string version;
  Json client_capabilities = Json::object();
  std::optional<tools::LogSeverity> log_level;
  std::optional<Json> progress_token;
};

// Steps 9 and 10 of the ladder: an unsupported version, then what is missing or wrong.
using MetaOutcome = std::variant<RequestMeta, tools::ProtocolError>;
MetaOutcome read_stateless_meta(const Json &params);
RequestMeta read_handshake_meta(const Json &params);
// The version claim as it stands there; null when there is none.
const Json *claimed_version(const Json &params);

std::optional<tools::LogSeverity> parse_log_severity(std::string_view word);
std::string_view to_word(tools::LogSeverity severity);

} // namespace mre::mcp
