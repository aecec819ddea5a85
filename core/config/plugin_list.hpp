// Which plugins the operator asked for, in listing order: the bundled ones that are on, then those
// of MRE_PLUGINS.
//
// Promise: each once; a bare name is looked up in the plugin folder, everything else is an absolute
// path; whether a file is there and can be trusted is the loader's question, so that
// MRE_PLUGINS_OPTIONAL can decide what it means.
// Threads: pure over its arguments and the file system.
#pragma once

#include "core/config/reader.hpp"
#include "core/config/settings.hpp"

#include <string>
#include <vector>

namespace mre::config {

struct PluginList {
  std::vector<PluginRequest> plugins;
  std::vector<AbsentPlugin> absent; // the bundled ones that nobody asked for
  std::vector<std::string> warnings;
};

// Complaints go through the reader.
PluginList read_plugin_list(Reader &reader, const Sources &sources, const LoadRequest &request);

} // namespace mre::config
