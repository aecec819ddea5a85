// A plugin's settings from its config_schema and the operator's variables.
//
// Promise: the object handed to create() satisfies the schema: each property from the variable it
// names (x-mre-env), typed, range-checked, else its default. What is wrong is said per variable,
// with what would be accepted and never with a secret's value; secrets (x-mre-secret) are known to
// the redactor before anything could print them. Threads: pure over its input.
#pragma once

#include "core/base/json.hpp"
#include "core/base/result.hpp"
#include "core/guard/redactor.hpp"
#include "core/plugin_host/descriptor.hpp"

#include <map>
#include <string>
#include <vector>

namespace mre::plugin_host {

struct PluginSettings {
  Json config = Json::object();
  std::vector<std::string> complaints; // about the operator's variables
  // Variables that begin like this plugin's own and are none of its settings, and what to say.
  std::map<std::string, std::string> unknown;
};

struct SettingsRequest {
  const PluginDescription &description;
  std::string name; // <NAME> of its variables, as in PluginRequest
  bool is_bundled = false;
  const std::map<std::string, std::string> &variables;
};

// An error is the plugin's: a schema that is none, or a variable that is not its own.
Result<PluginSettings> read_plugin_settings(const SettingsRequest &request,
                                            guard::Redactor &redactor);

} // namespace mre::plugin_host
