#include "core/mcp/render.hpp"

namespace mre::mcp {
namespace {

Json text_block(std::string text) {
  return {{"type", "text"}, {"text", std::move(text)}};
}

} // namespace

Json render_error(const Error &error) {
  Json rendered = {{"code", to_word(error.code)}, {"message", error.message}};
  if (!error.hint.empty()) {
    rendered["hint"] = error.hint;
  }
  return rendered;
}

std::string error_text(const Error &error) {
  std::string text = std::string(to_word(error.code)) + ": " + error.message;
  if (error.hint.empty()) {
    return text;
  }
  const char last = text.back();
  text += last == '.' || last == '!' || last == '?' || last == ':' ? " " : ". ";
  return text + error.hint;
}

Json structured_with_error(const tools::ToolResult &result) {
  Json structured =
      result.structured && result.structured->is_object() ? *result.structured : Json::object();
  structured["error"] = render_error(*result.error);
  return structured;
}

Json render_result(const tools::ToolResult &result) {
  Json content = Json::array();
  if (result.error && !(result.content_is_complete && !result.content.empty())) {
    content.push_back(text_block(error_text(*result.error)));
  }
  for (const Json &block : result.content) {
    content.push_back(block);
  }
  if (content.empty() && result.structured) {
    content.push_back(text_block(dump_json(*result.structured)));
  }
  Json rendered = {{"content", std::move(content)}, {"isError", result.error.has_value()}};
  if (result.error) {
    rendered["structuredContent"] = structured_with_error(result);
  } else if (result.structured) {
    rendered["structuredContent"] = *result.structured;
  }
  return rendered;
}

} // namespace mre::mcp
