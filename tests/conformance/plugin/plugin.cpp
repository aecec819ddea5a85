// Registers the fixtures, in the order the suite needs: it takes the first tool of the list for one
// that works without arguments.
#include "fixtures.hpp"

#include <chrono>
#include <thread>

namespace conformance {

void wait(const mre::Call &call, double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (std::chrono::steady_clock::now() < end) {
    if (call.cancelled()) {
      throw mre::Error(MRE_CANCELLED, "the call was given up");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

mre::Tool tool(const char *name, const char *description,
               std::function<mre::Reply(const mre::json &, const mre::Call &)> run) {
  return tool(name, description, {{"type", "object"}, {"properties", mre::Schema::object()}},
              std::move(run));
}

mre::Tool tool(const char *name, const char *description, mre::Schema input,
               std::function<mre::Reply(const mre::json &, const mre::Call &)> run) {
  mre::Tool tool;
  tool.name = name;
  tool.title = name;
  tool.description = description;
  tool.input = std::move(input);
  tool.promises = MRE_READ_ONLY | MRE_CLOSED_WORLD;
  tool.run = std::move(run);
  return tool;
}

mre::json image() {
  return {{"type", "image"}, {"data", kPng}, {"mimeType", "image/png"}};
}

mre::json text_resource(const char *uri, const char *mime_type, const char *text) {
  return {{"type", "resource"},
          {"resource", {{"uri", uri}, {"mimeType", mime_type}, {"text", text}}}};
}

mre::Schema form(std::string_view message, const mre::Schema &properties) {
  mre::Schema required = mre::Schema::array();
  for (const auto &[name, property] : properties.items()) {
    required.push_back(name);
  }
  return {{"message", message},
          {"requestedSchema",
           {{"type", "object"}, {"properties", properties}, {"required", required}}}};
}

mre::Schema sampling(std::string_view prompt) {
  mre::Schema message;
  message["role"] = "user";
  message["content"] = {{"type", "text"}, {"text", prompt}};
  mre::Schema params;
  params["messages"] = mre::Schema::array({message});
  params["maxTokens"] = 100;
  return params;
}

class Conformance {
public:
  static mre::About about() {
    mre::About about;
    about.id = "conformance.example";
    about.version = "1.0.0";
    about.title = "Fixtures of the official conformance suite";
    about.needs = {MRE_MCP, MRE_TASK_SERVICE};
    about.max_calls = 64;
    return about;
  }
  Conformance(mre::Host host, const mre::json & /*config*/) : protocol_(host) {}

  void declare(mre::Registry &registry) {
    declare_content_tools(registry, protocol_);
    declare_client_tools(registry, protocol_);
    declare_input_tools(registry, protocol_);
    declare_task_tools(registry, protocol_);
    declare_resources(registry);
    declare_prompts(registry, protocol_);
  }

private:
  const Protocol protocol_;
};

} // namespace conformance

MRE_PLUGIN(conformance::Conformance)
