// What a plugin says about itself, read from its descriptor and checked.
//
// Promise: a descriptor that lacks what the host needs is refused with the name of the field; a
// newer, longer one is accepted. Threads: pure. Lifetime: PluginDescription owns its texts,
// Descriptor::functions stays valid for ever (plugins are never unloaded).
#pragma once

#include "core/base/result.hpp"

#include <mre/plugin.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mre::plugin_host {

struct PluginDescription {
  std::string file; // resolved path
  std::string id, version, title, license, url;
  std::uint32_t abi_minor = 0;
  std::uint32_t max_calls = 1;
  std::vector<std::string> needs;
  std::string config_schema; // JSON text, or empty
};

struct Descriptor {
  PluginDescription description;
  mre_plugin functions{}; // as this build knows the struct
};

Result<Descriptor> read_descriptor(const mre_plugin *raw, const std::string &file);

// Reserved ids (those without a dot) belong to bundled plugins of that name; denied otherwise.
Result<void> check_id(const std::string &id, const std::string &name, bool is_bundled);

} // namespace mre::plugin_host
