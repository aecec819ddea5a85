// Tools whose result is a question first: `input_required` in the stateless era.
#include "fixtures.hpp"

namespace conformance {
namespace {

constexpr const char *kForm = "elicitation/create";
constexpr const char *kSampling = "sampling/createMessage";
constexpr const char *kRoots = "roots/list";

using Run = std::function<mre::Reply(const Protocol &, const mre::Call &)>;

std::string content_text(const mre::json &answer, const char *member) {
  return answer.value("content", mre::json::object()).value(member, std::string("nobody"));
}

mre::Schema name_form() {
  return form("What is your name?", {{"name", {{"type", "string"}}}});
}
mre::Schema confirm_form() {
  return form("Please confirm", {{"ok", {{"type", "boolean"}}}});
}

mre::Reply greet(const Protocol &protocol, const mre::Call &call) {
  const auto answer = protocol.request_one(call, "user_name", kForm, name_form());
  return mre::Reply::of_text("Hello, " + content_text(answer, "name") + "!");
}

mre::Reply sample(const Protocol &protocol, const mre::Call &call) {
  const auto answer = protocol.request_one(call, "capital_question", kSampling,
                                           sampling("What is the capital of France?"));
  return mre::Reply::of_text("The model said: " + mre::dump(answer.at("content")));
}

mre::Reply list_roots(const Protocol &protocol, const mre::Call &call) {
  const auto answer = protocol.request_one(call, "client_roots", kRoots, mre::Schema::object());
  return mre::Reply::of_text("Roots: " + mre::dump(answer.at("roots")));
}

mre::Reply keep_state(const Protocol &protocol, const mre::Call &call) {
  protocol.request_one(call, "confirm", kForm, confirm_form());
  return mre::Reply::of_text("state-ok");
}

mre::Reply ask_three(const Protocol &protocol, const mre::Call &call) {
  const auto name = protocol.request(call, "user_name", kForm, name_form());
  const auto greeting =
      protocol.request(call, "greeting", kSampling, sampling("Write a short greeting"));
  const auto roots = protocol.request(call, "client_roots", kRoots, mre::Schema::object());
  if (!name || !greeting || !roots) {
    Protocol::unwind();
  }
  return mre::Reply::of_text("All three came: " + content_text(*name, "name"));
}

mre::Reply two_rounds(const Protocol &protocol, const mre::Call &call) {
  const auto name = protocol.request_one(call, "step1", kForm, name_form());
  const auto color =
      protocol.request_one(call, "step2", kForm,
                           form("What is your favorite color?", {{"color", {{"type", "string"}}}}));
  return mre::Reply::of_text(content_text(name, "name") + " likes " + content_text(color, "color"));
}

// Asks for what the client can do, whatever that is.
mre::Reply ask_what_it_can(const Protocol &protocol, const mre::Call &call) {
  bool waits = false;
  const auto ask = [&](const char *key, const char *method, const mre::Schema &params) {
    if (protocol.can_request(call, method)) {
      waits = !protocol.request(call, key, method, params) || waits;
    }
  };
  ask("user_name", kForm, name_form());
  ask("capital_question", kSampling, sampling("What is the capital of France?"));
  ask("client_roots", kRoots, mre::Schema::object());
  if (waits) {
    Protocol::unwind();
  }
  return mre::Reply::of_text("Asked what could be asked");
}

} // namespace

void declare_input_tools(mre::Registry &registry, const Protocol &protocol) {
  const auto add = [&](const char *name, const char *description, Run run) {
    registry.tool(tool(name, description,
                       [&protocol, run = std::move(run)](const mre::json &, const mre::Call &call) {
                         return run(protocol, call);
                       }));
  };
  add("test_input_required_result_elicitation", "Asks for a name", greet);
  add("test_input_required_result_sampling", "Asks the client's model", sample);
  add("test_input_required_result_list_roots", "Asks for the roots", list_roots);
  add("test_input_required_result_request_state", "Keeps a state while it asks", keep_state);
  add("test_input_required_result_multiple_inputs", "Asks three things at once", ask_three);
  add("test_input_required_result_multi_round", "Asks twice", two_rounds);
  add("test_input_required_result_tampered_state", "Keeps a state that must not be altered",
      keep_state);
  add("test_input_required_result_capabilities", "Asks what the client can answer",
      ask_what_it_can);
}

} // namespace conformance
