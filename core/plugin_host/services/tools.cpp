// mre.tools/1: other tools, under the operator's policy.

#include "core/base/utf8.hpp"
#include "core/plugin_host/parts.hpp"
#include "core/plugin_host/services/services.hpp"
#include "core/tools/tool_caller.hpp"

namespace mre::plugin_host {
namespace {

Result<tools::ToolCaller *> find_caller_of_tools(Instance &plugin) {
  tools::ToolCaller *caller = plugin.parts().tool_caller;
  if (caller == nullptr) {
    return Error{Errc::unavailable, "this host calls no tools for plugins", {}};
  }
  return caller;
}

mre_status explain(const mre_host *host, mre_str name, mre_sink text, mre_error *err) {
  return serve(host, err, "tools.explain", [&](Instance &plugin) -> Result<void> {
    MRE_TRY(tools::ToolCaller *const caller, find_caller_of_tools(plugin));
    MRE_TRY(const std::string story, caller->explain(utf8::repair(view(name))));
    write_to(text, story);
    return {};
  });
}

Result<tools::NestedCall> to_nested(Instance &plugin, const Caller &caller,
                                    const mre_tool_call &request) {
  tools::NestedCall nested;
  nested.tool = utf8::repair(view(request.tool));
  nested.caller = plugin.id();
  nested.stop = caller.stop;
  if (request.arguments.size > 0) {
    MRE_TRY(nested.arguments, parse_json(utf8::repair(view(request.arguments))));
  }
  if (caller.call && caller.call->context() != nullptr) {
    nested.parent = caller.call->context();
    nested.key_prefix = caller.call->next_nested_prefix();
    nested.may_ask = [call = caller.call] { return !call->has_effect(); };
  }
  return nested;
}

mre_status call(const mre_host *host, mre_call *handle, mre_tool_call *raw, mre_error *err) {
  bool needs_input = false;
  const mre_status status = serve(host, err, "tools.call", [&](Instance &plugin) -> Result<void> {
    if (raw == nullptr) {
      return Error{Errc::bad_argument, "tools.call needs a request", {}};
    }
    mre_tool_call request = read_struct(raw);
    MRE_TRY(tools::ToolCaller *const caller_of_tools, find_caller_of_tools(plugin));
    MRE_TRY(const Caller caller, find_caller(plugin, handle, "tools.call"));
    MRE_TRY(tools::NestedCall nested, to_nested(plugin, caller, request));
    auto outcome = caller_of_tools->call(std::move(nested));
    if (const auto *error = std::get_if<Error>(&outcome)) {
      return *error;
    }
    if (auto *questions = std::get_if<std::vector<tools::InputRequest>>(&outcome)) {
      if (!caller.call || caller.call->context() == nullptr) {
        return Error{Errc::denied, "the tool asks a person, and nobody can be asked here", {}};
      }
      caller.call->add_questions(std::move(*questions));
      needs_input = true;
      return {};
    }
    const auto &result = std::get<tools::NestedResult>(outcome);
    if (caller.call && !result.is_read_only) {
      caller.call->note_effect(); // whatever that tool did, a second run would do again
    }
    write_to(request.result, dump_json(result.rendered));
    request.is_error = result.is_error ? 1 : 0;
    write_struct(raw, request);
    return {};
  });
  return needs_input ? MRE_NEEDS_INPUT : status;
}

} // namespace

const mre_tools_api &tools_service() {
  static const mre_tools_api table = {sizeof table, 0, explain, call};
  return table;
}

} // namespace mre::plugin_host
