// A plugin's own test without a compiler: what the remote side and other tools answer, and what the
// plugin makes of it. A call whose answer waits for a timer or a job gets it: time passes by
// itself.
//
//   {"ssh": {"uname -sr": {"stdout": "Linux\n", "stderr": "", "exit_code": 0}},
//    "files": {"/etc/motd": "content"},
//    "tools": {"ssh_list_hosts": {"structuredContent": {…}}},
//    "settings": {"greeting": "hi"},
//    "calls": [{"tool": "x", "arguments": {}, "answers": {"sure": {"confirm": true}, "why": null},
//               "text": "…", "contains": "…", "structured": {…}, "error": "not_found"},
//              {"command": "sweep", "words": ["--dry-run"], "contains": "…"}]}
#include "tools/mre_check/check.hpp"

namespace mre_check {
namespace {

constexpr std::size_t kLargestScript = std::size_t{4} << 20U;

constexpr const char *kScriptSchema = R"({
  "type": "object", "additionalProperties": false, "required": ["calls"],
  "properties": {
    "ssh": {"type": "object", "additionalProperties": {
      "type": "object", "additionalProperties": false, "properties": {
        "stdout": {"type": "string"}, "stderr": {"type": "string"},
        "exit_code": {"type": "integer", "minimum": 0, "maximum": 255}}}},
    "files": {"type": "object", "additionalProperties": {"type": "string"}},
    "tools": {"type": "object", "additionalProperties": {"type": "object"}},
    "settings": {"type": "object"},
    "calls": {"type": "array", "minItems": 1, "items": {
      "type": "object", "additionalProperties": false, "properties": {
        "tool": {"type": "string"}, "arguments": {"type": "object"},
        "answers": {"type": "object", "additionalProperties": {"type": ["object", "null"]}},
        "command": {"type": "string"}, "words": {"type": "array", "items": {"type": "string"}},
        "text": {"type": "string"}, "contains": {"type": "string"}, "structured": {},
        "error": {"type": "string"}}}}}})";

Json read_script(const std::string &file) {
  std::string why;
  const auto text = read_whole_file(file, kLargestScript, why);
  demand(text.has_value(), why);
  Json script = Json::parse(*text, nullptr, false);
  demand(!script.is_discarded(), file + ": it is no JSON");
  const Complaint complaint = misfit(kScriptSchema, script);
  demand(!complaint, file + ": " + complaint.value_or(""));
  for (const Json &call : script["calls"]) {
    demand(call.contains("tool") != call.contains("command"),
           file + ": each of its calls names either a tool or a command");
  }
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
  const Json files = script.value("files", Json::object());
  for (const auto &[path, content] : files.items()) {
    host.remote_file(path, content.get<std::string>());
  }
  const Json tools = script.value("tools", Json::object());
  for (const auto &[tool, result] : tools.items()) {
    host.tool_answers(tool, result);
  }
}

std::string code_of(const testing::Result &result) {
  return result.ok() ? std::string() : code_word(result.status);
}

std::string name_of(const Json &call) {
  return call.contains("tool") ? "tool " + call["tool"].get<std::string>()
                               : "command " + call["command"].get<std::string>();
}

// Why there is no end to compare with; empty when there is one.
std::string endless(const testing::Result &result) {
  if (result.status == MRE_DEFERRED) {
    return "it deferred the call and never finished it";
  }
  if (result.status == MRE_NEEDS_INPUT && !result.questions.empty()) {
    return "it asks '" + result.questions.front().key + "', and the script has no answer to that";
  }
  return {};
}

void demand_as_said(const Json &call, const testing::Result &result) {
  const std::string where = name_of(call) + ": ";
  const std::string error = call.value("error", "");
  const std::string no_end = endless(result);
  demand(no_end.empty(), where + no_end);
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

testing::Result make_call(Started &started, const Json &call) {
  if (call.contains("command")) {
    return started.plugin->command(call["command"],
                                   call.value("words", std::vector<std::string>()));
  }
  std::map<std::string, json> answers;
  const Json contents = call.value("answers", Json::object());
  for (const auto &[key, content] : contents.items()) {
    answers[key] =
        content.is_null() ? testing::FakePlugin::decline() : testing::FakePlugin::accept(content);
  }
  return call_to_end(started, call["tool"], call.value("arguments", Json::object()),
                     std::move(answers));
}

} // namespace

std::size_t run_script(const Plugin &plugin, const std::string &file) {
  const Json script = read_script(file);
  Plugin with_settings = plugin;
  with_settings.settings = script.value("settings", Json::object());
  Started started(with_settings);
  started.host.state().scripts.clear();
  set_scene(started.host, script);
  const Json &calls = script["calls"];
  for (const Json &call : calls) {
    try {
      demand_as_said(call, make_call(started, call));
    } catch (const mre::Error &error) {
      throw Failed(name_of(call) + ": " + error.what());
    }
  }
  demand_manners(started.host);
  return calls.size();
}

} // namespace mre_check
