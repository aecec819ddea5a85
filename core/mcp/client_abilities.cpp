#include "core/mcp/client_abilities.hpp"

#include "core/tools/json_schema.hpp"

namespace mre::mcp {
namespace {

constexpr const char *kElicitation = "elicitation/create";

Result<void> check_elicitation(const tools::InputRequest &question, const Json &answer) {
  const std::string *action = find_string(answer, "action");
  if (action == nullptr || (*action != "accept" && *action != "decline" && *action != "cancel")) {
    return Error{Errc::bad_argument, "/action: expected accept, decline or cancel", {}};
  }
  const Json *schema = find_member(question.params, "requestedSchema");
  if (*action != "accept" || schema == nullptr) {
    return {};
  }
  MRE_TRY(const auto compiled, tools::JsonSchema::compile(*schema));
  const Json *content = find_member(answer, "content");
  return compiled->validate(content == nullptr ? Json::object() : *content);
}

} // namespace

bool client_can(const Json &capabilities, std::string_view method) {
  if (method == "sampling/createMessage") {
    return find_member(capabilities, "sampling") != nullptr;
  }
  if (method == "roots/list") {
    return find_member(capabilities, "roots") != nullptr;
  }
  const Json *elicitation = find_member(capabilities, "elicitation");
  if (elicitation == nullptr || !elicitation->is_object()) {
    return false;
  }
  if (method == "elicitation/create:url") {
    return elicitation->contains("url");
  }
  // An empty object means forms only (MCP client/elicitation).
  return method == kElicitation && (elicitation->contains("form") || !elicitation->contains("url"));
}

bool client_takes_tasks(const Json &capabilities) {
  const Json *extensions = find_member(capabilities, "extensions");
  return extensions != nullptr && find_member(*extensions, kTasksExtension) != nullptr;
}

std::string method_to_ask(const tools::InputRequest &question) {
  const std::string *mode = find_string(question.params, "mode");
  const bool is_url = question.method == kElicitation && mode != nullptr && *mode == "url";
  return is_url ? question.method + ":url" : question.method;
}

Json required_capability(std::string_view method) {
  if (method == "sampling/createMessage") {
    return {{"sampling", Json::object()}};
  }
  if (method == "roots/list") {
    return {{"roots", Json::object()}};
  }
  const char *mode = method == "elicitation/create:url" ? "url" : "form";
  return {{"elicitation", {{mode, Json::object()}}}};
}

Result<void> check_answer(const tools::InputRequest &question, const Json &answer) {
  const auto checked = [&]() -> Result<void> {
    if (!answer.is_object()) {
      return Error{Errc::bad_argument, "expected an object", {}};
    }
    if (question.method == kElicitation) {
      return check_elicitation(question, answer);
    }
    const char *needed = question.method == "roots/list" ? "roots" : "content";
    if (find_member(answer, needed) == nullptr) {
      return Error{Errc::bad_argument, "/" + std::string(needed) + ": is missing", {}};
    }
    return {};
  }();
  if (checked) {
    return {};
  }
  Error error{Errc::bad_argument,
              "the answer to the question '" + question.key +
                  "' does not fit what was asked: " + checked.error().message,
              "answer again with what the question asks for"};
  return error;
}

} // namespace mre::mcp
