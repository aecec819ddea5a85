#include "core/cli/arguments.hpp"

#include "core/base/json.hpp"
#include "core/base/nearest.hpp"

#include <mre/version.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace mre::cli {
namespace {

const std::vector<std::string> kCommands = {"serve",   "tools",  "call",
                                            "plugins", "doctor", "client-config"};

Error usage(std::string message, std::string hint = "`mcp-remote-exec --help` shows all commands") {
  return Error{Errc::bad_argument, std::move(message), std::move(hint)};
}

Error unexpected(const std::string &word, bool has_command) {
  if (!word.empty() && word[0] == '-') {
    return usage("unknown option " + word);
  }
  if (has_command) {
    return usage("unexpected argument " + json_quote(word));
  }
  const std::string near = nearest_name(word, kCommands);
  return usage("unknown command " + json_quote(word) +
               (near.empty() ? std::string() : "; did you mean " + near + "?"));
}

// The grammar, bound to an Arguments.
class Grammar {
public:
  Grammar() : app_("mcp-remote-exec", "mcp-remote-exec") {
    app_.set_help_flag(); // looked for before, so that it works beside anything
    app_.require_subcommand(0, 1);
    app_.add_option("--env-file", result_.env_file)->type_name("FILE");
    add_serve();
    add_tools();
    add_call();
    add_plugins();
    add_doctor();
    add_client_config();
  }

  Result<Arguments> parse(std::vector<std::string> words) {
    std::reverse(words.begin(), words.end()); // CLI11 takes them from the back
    try {
      app_.parse(std::move(words));
    } catch (const CLI::ExtrasError &) {
      return unexpected(app_.remaining(true).front(), !app_.get_subcommands().empty());
    } catch (const CLI::Error &error) {
      return usage(error.what());
    }
    return std::move(result_);
  }

private:
  CLI::App *command(CLI::App &parent, const std::string &name, Command command) {
    CLI::App *added = parent.add_subcommand(name);
    added->set_help_flag();
    added->fallthrough(); // --env-file may stand behind the command as well
    added->parse_complete_callback([this, command] { result_.command = command; });
    return added;
  }

  void add_serve() {
    command(app_, "serve", Command::serve)->add_flag("--no-stdio", result_.no_stdio);
  }
  void add_tools() {
    CLI::App *tools = command(app_, "tools", Command::tools);
    tools->require_subcommand(0, 1);
    command(*tools, "explain", Command::tools_explain)
        ->add_option("NAME", result_.subject)
        ->required();
    settle_nested(tools, Command::tools, {{"explain", Command::tools_explain}});
  }
  void add_call() {
    CLI::App *call = command(app_, "call", Command::call);
    call->add_option("TOOL", result_.subject)->required();
    call->add_option("JSON", result_.input);
    call->add_flag("--json", result_.json);
  }
  void add_plugins() {
    CLI::App *plugins = command(app_, "plugins", Command::plugins);
    plugins->require_subcommand(0, 1);
    command(*plugins, "info", Command::plugins_info)
        ->add_option("FILE", result_.subject)
        ->required();
    CLI::App *made = command(*plugins, "new", Command::plugins_new);
    made->add_option("NAME", result_.subject)->required();
    for (const std::string language : {"c", "cpp", "rust"}) {
      made->add_flag_callback("--" + language, [this, language] { result_.language = language; });
    }
    settle_nested(plugins, Command::plugins,
                  {{"info", Command::plugins_info}, {"new", Command::plugins_new}});
  }
  void add_doctor() {
    CLI::App *doctor = command(app_, "doctor", Command::doctor);
    CLI::Option *host = doctor->add_option("--host", result_.subject)->type_name("NAME");
    doctor->add_flag("--all", result_.all)->excludes(host);
  }
  void add_client_config() {
    command(app_, "client-config", Command::client_config)
        ->add_option("CLIENT", result_.subject)
        ->required();
  }

  // The outer command may be told of its end after the inner one; which of them was meant does not
  // depend on that.
  void settle_nested(CLI::App *outer, Command plain, std::map<std::string, Command> nested) {
    outer->parse_complete_callback([this, outer, plain, nested = std::move(nested)] {
      const auto given = outer->get_subcommands();
      result_.command = given.empty() ? plain : nested.at(given.front()->get_name());
    });
  }

  Arguments result_;
  CLI::App app_;
};

// A first word that is no command of ours, nor nearly one, names a plugin with commands of its own;
// what stands behind it is the plugin's.
std::optional<Arguments> plugin_command(const std::vector<std::string> &words) {
  Arguments arguments;
  auto word = words.begin();
  for (; word != words.end() && !word->empty() && (*word)[0] == '-'; ++word) {
    if (*word == "--env-file" && word + 1 != words.end()) {
      arguments.env_file = *++word;
    } else if (word->rfind("--env-file=", 0) == 0) {
      arguments.env_file = word->substr(std::string_view("--env-file=").size());
    } else {
      return std::nullopt;
    }
  }
  if (word == words.end() || !nearest_name(*word, kCommands).empty()) {
    return std::nullopt;
  }
  arguments.command = Command::plugin_command;
  arguments.words.assign(word, words.end());
  return arguments;
}

} // namespace

Result<Arguments> parse_arguments(const std::vector<std::string> &words) {
  if (auto of_plugin = plugin_command(words)) {
    return *std::move(of_plugin);
  }
  // Looked for anywhere, help before version: whoever asks for help gets it, whatever else is
  // wrong. Not behind `call`, whose JSON is data.
  const auto end = std::find(words.begin(), words.end(), "call");
  const auto has = [&](std::string_view name) {
    return std::find(words.begin(), end, name) != end;
  };
  Arguments plain;
  const bool is_call_help =
      end != words.end() && (words.back() == "--help" || words.back() == "-h");
  if (has("--help") || has("-h") || is_call_help) {
    plain.command = Command::help;
    return plain;
  }
  if (has("--version") || has("-v")) {
    plain.command = Command::version;
    return plain;
  }
  return Grammar().parse(words);
}

bool needs_configuration(Command command) {
  switch (command) {
  case Command::help:
  case Command::version:
  case Command::plugins_info:
  case Command::plugins_new:
  case Command::client_config:
    return false;
  case Command::serve:
  case Command::tools:
  case Command::tools_explain:
  case Command::call:
  case Command::plugins:
  case Command::doctor:
  case Command::plugin_command:
    return true;
  }
  return true;
}

std::string version_text() {
  return "mcp-remote-exec version " MRE_VERSION_STRING "\n";
}

std::string help_text() {
  return R"(mcp-remote-exec: hands on remote machines over SSH, for clients of the Model Context Protocol

Usage:
  mcp-remote-exec                       serve MCP on stdin and stdout (and on plugin transports)
  mcp-remote-exec serve --no-stdio      only plugin transports, for a daemon; ends on SIGTERM
  mcp-remote-exec tools                 the tools: name, owner, visible or hidden and why
  mcp-remote-exec tools explain NAME    every step that led to it
  mcp-remote-exec call TOOL [JSON | -]  run one tool and print its text (--json: the structured result)
  mcp-remote-exec plugins               what is loaded and from where; what was refused and why
  mcp-remote-exec plugins info FILE.so  read a plugin's description without starting it
  mcp-remote-exec PLUGIN COMMAND …      a command that a plugin adds; PLUGIN alone lists them
  mcp-remote-exec plugins new NAME      a plugin that builds, in C++ (--c, --rust: in those)
  mcp-remote-exec doctor [--host NAME | --all]
                                        what would keep a call from working, and the remedies
  mcp-remote-exec client-config CLIENT  the snippet for claude-desktop, claude-code, cursor, vscode,
                                        codex or gemini

Options:
  --env-file FILE   read settings from FILE (KEY=VALUE lines); the environment wins over it
  --help, -h        this text
  --version, -v     the version

Settings, as environment variables or in the settings file (./.env, else
~/.config/mcp-remote-exec/env):
  I_ACCEPT_RISKS=true          required: an AI client will run commands on your hosts
  HOST                         the host to log in to; SSH_PORT (22), SSH_USERNAME (root)
  SSH_PASSWORD or SSH_KEY      its credentials; with neither, the SSH agent and the usual key files
  MRE_HOSTS                    a JSON file with more hosts
  ENABLE_PROXMOX, ENABLE_IMAGEKIT, ENABLE_HTTP, ENABLE_SFTP   bundled plugins, on or off
The README explains these and all others.

Exit codes: 0 done, 1 the tool failed, 2 wrong usage or settings, 70 a defect of this program.
)";
}

} // namespace mre::cli
