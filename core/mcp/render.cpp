#include "core/mcp/render.hpp"

namespace mre::mcp {
namespace {

Json text_block(std::string text) {
  return {{"type", "text"}, {"text", std::move(text)}};
}

// The next step where nobody closer to the failure named one.
std::string_view usual_next_step(Errc code) {
  switch (code) {
  case Errc::bad_argument:
    return "correct the argument and call again";
  case Errc::not_found:
    return "check the name";
  case Errc::already_exists:
    return "choose another name, or allow overwriting where that is offered";
  case Errc::denied:
    return "leave it, or ask the operator for the right";
  case Errc::unreachable:
  case Errc::host_key_unknown:
  case Errc::host_key_changed:
  case Errc::host_key_revoked:
  case Errc::auth_failed:
    return "mcp-remote-exec doctor shows what is wrong with the host";
  case Errc::timed_out:
  case Errc::limit:
  case Errc::unavailable:
    return "try again later";
  case Errc::cancelled:
    return "call again if it is still wanted";
  case Errc::too_large:
    return "ask for less at once";
  case Errc::lost:
    return "see what it did before trying again; the next call reconnects";
  case Errc::conflict:
    return "look at the present state, then try again";
  case Errc::remote_failed:
    return "mend on the host what the message names";
  case Errc::local_failed:
    return "mend on the server's machine what the message names";
  case Errc::unsupported:
    return "choose another way";
  case Errc::internal:
    break;
  }
  return "this is a defect of the server; its log on stderr may say more";
}

// The error of a tool always says what to do next: its reader acts on it.
Error with_next_step(Error error) {
  if (error.hint.empty()) {
    error.hint = usual_next_step(error.code);
  }
  return error;
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
  structured["error"] = render_error(with_next_step(*result.error));
  return structured;
}

Json render_result(const tools::ToolResult &result) {
  Json content = Json::array();
  if (result.error && !(result.content_is_complete && !result.content.empty())) {
    content.push_back(text_block(error_text(with_next_step(*result.error))));
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
