#include "core/builtin/exec_tool.hpp"

#include "core/builtin/exec_result.hpp"

#include <algorithm>
#include <utility>

namespace mre::builtin {
namespace {

struct ParsedExec {
  ssh::ExecRequest request;
  ExecForm form;
};

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

Error bad(const std::string &pointer, const std::string &expected) {
  return Error{Errc::bad_argument, pointer + ": " + expected, {}};
}

// The text of an optional argument; what reaches a remote command line cannot hold a NUL.
Result<std::string> text_argument(const Json &arguments, const char *name) {
  const std::string *text = find_string(arguments, name);
  if (text != nullptr && text->find('\0') != std::string::npos) {
    return bad(std::string("/") + name, "must not hold a NUL character");
  }
  return text == nullptr ? std::string() : *text;
}

Result<std::chrono::seconds> timeout_argument(const Json &arguments,
                                              const config::Settings &settings) {
  const Json *value = find_member(arguments, "timeout");
  if (value == nullptr) {
    return settings.default_timeout;
  }
  const double seconds = value->is_number() ? value->get<double>() : 0;
  const auto most = settings.max_timeout.count();
  if (seconds < 1 || seconds > static_cast<double>(most)) {
    return bad("/timeout", "expected an integer from 1 to " + std::to_string(most) + ", got " +
                               dump_json(*value));
  }
  return std::chrono::seconds(static_cast<std::int64_t>(seconds));
}

Result<std::vector<std::pair<std::string, std::string>>>
environment_argument(const Json &arguments) {
  std::vector<std::pair<std::string, std::string>> out;
  const Json *environment = find_member(arguments, "environment");
  if (environment == nullptr || !environment->is_object()) {
    return out;
  }
  for (const auto &[name, value] : environment->items()) {
    const auto *text = value.get_ptr<const std::string *>();
    if (text == nullptr || text->find('\0') != std::string::npos) {
      return bad("/environment/" + name, "expected a string without NUL characters");
    }
    out.emplace_back(name, *text);
  }
  return out;
}

class ExecTool final : public tools::ToolHandler {
public:
  explicit ExecTool(CoreToolsDependencies dependencies) : dependencies_(std::move(dependencies)) {}

  bool blocks() const override { return false; }
  void invoke(const std::shared_ptr<tools::CallContext> &call, const Json &arguments) override {
    auto parsed = parse(arguments);
    if (!parsed) {
      call->finish(tools::ToolResult::failure(std::move(parsed).error()));
      return;
    }
    exec_into(dependencies_.exec, call, std::move(parsed->request), std::move(parsed->form));
  }

private:
  Result<ParsedExec> parse(const Json &arguments) const {
    const config::SettingsPtr settings = dependencies_.settings();
    ParsedExec parsed;
    MRE_TRY(parsed.request.command, text_argument(arguments, "command"));
    if (is_blank(parsed.request.command)) {
      return bad("/command", "expected a command, got a blank string");
    }
    MRE_TRY(parsed.request.working_directory, text_argument(arguments, "working_directory"));
    MRE_TRY(parsed.request.environment, environment_argument(arguments));
    MRE_TRY(parsed.request.timeout, timeout_argument(arguments, *settings));
    if (const std::string *input = find_string(arguments, "stdin")) {
      parsed.request.input = *input;
    }
    MRE_TRY(const std::string host, text_argument(arguments, "host"));
    MRE_TRY(parsed.request.host, config::resolve_host(*dependencies_.hosts.hosts(), host));
    const std::string *format = find_string(arguments, "response_format");
    parsed.form.as_json = format != nullptr && *format == "json";
    parsed.form.character_limit = settings->character_limit;
    return parsed;
  }

  const CoreToolsDependencies dependencies_;
};

std::string input_schema(const config::Settings &settings) {
  return R"({"type":"object","properties":{"command":{"type":"string","minLength":1,"maxLength":10000},)"
         R"("host":{"type":"string","description":"name from ssh_list_hosts"},)"
         R"("timeout":{"type":"integer","minimum":1,"maximum":)" +
         std::to_string(settings.max_timeout.count()) + R"(,"default":)" +
         std::to_string(settings.default_timeout.count()) +
         R"(,"description":"seconds"},"working_directory":{"type":"string"},)"
         R"("environment":{"type":"object","propertyNames":{"pattern":"^[A-Za-z_][A-Za-z0-9_]*$"},)"
         R"("additionalProperties":{"type":"string"}},"stdin":{"type":"string"},)"
         R"("response_format":{"enum":["text","json"],"default":"text"}},)"
         R"("required":["command"],"additionalProperties":false})";
}

} // namespace

tools::ToolDeclaration declare_exec_tool(const CoreToolsDependencies &dependencies) {
  tools::ToolDeclaration tool;
  tool.name = "ssh_exec_command";
  tool.title = "Run a command over SSH";
  tool.description = "Runs a shell command on a remote host; returns exit code, stdout and stderr. "
                     "No terminal, no state between "
                     "calls. Long output is cut in the middle; read the rest with ssh_read_output.";
  tool.input_schema = input_schema(*dependencies.settings());
  tool.output_schema = kExecOutputSchema;
  tool.task_support = tools::TaskSupport::optional; // cancelling it ends the remote process
  tool.handler = std::make_shared<ExecTool>(dependencies);
  return tool;
}

} // namespace mre::builtin
