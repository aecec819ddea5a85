// A plugin's own test without a compiler: what the remote side answers, and what the tools make of
// it.
//
//   {"ssh": {"uname -sr": {"stdout": "Linux\n", "stderr": "", "exit_code": 0}},
//    "settings": {"greeting": "hi"},
//    "calls": [{"tool": "x", "arguments": {}, "answers": {"sure": {"confirm": true}},
//               "text": "…", "contains": "…", "structured": {…}, "error": "not_found"}]}
#include "tools/mre_check/check.hpp"

namespace mre_check {
namespace {

constexpr std::size_t kLargestScript = std::size_t{4} << 20U;

Json read_script(const std::string &file) {
  std::string why;
  const auto text = read_whole_file(file, kLargestScript, why);
  demand(text.has_value(), why);
  Json script = Json::parse(*text, nullptr, false);
  demand(script.is_object(), file + ": it is no JSON object");
  return script;
}

void set_scene(testing::FakeHost &host, const Json &script) {
  const Json answers = script.value("ssh", Json::object());
  for (const auto &[line, answer] : answers.items()) {
    host.on(line)
        .prints(answer.value("stdout", ""))
        .complains(answer.value("stderr", ""))
        .exits(answer.value("exit_code", 0));
  }
}

std::string code_of(const testing::Result &result) {
  return result.ok() ? std::string() : code_word(result.status);
}

void demand_as_said(const Json &call, const testing::Result &result) {
  const std::string where = "call of " + call.value("tool", "?") + ": ";
  const std::string error = call.value("error", "");
  demand(code_of(result) == error,
         where + (result.ok() ? "it succeeded, and was to fail with " + error
                              : "it failed with " + code_of(result) + ": " + result.message));
  demand(!call.contains("text") || result.text() == call["text"],
         where + "its text is '" + result.text() + "'");
  demand(!call.contains("contains") ||
             result.text().find(call["contains"].get<std::string>()) != std::string::npos,
         where + "its text is '" + result.text() + "'");
  demand(!call.contains("structured") || result.structured == call["structured"],
         where + "its structured result is " + dump(result.structured));
}

} // namespace

std::size_t run_script(const Plugin &plugin, const std::string &file) {
  const Json script = read_script(file);
  Plugin with_settings = plugin;
  with_settings.settings = script.value("settings", Json::object());
  Started started(with_settings);
  started.host.state().scripts.clear();
  set_scene(started.host, script);
  const Json calls = script.value("calls", Json::array());
  demand(!calls.empty(), file + ": it makes no calls");
  for (const Json &call : calls) {
    std::map<std::string, json> answers;
    const Json contents = call.value("answers", Json::object());
    for (const auto &[key, content] : contents.items()) {
      answers[key] = testing::FakePlugin::accept(content);
    }
    demand_as_said(call, started.plugin->call(call.value("tool", ""),
                                              call.value("arguments", Json::object()), answers));
  }
  demand_manners(started.host);
  return calls.size();
}

} // namespace mre_check
