// Tools that run as tasks, and one that never does.
#include "fixtures.hpp"

namespace conformance {
namespace {

constexpr const char *kForm = "elicitation/create";

mre::Schema one_argument(const char *name) {
  return {{"type", "object"}, {"properties", {{name, {{"type", "string"}}}}}};
}

mre::Schema name_form() {
  return form("What is your name?", {{"name", {{"type", "string"}}}});
}
mre::Schema confirm_form(const std::string &question) {
  return form(question, {{"confirm", {{"type", "boolean"}}}});
}

mre::Tool task_tool(mre::Tool tool, std::uint32_t promise) {
  tool.promises |= promise;
  return tool;
}

mre::Reply compute(const Protocol &protocol, const mre::json &arguments, const mre::Call &call) {
  protocol.begin_task(call);
  const double seconds = arguments.value("seconds", 0.0);
  wait(call, seconds);
  return mre::Reply::of_text("Computed " + arguments.value("label", std::string("nothing")));
}

mre::Reply fail_later(const Protocol &protocol, const mre::Call &call) {
  protocol.begin_task(call);
  wait(call, 1);
  throw mre::Error(MRE_REMOTE_FAILED, "the job failed, as it always does");
}

mre::Reply break_protocol(const Protocol &protocol, const mre::Call &call) {
  protocol.begin_task(call);
  protocol.fail(call, -32603, "the job broke the protocol, as it always does");
}

mre::Reply confirm_delete(const Protocol &protocol, const mre::json &arguments,
                          const mre::Call &call) {
  protocol.begin_task(call);
  const std::string name = arguments.value("filename", std::string("nothing"));
  const auto answer =
      protocol.request_one(call, "confirm", kForm, confirm_form("Delete " + name + "?"));
  const bool yes = answer.value("content", mre::json::object()).value("confirm", false);
  return mre::Reply::of_text(yes ? "Deleted " + name : "Kept " + name);
}

mre::Reply ask_two(const Protocol &protocol, const mre::Call &call) {
  protocol.begin_task(call);
  const auto name = protocol.request(call, "name", kForm, name_form());
  const auto sure = protocol.request(call, "sure", kForm, confirm_form("Are you sure?"));
  if (!name || !sure) {
    Protocol::unwind();
  }
  return mre::Reply::of_text("Both answers came");
}

// Asks in the call's own answer; the task begins when the answer is there.
mre::Reply ask_then_work(const Protocol &protocol, const mre::Call &call) {
  const auto answer = protocol.request_one(call, "user_name", kForm, name_form());
  protocol.begin_task(call);
  const auto content = answer.value("content", mre::json::object());
  return mre::Reply::of_text("Worked for " + content.value("name", std::string("nobody")));
}

} // namespace

void declare_task_tools(mre::Registry &registry, const Protocol &protocol) {
  registry.tool(tool("greet", "Says hello, at once", one_argument("name"),
                     [](const mre::json &arguments, const mre::Call &) {
                       return mre::Reply::of_text(
                           "Hello, " + arguments.value("name", std::string("nobody")) + "!");
                     }));
  registry.tool(task_tool(
      tool("slow_compute", "Takes as many seconds as it is told",
           {{"type", "object"},
            {"properties", {{"seconds", {{"type", "number"}}}, {"label", {{"type", "string"}}}}}},
           [&protocol](const mre::json &arguments, const mre::Call &call) {
             return compute(protocol, arguments, call);
           }),
      MRE_TASK));
  registry.tool(task_tool(tool("failing_job", "Fails after a second",
                               [&protocol](const mre::json &, const mre::Call &call) {
                                 return fail_later(protocol, call);
                               }),
                          MRE_TASK_ONLY));
  registry.tool(task_tool(tool("protocol_error_job", "Ends with an error of the protocol",
                               [&protocol](const mre::json &, const mre::Call &call) {
                                 return break_protocol(protocol, call);
                               }),
                          MRE_TASK));
  registry.tool(task_tool(tool("confirm_delete", "Asks before it pretends to delete",
                               one_argument("filename"),
                               [&protocol](const mre::json &arguments, const mre::Call &call) {
                                 return confirm_delete(protocol, arguments, call);
                               }),
                          MRE_TASK));
  registry.tool(task_tool(tool("multi_input", "Asks two things at once",
                               [&protocol](const mre::json &, const mre::Call &call) {
                                 return ask_two(protocol, call);
                               }),
                          MRE_TASK));
  registry.tool(task_tool(tool("test_tool_with_task", "Asks, then works as a task",
                               [&protocol](const mre::json &, const mre::Call &call) {
                                 return ask_then_work(protocol, call);
                               }),
                          MRE_TASK_ONLY));
}

} // namespace conformance
