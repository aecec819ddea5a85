#include "core/cli/plugin_command.hpp"

#include "core/base/nearest.hpp"
#include "core/cli/exit_codes.hpp"

#include <algorithm>

namespace mre::cli {
namespace {

using Commands = std::vector<const tools::CommandDeclaration *>;

Commands commands_of(const tools::Snapshot &snapshot, const std::string &plugin) {
  Commands found;
  for (const auto &command : snapshot.commands()) {
    if (command.plugin == plugin || command.owner == plugin) {
      found.push_back(&command);
    }
  }
  return found;
}

std::string usage_of(const tools::CommandDeclaration &command) {
  return command.plugin + " " + command.name +
         (command.arguments.empty() ? "" : " " + command.arguments);
}

std::string list_of(const Commands &commands) {
  std::size_t width = 0;
  for (const auto *command : commands) {
    width = std::max(width, usage_of(*command).size());
  }
  std::string text;
  for (const auto *command : commands) {
    std::string line = "  mcp-remote-exec " + usage_of(*command);
    line.resize(line.size() + width - usage_of(*command).size() + 2, ' ');
    text += line + command->summary + "\n";
  }
  return text;
}

int unknown_plugin(const tools::Snapshot &snapshot, const std::string &word, const Output &output) {
  std::vector<std::string> names;
  for (const auto &command : snapshot.commands()) {
    names.push_back(command.plugin);
  }
  const std::string near = nearest_name(word, names);
  print_error(output,
              Error{Errc::bad_argument,
                    "unknown command '" + word + "'; no active plugin of that name has any" +
                        (near.empty() ? "" : "; did you mean " + near + "?"),
                    "`mcp-remote-exec --help` shows all commands"});
  return kUsage;
}

int unknown_command(const Commands &commands, const std::string &word, const Output &output) {
  print_error(output, Error{Errc::bad_argument,
                            "the plugin " + commands.front()->plugin + " has no command '" + word +
                                "'; it has:",
                            {}});
  output.err << visible_text(list_of(commands));
  return kUsage;
}

} // namespace

int run_plugin_command(const tools::Snapshot &snapshot, const std::vector<std::string> &words,
                       CallCommand &calls, const Output &output) {
  const Commands commands = commands_of(snapshot, words.at(0));
  if (commands.empty()) {
    return unknown_plugin(snapshot, words[0], output);
  }
  const std::string name = words.size() < 2 ? "--help" : words[1];
  if (name == "--help" || name == "-h") {
    output.out << visible_text(list_of(commands));
    return kOk;
  }
  const auto *command = snapshot.find_command(words[0], name);
  if (command == nullptr) {
    return unknown_command(commands, name, output);
  }
  const int code = calls.run_command(words[0] + " " + name, {words.begin() + 2, words.end()});
  if (code == kUsage) {
    output.err << visible_text("usage:\n" + list_of({command}));
  }
  return code;
}

} // namespace mre::cli
