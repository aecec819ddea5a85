#include "core/plugin_host/declare_session.hpp"

#include "core/base/utf8.hpp"
#include "core/guard/limits.hpp"
#include "core/plugin_host/abi.hpp"
#include "core/plugin_host/handlers.hpp"
#include "core/plugin_host/instance.hpp"
#include "core/tools/json_schema.hpp"

#include <algorithm>

namespace mre::plugin_host {
namespace {

Error wrong(std::string message) {
  return {Errc::bad_argument, std::move(message), {}};
}

Result<std::string> text_of(const char *text, const std::string &what) {
  if (!utf8::is_valid(view(text))) {
    return wrong(what + " is not UTF-8");
  }
  return std::string(view(text));
}

Result<std::string> needed_text(const char *text, const std::string &what) {
  if (view(text).empty()) {
    return wrong(what + " is missing");
  }
  return text_of(text, what);
}

Result<std::string> tool_name(const char *text) {
  MRE_TRY(std::string name, needed_text(text, "a tool's name"));
  const bool is_good = name.size() <= 128 && std::all_of(name.begin(), name.end(), [](char c) {
                         return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
                       });
  if (!is_good) {
    return wrong("the tool name '" + name + "' is not 1 to 128 of A-Z a-z 0-9 _ . -");
  }
  return name;
}

// The text as the author wrote it, once it is known to be a schema the host can apply.
Result<std::string> schema_text(const char *text, const std::string &what, bool is_required) {
  if (view(text).empty() && !is_required) {
    return std::string();
  }
  MRE_TRY(const std::string schema, needed_text(text, what));
  if (const auto compiled = tools::JsonSchema::compile(schema); !compiled) {
    return compiled.error().within(what);
  }
  return minify_json(schema);
}

tools::Promises to_promises(std::uint32_t bits) {
  tools::Promises promises;
  promises.read_only = (bits & MRE_READ_ONLY) != 0;
  promises.additive = (bits & MRE_ADDITIVE) != 0;
  promises.idempotent = (bits & MRE_IDEMPOTENT) != 0;
  promises.closed_world = (bits & MRE_CLOSED_WORLD) != 0;
  promises.local_paths = (bits & MRE_LOCAL_PATHS) != 0;
  return promises;
}

tools::TaskSupport to_task_support(std::uint32_t bits) {
  if ((bits & MRE_TASK_ONLY) != 0) {
    return tools::TaskSupport::required;
  }
  return (bits & MRE_TASK) != 0 ? tools::TaskSupport::optional : tools::TaskSupport::forbidden;
}

Result<tools::ToolDeclaration> to_tool(Instance &plugin, const mre_tool &raw) {
  tools::ToolDeclaration tool;
  MRE_TRY(tool.name, tool_name(raw.name));
  const std::string what = "of tool '" + tool.name + "'";
  MRE_TRY(tool.title, text_of(raw.title, "the title " + what));
  MRE_TRY(tool.description, needed_text(raw.description, "the description " + what));
  MRE_TRY(tool.input_schema, schema_text(raw.input_schema, "the input schema " + what, true));
  MRE_TRY(tool.output_schema, schema_text(raw.output_schema, "the output schema " + what, false));
  MRE_TRY(tool.replaces, text_of(raw.replaces, "'replaces' " + what));
  if (raw.invoke == nullptr) {
    return wrong("the function invoke " + what + " is missing");
  }
  tool.promises = to_promises(raw.promises);
  tool.task_support = to_task_support(raw.promises);
  tool.handler = make_tool_handler(plugin, raw, tool);
  return tool;
}

Result<std::string> command_name(const char *text) {
  MRE_TRY(std::string name, needed_text(text, "a command's name"));
  const bool is_good = name.size() <= 64 && name[0] >= 'a' && name[0] <= 'z' &&
                       std::all_of(name.begin(), name.end(), [](char c) {
                         return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                       });
  if (!is_good) {
    return wrong("the command name '" + name +
                 "' is not 1 to 64 of a-z 0-9 -, beginning with a letter");
  }
  return name;
}

} // namespace

DeclareSession::DeclareSession(Instance &plugin) : plugin_(plugin) {
  registry_.size = sizeof registry_;
  registry_.ctx = this;
  registry_.tool = [](void *ctx, const mre_tool *tool, mre_error *err) {
    return static_cast<DeclareSession *>(ctx)->add_tool(tool, err);
  };
  registry_.suppress = [](void *ctx, const mre_suppression *rule, mre_error *err) {
    return static_cast<DeclareSession *>(ctx)->add_suppression(rule, err);
  };
  registry_.provide = [](void *ctx, const char *id, const void *table, mre_error *err) {
    return static_cast<DeclareSession *>(ctx)->add_service(id, table, err);
  };
}

DeclareSession *DeclareSession::from(const mre_registry *registry) {
  return registry == nullptr ? nullptr : static_cast<DeclareSession *>(registry->ctx);
}

void DeclareSession::open() {
  declared_ = Declared{};
  declared_.tools.owner = plugin_.id();
  declared_.tools.version = plugin_.description().version;
  declared_.contents.owner = plugin_.id();
  failure_.reset();
  owner_ = std::this_thread::get_id();
  is_open_ = true;
}

Result<Declared> DeclareSession::close() {
  is_open_ = false;
  if (failure_) {
    return *failure_;
  }
  return std::exchange(declared_, Declared{});
}

mre_status DeclareSession::take(std::string_view function, mre_error *err,
                                const Result<void> &result) {
  if (result) {
    return MRE_OK;
  }
  const Error error = result.error().within(function);
  if (!failure_) {
    failure_ = error;
  }
  return store(err, error);
}

Result<void> DeclareSession::check_room(std::size_t count) const {
  if (count >= limits::kDeclarationsPerPlugin) {
    return Error{Errc::limit,
                 "more than " + std::to_string(limits::kDeclarationsPerPlugin) + " of one kind",
                 {}};
  }
  return {};
}

template <class F>
mre_status DeclareSession::add(std::string_view function, mre_error *err, F &&body) {
  if (!is_here()) {
    plugin_.blame(std::string("called ") + std::string(function) +
                  (is_open_ ? " on another thread" : " outside declare()"));
    return store(err, Errc::denied,
                 std::string(function) + " is only possible inside declare(), on its thread");
  }
  return take(function, err, body());
}

mre_status DeclareSession::add_tool(const mre_tool *raw, mre_error *err) {
  return add("registry.tool", err, [&]() -> Result<void> {
    if (raw == nullptr) {
      return wrong("no tool");
    }
    MRE_TRY_VOID(check_room(declared_.tools.tools.size()));
    MRE_TRY(auto tool, to_tool(plugin_, read_struct(raw)));
    for (const auto &other : declared_.tools.tools) {
      if (other.name == tool.name) {
        return wrong("the tool '" + tool.name + "' is declared twice");
      }
    }
    declared_.tools.tools.push_back(std::move(tool));
    return {};
  });
}

mre_status DeclareSession::add_suppression(const mre_suppression *raw, mre_error *err) {
  return add("registry.suppress", err, [&]() -> Result<void> {
    if (raw == nullptr) {
      return wrong("no suppression");
    }
    MRE_TRY_VOID(check_room(declared_.tools.suppressions.size()));
    const mre_suppression copy = read_struct(raw);
    tools::Suppression rule;
    MRE_TRY(rule.selector, needed_text(copy.selector, "the selector"));
    MRE_TRY(rule.reason, needed_text(copy.reason, "the reason to suppress " + rule.selector));
    MRE_TRY(rule.instead, text_of(copy.instead, "'instead' of " + rule.selector));
    rule.required = copy.required != 0;
    declared_.tools.suppressions.push_back(std::move(rule));
    return {};
  });
}

mre_status DeclareSession::add_service(const char *id, const void *table, mre_error *err) {
  return add("registry.provide", err, [&]() -> Result<void> {
    MRE_TRY(std::string name, needed_text(id, "the service's id"));
    if (table == nullptr) {
      return wrong("the service " + name + " has no table");
    }
    const auto *head = static_cast<const mre_service *>(table);
    const std::size_t methods = head->size < sizeof(mre_service)
                                    ? 0
                                    : (head->size - sizeof(mre_service)) / sizeof(mre_method);
    if (methods == 0 || methods > limits::kServiceMethods ||
        head->size != sizeof(mre_service) + methods * sizeof(mre_method)) {
      return wrong("the table of service " + name + " has " + std::to_string(head->size) +
                   " bytes: it must be an mre_service followed by 1 to " +
                   std::to_string(limits::kServiceMethods) + " methods");
    }
    declared_.services.emplace_back(std::move(name), table);
    return {};
  });
}

mre_status DeclareSession::add_resource(const mre_resource *raw, mre_error *err) {
  return add("resource.add", err, [&]() -> Result<void> {
    if (raw == nullptr) {
      return wrong("no resource");
    }
    MRE_TRY_VOID(check_room(declared_.contents.resources.size()));
    const mre_resource copy = read_struct(raw);
    tools::ResourceDeclaration resource;
    MRE_TRY(resource.uri, needed_text(copy.uri, "a resource's uri"));
    MRE_TRY(resource.name, needed_text(copy.name, "the name of " + resource.uri));
    MRE_TRY(resource.title, text_of(copy.title, "the title of " + resource.uri));
    MRE_TRY(resource.description, text_of(copy.description, "the description of " + resource.uri));
    MRE_TRY(resource.mime_type, text_of(copy.mime_type, "the mime type of " + resource.uri));
    resource.is_template = copy.is_template != 0;
    if (copy.read == nullptr) {
      return wrong("the function read of " + resource.uri + " is missing");
    }
    resource.handler = make_resource_handler(plugin_, copy, resource.uri);
    declared_.contents.resources.push_back(std::move(resource));
    return {};
  });
}

mre_status DeclareSession::add_prompt(const mre_prompt *raw, mre_error *err) {
  return add("prompt.add", err, [&]() -> Result<void> {
    if (raw == nullptr) {
      return wrong("no prompt");
    }
    MRE_TRY_VOID(check_room(declared_.contents.prompts.size()));
    const mre_prompt copy = read_struct(raw);
    tools::PromptDeclaration prompt;
    MRE_TRY(prompt.name, needed_text(copy.name, "a prompt's name"));
    MRE_TRY(prompt.title, text_of(copy.title, "the title of prompt '" + prompt.name + "'"));
    MRE_TRY(prompt.description,
            text_of(copy.description, "the description of prompt '" + prompt.name + "'"));
    if (!view(copy.arguments).empty()) {
      MRE_TRY(prompt.arguments, parse_json(view(copy.arguments)));
      if (!prompt.arguments.is_array()) {
        return wrong("the arguments of prompt '" + prompt.name + "' are not an array");
      }
    }
    if (copy.get == nullptr) {
      return wrong("the function get of prompt '" + prompt.name + "' is missing");
    }
    prompt.handler = make_prompt_handler(plugin_, copy, prompt.name);
    declared_.contents.prompts.push_back(std::move(prompt));
    return {};
  });
}

mre_status DeclareSession::add_command(const mre_command *raw, mre_error *err) {
  return add("cli.add", err, [&]() -> Result<void> {
    if (raw == nullptr) {
      return wrong("no command");
    }
    MRE_TRY_VOID(check_room(declared_.contents.commands.size()));
    const mre_command copy = read_struct(raw);
    tools::CommandDeclaration command;
    MRE_TRY(command.name, command_name(copy.name));
    const std::string what = "of command '" + command.name + "'";
    MRE_TRY(command.arguments, text_of(copy.arguments, "the arguments " + what));
    MRE_TRY(command.summary, needed_text(copy.summary, "the summary " + what));
    if (copy.run == nullptr) {
      return wrong("the function run " + what + " is missing");
    }
    for (const auto &other : declared_.contents.commands) {
      if (other.name == command.name) {
        return wrong("the command '" + command.name + "' is declared twice");
      }
    }
    command.plugin = plugin_.name();
    command.owner = plugin_.id();
    command.handler = make_command_handler(plugin_, copy, command.name);
    declared_.contents.commands.push_back(std::move(command));
    return {};
  });
}

mre_status DeclareSession::add_completion(const mre_completion *raw, mre_error *err) {
  return add("completion.add", err, [&]() -> Result<void> {
    if (raw == nullptr) {
      return wrong("no completion");
    }
    MRE_TRY_VOID(check_room(declared_.contents.completions.size()));
    const mre_completion copy = read_struct(raw);
    tools::CompletionDeclaration completion;
    MRE_TRY(completion.prompt, text_of(copy.prompt, "the prompt of a completion"));
    MRE_TRY(completion.resource, text_of(copy.resource, "the resource of a completion"));
    if (completion.prompt.empty() == completion.resource.empty() || copy.complete == nullptr) {
      return wrong("a completion needs a function and either a prompt or a resource");
    }
    completion.handler = make_completion_handler(plugin_, copy);
    declared_.contents.completions.push_back(std::move(completion));
    return {};
  });
}

mre_status DeclareSession::add_transport(const mre_transport *raw, mre_error *err) {
  return add("peer.transport", err, [&]() -> Result<void> {
    if (raw == nullptr) {
      return wrong("no transport");
    }
    MRE_TRY_VOID(check_room(declared_.transports.size()));
    const mre_transport copy = read_struct(raw);
    DeclaredTransport transport;
    MRE_TRY(transport.name, needed_text(copy.name, "a transport's name"));
    if (copy.start == nullptr || copy.stop == nullptr) {
      return wrong("the transport '" + transport.name + "' needs functions start and stop");
    }
    transport.ctx = copy.ctx;
    transport.start = copy.start;
    transport.stop = copy.stop;
    declared_.transports.push_back(std::move(transport));
    return {};
  });
}

} // namespace mre::plugin_host
