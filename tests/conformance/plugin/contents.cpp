// Resources, prompts and completion.
#include "fixtures.hpp"

#include <string>

namespace conformance {
namespace {

constexpr std::string_view kTemplateBegin = "test://template/";
constexpr std::string_view kTemplateEnd = "/data";

// A PNG of one pixel, as bytes: the host makes the base64.
std::string decode(std::string_view base64) {
  const std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned held = 0;
  int bits = 0;
  for (const char digit : base64) {
    const auto value = digits.find(digit);
    if (value == std::string_view::npos) {
      break;
    }
    held = (held << 6U) | static_cast<unsigned>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>((held >> static_cast<unsigned>(bits)) & 0xFFU);
    }
  }
  return bytes;
}

mre::Resource text_resource_at(const char *uri, const char *name, const char *text) {
  mre::Resource resource;
  resource.uri = uri;
  resource.name = name;
  resource.description = std::string("The resource ") + name;
  resource.mime_type = "text/plain";
  resource.read = [text](std::string_view, const mre::Call &) { return std::string(text); };
  return resource;
}

mre::json user(mre::json content) {
  return {{"role", "user"}, {"content", std::move(content)}};
}
mre::json text_block(const std::string &text) {
  return {{"type", "text"}, {"text", text}};
}
mre::json needed(const char *name) {
  return {{"name", name}, {"description", std::string("The ") + name}, {"required", true}};
}

mre::Prompt prompt(const char *name, const char *description, mre::json arguments,
                   std::function<mre::json(const mre::json &, const mre::Call &)> messages) {
  mre::Prompt prompt;
  prompt.name = name;
  prompt.description = description;
  prompt.arguments = std::move(arguments);
  prompt.get = [messages = std::move(messages)](const mre::json &given, const mre::Call &call) {
    return mre::json{{"messages", messages(given, call)}};
  };
  return prompt;
}

} // namespace

void declare_resources(mre::Registry &registry) {
  registry.resource(text_resource_at("test://static-text", "static-text",
                                     "This is the content of the static text resource."));
  mre::Resource binary;
  binary.uri = "test://static-binary";
  binary.name = "static-binary";
  binary.description = "An image of one pixel";
  binary.mime_type = "image/png";
  binary.is_binary = true;
  binary.read = [](std::string_view, const mre::Call &) { return decode(kPng); };
  registry.resource(std::move(binary));
  mre::Resource data;
  data.uri = "test://template/{id}/data";
  data.name = "template-data";
  data.description = "The data of an id";
  data.mime_type = "application/json";
  data.is_template = true;
  data.read = [](std::string_view uri, const mre::Call &) {
    const std::string id(uri.substr(kTemplateBegin.size(),
                                    uri.size() - kTemplateBegin.size() - kTemplateEnd.size()));
    return mre::dump(mre::json{{"id", id}, {"templateTest", true}, {"data", "Data for ID: " + id}});
  };
  registry.resource(std::move(data));
  registry.resource(
      text_resource_at("test://watched-resource", "watched-resource", "Watched resource content"));
}

void declare_prompts(mre::Registry &registry, const Protocol &protocol) {
  registry.prompt(prompt("test_simple_prompt", "One message", mre::json::array(),
                         [](const mre::json &, const mre::Call &) {
                           return mre::json::array(
                               {user(text_block("This is a simple prompt for testing."))});
                         }));
  registry.prompt(prompt(
      "test_prompt_with_arguments", "Repeats its arguments",
      mre::json::array({needed("arg1"), needed("arg2")}),
      [](const mre::json &given, const mre::Call &) {
        return mre::json::array(
            {user(text_block("Prompt with arguments: arg1='" + given.at("arg1").get<std::string>() +
                             "', arg2='" + given.at("arg2").get<std::string>() + "'"))});
      }));
  registry.prompt(prompt(
      "test_prompt_with_embedded_resource", "Holds a resource",
      mre::json::array({needed("resourceUri")}), [](const mre::json &given, const mre::Call &) {
        const auto uri = given.at("resourceUri").get<std::string>();
        return mre::json::array({user(text_resource(uri.c_str(), "text/plain",
                                                    "Embedded resource content for testing.")),
                                 user(text_block("Please process the embedded resource above."))});
      }));
  registry.prompt(
      prompt("test_prompt_with_image", "Holds an image", mre::json::array(),
             [](const mre::json &, const mre::Call &) {
               return mre::json::array(
                   {user(image()), user(text_block("Please analyze the image above."))});
             }));
  registry.prompt(prompt(
      "test_input_required_result_prompt", "Asks before it is made", mre::json::array(),
      [&protocol](const mre::json &, const mre::Call &call) {
        const auto answer = protocol.request_one(
            call, "user_context", "elicitation/create",
            form("What context should the prompt use?", {{"context", {{"type", "string"}}}}));
        return mre::json::array({user(text_block("Context: " + mre::dump(answer.at("content"))))});
      }));
  mre::Completion completion;
  completion.prompt = "test_prompt_with_arguments";
  completion.complete = [](std::string_view, std::string_view value, const mre::json &) {
    return std::vector<std::string>{std::string(value) + "Value1"};
  };
  registry.completion(std::move(completion));
}

} // namespace conformance
