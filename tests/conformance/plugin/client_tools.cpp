// Tools that reach for the client: logs, sampling, elicitation, streams and lists.
#include "fixtures.hpp"

namespace conformance {
namespace {

std::string text_of(const mre::json &result) {
  const auto content = result.value("content", mre::json::object());
  return content.is_object() ? content.value("text", std::string()) : mre::dump(content);
}

mre::Schema one_text_argument(const char *name) {
  return {{"type", "object"},
          {"properties", {{name, {{"type", "string"}}}}},
          {"required", mre::Schema::array({name})}};
}

mre::Reply describe(const mre::json &answer) {
  return mre::Reply::of_text(
      "User response: action=" + answer.value("action", std::string()) +
      ", content=" + mre::dump(answer.value("content", mre::json::object())));
}

// Nothing is required: a client may take the defaults or leave them.
mre::Schema optional_form(const char *message, const char *properties) {
  return {
      {"message", message},
      {"requestedSchema", {{"type", "object"}, {"properties", mre::Schema::parse(properties)}}}};
}

const char *const kDefaults = R"({
"name":{"type":"string","description":"User name","default":"John Doe"},
"age":{"type":"integer","description":"User age","default":30},
"score":{"type":"number","description":"User score","default":95.5},
"status":{"type":"string","description":"User status","enum":["active","inactive","pending"],
  "default":"active"},
"verified":{"type":"boolean","description":"Verification status","default":true}})";

const char *const kEnums = R"({
"untitledSingle":{"type":"string","enum":["option1","option2","option3"]},
"titledSingle":{"type":"string","oneOf":[{"const":"value1","title":"First Option"},
  {"const":"value2","title":"Second Option"},{"const":"value3","title":"Third Option"}]},
"legacyEnum":{"type":"string","enum":["opt1","opt2","opt3"],
  "enumNames":["Option One","Option Two","Option Three"]},
"untitledMulti":{"type":"array","items":{"type":"string","enum":["option1","option2","option3"]}},
"titledMulti":{"type":"array","items":{"anyOf":[{"const":"value1","title":"First Choice"},
  {"const":"value2","title":"Second Choice"},{"const":"value3","title":"Third Choice"}]}}})";

void declare_questions(mre::Registry &registry, const Protocol &protocol) {
  registry.tool(tool("test_sampling", "Asks the client's model", one_text_argument("prompt"),
                     [&protocol](const mre::json &arguments, const mre::Call &call) {
                       const auto answer = protocol.request_one(
                           call, "sampling", "sampling/createMessage",
                           sampling(arguments.at("prompt").get<std::string>()));
                       return mre::Reply::of_text("LLM response: " + text_of(answer));
                     }));
  registry.tool(
      tool("test_elicitation", "Asks the person", one_text_argument("message"),
           [&protocol](const mre::json &arguments, const mre::Call &call) {
             return describe(protocol.request_one(
                 call, "who", "elicitation/create",
                 form(arguments.at("message").get<std::string>(),
                      {{"username", {{"type", "string"}}}, {"email", {{"type", "string"}}}})));
           }));
  registry.tool(tool("test_elicitation_sep1034_defaults", "Asks with defaults of every type",
                     [&protocol](const mre::json &, const mre::Call &call) {
                       return describe(protocol.request_one(
                           call, "defaults", "elicitation/create",
                           optional_form("Please review and update the form", kDefaults)));
                     }));
  registry.tool(tool("test_elicitation_sep1330_enums", "Asks with enums of every form",
                     [&protocol](const mre::json &, const mre::Call &call) {
                       return describe(
                           protocol.request_one(call, "enums", "elicitation/create",
                                                optional_form("Please choose", kEnums)));
                     }));
}

mre::Reply log_three(const Protocol &protocol, const mre::Call &call) {
  protocol.log(call, "Tool execution started");
  wait(call, 0.05);
  protocol.log(call, "Tool processing data");
  wait(call, 0.05);
  protocol.log(call, "Tool execution completed");
  return mre::Reply::of_text("Tool with logging executed successfully");
}

mre::Reply need_sampling(const Protocol &protocol, const mre::Call &call) {
  if (!protocol.can_request(call, "sampling/createMessage")) {
    protocol.fail(call, -32021, "this tool needs the client's model",
                  {{"requiredCapabilities", {{"sampling", mre::json::object()}}}});
  }
  return mre::Reply::of_text("The client has a model");
}

} // namespace

void declare_client_tools(mre::Registry &registry, const Protocol &protocol) {
  registry.tool(tool(
      "test_tool_with_logging", "Logs three lines",
      [&protocol](const mre::json &, const mre::Call &call) { return log_three(protocol, call); }));
  declare_questions(registry, protocol);
  registry.tool(tool("test_reconnection", "Ends its stream and answers on the next one",
                     [&protocol](const mre::json &, const mre::Call &call) {
                       protocol.close_stream(call);
                       wait(call, 0.1);
                       return mre::Reply::of_text("Answered after the stream was closed");
                     }));
  registry.tool(tool("test_missing_capability", "Needs the client's model",
                     [&protocol](const mre::json &, const mre::Call &call) {
                       return need_sampling(protocol, call);
                     }));
  registry.tool(tool("test_streaming_elicitation", "Streams and asks nothing",
                     [](const mre::json &, const mre::Call &call) {
                       call.progress(1, 2, "half");
                       return mre::Reply::of_text("Nothing was asked");
                     }));
  registry.tool(tool("test_logging_tool", "Logs one line",
                     [&protocol](const mre::json &, const mre::Call &call) {
                       protocol.log(call, "one line");
                       return mre::Reply::of_text("Logged");
                     }));
  registry.tool(tool("test_trigger_tool_change", "Says that the tools changed",
                     [&protocol](const mre::json &, const mre::Call &) {
                       protocol.list_changed(MRE_MCP_TOOLS);
                       return mre::Reply::of_text("Told");
                     }));
  registry.tool(tool("test_trigger_prompt_change", "Says that the prompts changed",
                     [&protocol](const mre::json &, const mre::Call &) {
                       protocol.list_changed(MRE_MCP_PROMPTS);
                       return mre::Reply::of_text("Told");
                     }));
}

} // namespace conformance
