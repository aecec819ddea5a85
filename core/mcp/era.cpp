#include "core/mcp/era.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace mre::mcp {
namespace {

// In the order of tools::LogSeverity, which is that of RFC 5424 upside down.
constexpr std::array<std::string_view, 8> kSeverityWords = {
    "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"};

const Json *find_meta(const Json &params) {
  const Json *meta = find_member(params, "_meta");
  return meta != nullptr && meta->is_object() ? meta : nullptr;
}

const Json *find_in_meta(const Json &params, std::string_view name) {
  const Json *meta = find_meta(params);
  return meta == nullptr ? nullptr : find_member(*meta, meta_name(name));
}

// Any of the three identifying keys is a claim: a request that forgot one of them is told so
// instead of being taken for a client that forgot its handshake.
bool claims_stateless(const Json &params) {
  return find_in_meta(params, "protocolVersion") != nullptr ||
         find_in_meta(params, "clientCapabilities") != nullptr ||
         find_in_meta(params, "clientInfo") != nullptr;
}

tools::ProtocolError invalid_meta(std::string message) {
  return {code::kInvalidParams, std::move(message), {}};
}

std::optional<Json> read_token(const Json &params) {
  const Json *meta = find_meta(params);
  const Json *token = meta == nullptr ? nullptr : find_member(*meta, "progressToken");
  return token != nullptr && is_id(*token) ? std::optional(*token) : std::nullopt;
}

} // namespace

std::string meta_name(std::string_view name) {
  std::string full(kMetaPrefix);
  full += name;
  return full;
}

bool is_handshake_version(std::string_view version) {
  return version == "2025-06-18" || version == kNewestHandshakeVersion;
}

bool has_tasks(std::string_view handshake_version) {
  return handshake_version == "2025-11-25";
}

std::string negotiate_version(std::string_view requested) {
  return std::string(is_handshake_version(requested) ? requested : kNewestHandshakeVersion);
}

const std::vector<std::string> &stateless_versions() {
  static const std::vector<std::string> versions = {std::string(kStatelessVersion)};
  return versions;
}

Era classify(const RequestMessage &request, bool transport_claims_stateless) {
  if (claims_stateless(request.params)) {
    return Era::stateless;
  }
  if (request.method == "initialize") {
    return Era::handshake;
  }
  const bool is_stateless_only =
      request.method == "server/discover" || request.method == "subscriptions/listen";
  return is_stateless_only || transport_claims_stateless ? Era::stateless : Era::handshake;
}

const Json *claimed_version(const Json &params) {
  return find_in_meta(params, "protocolVersion");
}

RequestMeta read_handshake_meta(const Json &params) {
  RequestMeta meta;
  meta.progress_token = read_token(params);
  return meta;
}

MetaOutcome read_stateless_meta(const Json &params) {
  const Json *version = claimed_version(params);
  const std::string *text = version == nullptr ? nullptr : version->get_ptr<const std::string *>();
  const auto &supported = stateless_versions();
  if (text != nullptr && std::find(supported.begin(), supported.end(), *text) == supported.end()) {
    return tools::ProtocolError{code::kUnsupportedVersion,
                                "the protocol version '" + text->substr(0, 64) +
                                    "' cannot be chosen per request",
                                Json{{"supported", supported}, {"requested", *text}}};
  }
  if (text == nullptr) {
    return invalid_meta("params._meta needs '" + meta_name("protocolVersion") + "', a string");
  }
  const Json *capabilities = find_in_meta(params, "clientCapabilities");
  if (capabilities == nullptr || !capabilities->is_object()) {
    return invalid_meta("params._meta needs '" + meta_name("clientCapabilities") + "', an object");
  }
  RequestMeta meta;
  meta.version = *text;
  meta.client_capabilities = *capabilities;
  meta.progress_token = read_token(params);
  if (const Json *level = find_in_meta(params, "logLevel")) {
    const std::string *word = level->get_ptr<const std::string *>();
    meta.log_level = word == nullptr ? std::nullopt : parse_log_severity(*word);
    if (!meta.log_level) {
      return invalid_meta("'" + meta_name("logLevel") +
                          "' must be one of debug, info, notice, "
                          "warning, error, critical, alert, emergency");
    }
  }
  return meta;
}

std::optional<tools::LogSeverity> parse_log_severity(std::string_view word) {
  const auto found = std::find(kSeverityWords.begin(), kSeverityWords.end(), word);
  if (found == kSeverityWords.end()) {
    return std::nullopt;
  }
  return static_cast<tools::LogSeverity>(found - kSeverityWords.begin());
}

std::string_view to_word(tools::LogSeverity severity) {
  return kSeverityWords.at(static_cast<std::size_t>(severity));
}

} // namespace mre::mcp
