#include "core/tools/answer_check.hpp"

#include "core/tools/json_schema.hpp"

#include <string>

namespace mre::tools {
namespace {

constexpr const char *kElicitation = "elicitation/create";

Result<void> check_elicitation(const InputRequest &question, const Json &answer) {
  const std::string *action = find_string(answer, "action");
  if (action == nullptr || (*action != "accept" && *action != "decline" && *action != "cancel")) {
    return Error{Errc::bad_argument, "/action: expected accept, decline or cancel", {}};
  }
  const Json *schema = find_member(question.params, "requestedSchema");
  if (*action != "accept" || schema == nullptr) {
    return {};
  }
  MRE_TRY(const auto compiled, JsonSchema::compile(*schema));
  const Json *content = find_member(answer, "content");
  return compiled->validate(content == nullptr ? Json::object() : *content);
}

} // namespace

Result<void> check_answer(const InputRequest &question, const Json &answer) {
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

} // namespace mre::tools
