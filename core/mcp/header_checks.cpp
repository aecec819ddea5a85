#include "core/mcp/header_checks.hpp"

#include "core/base/encoding.hpp"
#include "core/base/utf8.hpp"
#include "core/guard/limits.hpp"
#include "core/mcp/era.hpp"
#include "core/mcp/message.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace mre::mcp {
namespace {

constexpr std::string_view kVersionHeader = "MCP-Protocol-Version";
constexpr std::string_view kEncodedPrefix = "=?base64?";
constexpr std::string_view kEncodedSuffix = "?=";
constexpr std::size_t kShownHeader = 128; // of a foreign value in a message

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

tools::ProtocolError mismatch(const std::string &message) {
  return {code::kHeaderMismatch, message, {}};
}

tools::ProtocolError missing_header(std::string_view name) {
  return mismatch("the header " + std::string(name) + " is required");
}

std::string in_quotes(std::string_view text) {
  return "'" + utf8::repair(text.substr(0, kShownHeader)) + "'";
}

// The member of params that Mcp-Name repeats; null for methods without a name.
const char *name_member(std::string_view method) {
  if (method == "tools/call" || method == "prompts/get") {
    return "name";
  }
  if (method == "resources/read") {
    return "uri";
  }
  if (method == "tasks/get" || method == "tasks/update" || method == "tasks/cancel") {
    return "taskId";
  }
  return nullptr;
}

// "42.0" is 42: the two sides may write a number in their own way.
bool is_same_number(const std::string &text, const Json &number) {
  if (text.empty() || text.find_first_not_of("+-.eE0123456789") != std::string::npos) {
    return false;
  }
  const bool is_plain = text.find_first_of(".eE") == std::string::npos;
  if (is_plain && number.is_number_integer()) {
    return text == dump_json(number); // exact beyond what a double can tell apart
  }
  char *end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  return end == text.c_str() + text.size() && std::isfinite(value) && value == number.get<double>();
}

bool is_same_value(const std::string &text, const Json &argument) {
  if (const std::string *word = argument.get_ptr<const std::string *>()) {
    return text == *word;
  }
  if (argument.is_boolean()) {
    return text == (argument == true ? "true" : "false");
  }
  return argument.is_number() && is_same_number(text, argument);
}

} // namespace

std::optional<std::string> decode_header_value(std::string_view value) {
  const bool is_encoded = value.size() >= kEncodedPrefix.size() + kEncodedSuffix.size() &&
                          value.substr(0, kEncodedPrefix.size()) == kEncodedPrefix &&
                          value.substr(value.size() - kEncodedSuffix.size()) == kEncodedSuffix;
  if (!is_encoded) {
    return std::string(value);
  }
  value.remove_prefix(kEncodedPrefix.size());
  value.remove_suffix(kEncodedSuffix.size());
  auto decoded = base64_decode(value);
  if (!decoded || !utf8::is_valid(*decoded)) {
    return std::nullopt;
  }
  return *std::move(decoded);
}

std::optional<std::string_view> HeaderChecks::find(std::string_view name) const {
  for (const auto &field : fields_) {
    if (is_same_name(field.name, name)) {
      return trim_blanks(field.value);
    }
  }
  return std::nullopt;
}

bool HeaderChecks::is_repeated(std::string_view name) const {
  return std::count_if(fields_.begin(), fields_.end(), [&](const tools::PeerField &field) {
           return is_same_name(field.name, name);
         }) > 1;
}

// Versions of before the two that are served are of the handshake era as well.
bool HeaderChecks::claims_stateless() const {
  const auto version = find(kVersionHeader);
  return version && !is_handshake_version(*version) && *version != "2025-03-26" &&
         *version != "2024-11-05";
}

std::optional<tools::ProtocolError> HeaderChecks::check_handshake_version() const {
  const auto version = find(kVersionHeader);
  if (!version || is_handshake_version(*version)) {
    return std::nullopt;
  }
  return tools::ProtocolError{code::kInvalidRequest,
                              "the header " + std::string(kVersionHeader) + " names " +
                                  in_quotes(*version) +
                                  ", which is not served; use the version that initialize answered",
                              {}};
}

std::optional<tools::ProtocolError> HeaderChecks::check_version(const Json *claimed) const {
  const std::string *text = claimed == nullptr ? nullptr : claimed->get_ptr<const std::string *>();
  if (text == nullptr) {
    return std::nullopt; // what is wrong then is in the message
  }
  const auto version = find(kVersionHeader);
  if (!version) {
    return missing_header(kVersionHeader);
  }
  if (is_repeated(kVersionHeader) || *version != *text) {
    return mismatch("the header " + std::string(kVersionHeader) + " names " + in_quotes(*version) +
                    ", the message " + in_quotes(*text));
  }
  return std::nullopt;
}

std::optional<tools::ProtocolError> HeaderChecks::check_routing(std::string_view method,
                                                                const Json &params) const {
  const auto named = find("Mcp-Method");
  if (!named) {
    return missing_header("Mcp-Method");
  }
  if (is_repeated("Mcp-Method") || *named != method) {
    return mismatch("the header Mcp-Method names " + in_quotes(*named) + ", the message " +
                    in_quotes(method));
  }
  const char *member = name_member(method);
  const std::string *target = member == nullptr ? nullptr : find_string(params, member);
  if (target == nullptr) {
    return std::nullopt; // no name to repeat; a missing one is a fault of the message
  }
  const auto given = find("Mcp-Name");
  if (!given) {
    return missing_header("Mcp-Name");
  }
  const auto name = decode_header_value(*given);
  if (is_repeated("Mcp-Name") || !name || *name != *target) {
    return mismatch("the header Mcp-Name is " + in_quotes(*given) + ", params." +
                    std::string(member) + " is " + in_quotes(*target));
  }
  return std::nullopt;
}

std::optional<tools::ProtocolError> HeaderChecks::check_argument(const std::string &header,
                                                                 const Json *argument) const {
  const auto given = find(header);
  const bool is_absent = argument == nullptr || argument->is_null();
  if (is_absent) {
    return given ? std::optional(mismatch("the header " + header +
                                          " is there and the argument it repeats is not"))
                 : std::nullopt;
  }
  if (!given) {
    return missing_header(header);
  }
  const auto text = decode_header_value(*given);
  if (is_repeated(header) || !text || !is_same_value(*text, *argument)) {
    return mismatch("the header " + header + " is " + in_quotes(*given) +
                    " and differs from the argument it repeats");
  }
  return std::nullopt;
}

// Annotations count where `properties` chains alone lead to them (MCP 2026-07-28 server/tools).
std::optional<tools::ProtocolError>
HeaderChecks::check_properties(const Json &schema, const Json *value, int depth) const {
  const Json *properties = find_member(schema, "properties");
  if (properties == nullptr || !properties->is_object() || depth >= limits::kJsonDepth) {
    return std::nullopt;
  }
  for (const auto &[name, property] : properties->items()) {
    const Json *member = value == nullptr ? nullptr : find_member(*value, name);
    const std::string *header = find_string(property, "x-mcp-header");
    auto error = header == nullptr ? check_properties(property, member, depth + 1)
                                   : check_argument("Mcp-Param-" + *header, member);
    if (error) {
      return error;
    }
  }
  return std::nullopt;
}

std::optional<tools::ProtocolError> HeaderChecks::check_arguments(const Json *input_schema,
                                                                  const Json &params) const {
  if (input_schema == nullptr) {
    return std::nullopt;
  }
  return check_properties(*input_schema, find_member(params, "arguments"), 0);
}

} // namespace mre::mcp
