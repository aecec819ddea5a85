// `tools` and `tools explain NAME`.
//
// Threads: one.
#pragma once

#include "core/cli/output.hpp"
#include "core/plugin_host/plugin_host.hpp"
#include "core/tools/snapshot.hpp"

#include <string>
#include <vector>

namespace mre::cli {

// The plugins beside the tools they declare: one that was asked for and cannot start would stop a
// server, unless plugins are optional.
struct AskedPlugins {
  std::vector<plugin_host::PluginStatus> statuses = {};
  bool are_optional = false;
};

// Exit 1 when a server would not start with these plugins.
int run_tools(const tools::Snapshot &snapshot, const AskedPlugins &plugins, const Output &output);
int run_tools_explain(const tools::Snapshot &snapshot, const std::string &name,
                      const Output &output);

} // namespace mre::cli
