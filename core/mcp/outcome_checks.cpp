#include "core/mcp/outcome_checks.hpp"

#include "core/guard/limits.hpp"
#include "core/mcp/render.hpp"

#include <set>

namespace mre::mcp {
namespace {

constexpr std::size_t kValueOverhead = 4; // quotes, comma, colon

Error defect(std::string message) {
  return {Errc::internal, std::move(message), "this is a defect of the tool; tell its author"};
}

bool is_question(const std::string &method) {
  return method == "elicitation/create" || method == "sampling/createMessage" ||
         method == "roots/list";
}

std::size_t content_bytes(const tools::ToolResult &result) {
  std::size_t bytes = result.structured ? approximate_bytes(*result.structured) : 0;
  for (const Json &block : result.content) {
    bytes += approximate_bytes(block);
  }
  return bytes;
}

} // namespace

std::size_t approximate_bytes(const Json &value) {
  std::size_t bytes = kValueOverhead;
  if (const auto *text = value.get_ptr<const std::string *>()) {
    return bytes + text->size();
  }
  if (value.is_object()) {
    for (const auto &[key, member] : value.items()) {
      bytes += key.size() + approximate_bytes(member);
    }
  } else if (value.is_array()) {
    for (const Json &element : value) {
      bytes += approximate_bytes(element);
    }
  }
  return bytes;
}

Result<void> check_result(const tools::ToolResult &result, const tools::JsonSchema *output,
                          const std::string &blame) {
  if (const std::size_t bytes = content_bytes(result); bytes > limits::kResultBytes) {
    return Error{Errc::too_large,
                 blame + " gave a result of " + std::to_string(bytes) + " bytes, more than " +
                     std::to_string(limits::kResultBytes),
                 "ask for less: a part, a filter, or a file instead of the content"};
  }
  for (const Json &block : result.content) {
    if (!block.is_object()) {
      return defect(blame + " gave a content block that is not an object");
    }
  }
  if (output == nullptr) {
    return {};
  }
  if (!result.error && !result.structured) {
    return defect(blame + " declares an output schema and gave no structured result");
  }
  const auto fits =
      output->validate(result.error ? structured_with_error(result) : *result.structured);
  if (!fits) {
    return defect(blame +
                  " gave a result that does not fit its output schema: " + fits.error().message);
  }
  return {};
}

Result<void> check_questions(const std::vector<tools::InputRequest> &requests,
                             const std::string &blame) {
  if (requests.empty()) {
    return defect(blame + " waits for answers and asked nothing");
  }
  std::set<std::string_view> keys;
  for (const auto &request : requests) {
    if (!is_question(request.method)) {
      return defect(blame + " asked by the unknown method '" + request.method + "'");
    }
    if (request.key.empty() || !keys.insert(request.key).second) {
      return defect(blame + " asked twice under the key '" + request.key + "', or without one");
    }
  }
  return {};
}

Json without_secrets(Json arguments, const tools::JsonSchema *input) {
  const Json *properties =
      input == nullptr ? nullptr : find_member(input->document(), "properties");
  if (properties == nullptr || !arguments.is_object()) {
    return arguments;
  }
  for (auto &[name, value] : arguments.items()) {
    const Json *property = find_member(*properties, name);
    const Json *write_only = property == nullptr ? nullptr : find_member(*property, "writeOnly");
    if (write_only != nullptr && *write_only == true) {
      value = "[REDACTED]";
    }
  }
  return arguments;
}

void redact(tools::ToolResult &result, const guard::Redactor &redactor) {
  for (Json &block : result.content) {
    redactor.redact(block);
  }
  if (result.structured) {
    redactor.redact(*result.structured);
  }
  if (result.error) {
    result.error->message = redactor.redact(result.error->message);
    result.error->hint = redactor.redact(result.error->hint);
  }
}

void redact(tools::ProtocolError &error, const guard::Redactor &redactor) {
  error.message = redactor.redact(error.message);
  redactor.redact(error.data);
}

} // namespace mre::mcp
