#include "core/mcp/client_abilities.hpp"

namespace mre::mcp {
namespace {

constexpr const char *kElicitation = "elicitation/create";

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

} // namespace mre::mcp
