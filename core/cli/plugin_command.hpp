// `mcp-remote-exec PLUGIN COMMAND …`: the subcommands that plugins add.
//
// Promise: an unknown plugin or command is exit 2 with what there is; `PLUGIN` alone and `--help`
// list the commands. Text goes to standard output, an error to standard error.
// Threads: one.
#pragma once

#include "core/cli/call_command.hpp"
#include "core/cli/output.hpp"
#include "core/tools/snapshot.hpp"

#include <string>
#include <vector>

namespace mre::cli {

// words: the plugin's name or id, the command, and its own words.
int run_plugin_command(const tools::Snapshot &snapshot, const std::vector<std::string> &words,
                       CallCommand &calls, const Output &output);

} // namespace mre::cli
