// The command line as one value.
//
// Promise: never exits, never prints, never throws: help is a command like the others, and a wrong
// command line is an Error with a message for people and a hint.
// Threads: pure.
#pragma once

#include "core/base/result.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mre::cli {

enum class Command {
  help,
  version,
  serve,
  tools,
  tools_explain,
  call,
  plugins,
  plugins_info,
  doctor,
  plugins_new,
  client_config,
  plugin_command
};

struct Arguments {
  Command command = Command::serve;
  std::optional<std::string> env_file; // --env-file
  bool no_stdio = false;               // serve --no-stdio
  bool json = false;                   // call --json
  bool all = false;                    // doctor --all
  std::string subject;                 // NAME, TOOL, FILE.so or CLIENT
  std::string language = "cpp";        // plugins new: "c", "cpp" or "rust"
  std::optional<std::string> input;    // call: the JSON text, or "-"
  std::vector<std::string> words;      // plugin_command: the plugin, the command, and its words
};

// `words` without the program's name.
Result<Arguments> parse_arguments(const std::vector<std::string> &words);

// False for what must work on a machine where nothing is set up yet.
bool needs_configuration(Command command);

std::string help_text();
std::string version_text();

} // namespace mre::cli
