#include "core/builtin/login_questions.hpp"

#include <string>
#include <utility>
#include <vector>

namespace mre::builtin {
namespace {

constexpr const char *kForm = "elicitation/create";
// Longer than any code or name a person types at a login.
constexpr int kLongestAnswer = 1024;

std::string field(std::size_t number) {
  return "answer_" + std::to_string(number + 1);
}

Json key_form(const ssh::LoginQuestion &question) {
  return {{"message", "The server " + question.place + " presents a host key that is recorded " +
                          "nowhere: " + question.key->type + " " + question.fingerprint +
                          ". Compare it with the fingerprint at the server's own console. Accept " +
                          "to record it in " + question.file +
                          " and to connect; decline if it differs or cannot be compared."},
          {"requestedSchema", {{"type", "object"}, {"properties", Json::object()}}}};
}

Json prompt_form(const ssh::LoginQuestion &question) {
  Json properties = Json::object();
  Json required = Json::array();
  for (std::size_t i = 0; i < question.prompts.size(); ++i) {
    properties[field(i)] = {
        {"type", "string"}, {"title", question.prompts[i]}, {"maxLength", kLongestAnswer}};
    required.emplace_back(field(i));
  }
  const std::string said =
      question.instruction.empty() ? std::string() : " (it says: \"" + question.instruction + "\")";
  return {{"message", "To log in as " + question.user + ", the server " + question.place +
                          " asks what only a person can answer" + said +
                          ". The words are the server's; do not give it a password or another "
                          "secret here."},
          {"requestedSchema",
           {{"type", "object"},
            {"properties", std::move(properties)},
            {"required", std::move(required)}}}};
}

bool is_accepted(const Json &answer) {
  const std::string *action = find_string(answer, "action");
  return action != nullptr && *action == "accept";
}

std::vector<std::string> words_in(const Json &answer, const ssh::LoginQuestion &question) {
  const Json *content = find_member(answer, "content");
  std::vector<std::string> words;
  for (std::size_t i = 0; i < question.prompts.size(); ++i) {
    const std::string *word = content == nullptr ? nullptr : find_string(*content, field(i));
    words.push_back(word == nullptr ? std::string() : *word);
  }
  return words;
}

// Whether the error is the one that the question is about.
bool belongs(const ssh::LoginQuestion &question, const Error &error) {
  return error.code == (question.key ? Errc::host_key_unknown : Errc::auth_failed);
}

} // namespace

Result<void> bring_answers(ssh::Engine &engine, const tools::CallContext &call,
                           const config::HostConfig &host) {
  if (!call.may_have_answers()) {
    return {}; // nearly every call: the engine need not look for a question
  }
  const auto question = engine.login_question(host);
  const Json *answer = question ? call.answer(question->id) : nullptr;
  if (answer == nullptr || !is_accepted(*answer)) {
    return {};
  }
  return engine.settle(host, *question, words_in(*answer, *question));
}

std::variant<tools::InputRequest, Error> after_failure(const ssh::Engine &engine,
                                                       const tools::CallContext &call,
                                                       const config::HostConfig &host,
                                                       Error error) {
  const auto question = engine.login_question(host);
  if (!question || !belongs(*question, error)) {
    return error;
  }
  if (const Json *answer = call.answer(question->id)) {
    if (!is_accepted(*answer)) {
      error.message += "; the person at the client was asked and did not accept";
    }
    return error;
  }
  if (!call.can_ask(kForm)) {
    return error;
  }
  tools::InputRequest request{question->id, kForm,
                              question->key ? key_form(*question) : prompt_form(*question)};
  request.shared_as = question->id;
  return request;
}

} // namespace mre::builtin
