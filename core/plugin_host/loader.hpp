// From a file to a checked descriptor.
//
// Promise: nothing of the file runs before its path, its owner and, when pinned, its digest were
// checked, and the bytes that were checked are the bytes that are loaded. What was loaded stays
// mapped for the life of the process. A failure says which stage and why, with the dynamic linker's
// text verbatim. Threads: one at a time (start and reload).
#pragma once

#include "core/base/result.hpp"
#include "core/plugin_host/descriptor.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace mre::plugin_host {

struct PluginFile {
  std::string path;           // absolute
  std::string sha256;         // lower-case hex, or empty
  std::string pinned_by = {}; // the variable that says so
};

struct LoadedFile {
  Descriptor descriptor;
  std::pair<std::uint64_t, std::uint64_t>
      identity; // device and inode: one file under two names is one plugin
};

Result<LoadedFile> load_file(const PluginFile &file);

// Reads the descriptor of a file without starting the plugin; path may be relative. The trust
// checks apply: looking at a plugin runs its constructors.
Result<PluginDescription> describe(const std::string &path);

} // namespace mre::plugin_host
