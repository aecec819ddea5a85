// `plugins` and `plugins info FILE.so`.
//
// Threads: one.
#pragma once

#include "core/cli/output.hpp"
#include "core/plugin_host/plugin_host.hpp"

#include <string>
#include <vector>

namespace mre::cli {

// Exit 1 when one was refused or is wedged.
int run_plugins(const std::vector<plugin_host::PluginStatus> &statuses, const Output &output);
// Runs the file's constructors, so the trust checks apply; an absent or foreign file is exit 1.
int run_plugins_info(const std::string &file, const Output &output);

} // namespace mre::cli
