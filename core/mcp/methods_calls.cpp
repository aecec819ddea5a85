// tools/call, resources/read, prompts/get: the three methods that reach a handler. See methods.hpp.
#include "core/mcp/call_entry.hpp"
#include "core/mcp/capabilities.hpp"
#include "core/mcp/methods.hpp"

#include <string>
#include <utility>

namespace mre::mcp {
namespace {

// MCP server/prompts: a map of strings, with every argument that is declared as required.
bool check_prompt_arguments(Exchange &exchange, const tools::Snapshot &snapshot,
                            const std::string &name, const Json &arguments) {
  for (const auto &[key, value] : arguments.items()) {
    if (!value.is_string()) {
      fail_invalid(exchange, "the prompt argument '" + key.substr(0, 128) + "' must be a string");
      return false;
    }
  }
  for (const auto &prompt : snapshot.prompts()) {
    if (prompt.name != name || !prompt.arguments.is_array()) {
      continue;
    }
    for (const Json &declared : prompt.arguments) {
      const std::string *argument = find_string(declared, "name");
      const Json *required = find_member(declared, "required");
      if (argument != nullptr && required != nullptr && *required == true &&
          !arguments.contains(*argument)) {
        fail_invalid(exchange, "the prompt '" + name + "' needs the argument '" + *argument + "'",
                     {{"argument", *argument}});
        return false;
      }
    }
  }
  return true;
}

Json arguments_of(const Exchange &exchange) {
  const Json *arguments = find_member(exchange.request().params, "arguments");
  return arguments == nullptr ? Json::object() : *arguments;
}

} // namespace

void call_tool(const Engine &engine, const std::shared_ptr<Exchange> &exchange) {
  const std::string *name = find_string(exchange->request().params, "name");
  if (name == nullptr) {
    fail_invalid(*exchange, "'name' must be a string");
    return;
  }
  begin_call(engine, exchange, {CallKind::tool, *name, arguments_of(*exchange)});
}

void read_resource(const Engine &engine, const std::shared_ptr<Exchange> &exchange) {
  if (!require_kind(*exchange, *engine.registry.current(), ContentKind::resources)) {
    return;
  }
  const std::string *uri = find_string(exchange->request().params, "uri");
  if (uri == nullptr) {
    fail_invalid(*exchange, "'uri' must be a string");
    return;
  }
  begin_call(engine, exchange, {CallKind::resource, *uri, {{"uri", *uri}}});
}

void get_prompt(const Engine &engine, const std::shared_ptr<Exchange> &exchange) {
  const auto snapshot = engine.registry.current();
  if (!require_kind(*exchange, *snapshot, ContentKind::prompts)) {
    return;
  }
  const std::string *name = find_string(exchange->request().params, "name");
  Json arguments = arguments_of(*exchange);
  if (name == nullptr || !arguments.is_object()) {
    fail_invalid(*exchange, "'name' must be a string and 'arguments' an object of strings");
    return;
  }
  if (check_prompt_arguments(*exchange, *snapshot, *name, arguments)) {
    begin_call(engine, exchange, {CallKind::prompt, *name, std::move(arguments)});
  }
}

} // namespace mre::mcp
