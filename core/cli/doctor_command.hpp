// `doctor [--host NAME | --all]`: what would keep a call from working, one line each with the
// remedy.
//
// Promise: looks at settings, state, plugins, then at one host (the one calls without `host` use),
// the named one, or all of them side by side. Exit 0 when nothing failed (warnings do not count), 1
// when something did, 2 for a host that does not exist. Nothing secret is printed. Threads: one.
// Lifetime: the parts outlive it.
#pragma once

#include "core/cli/host_checkup.hpp"
#include "core/cli/output.hpp"
#include "core/config/settings.hpp"
#include "core/guard/redactor.hpp"
#include "core/plugin_host/plugin_host.hpp"

#include <string>
#include <vector>

namespace mre::cli {

struct DoctorParts {
  CheckupParts checkup;
  config::SettingsPtr settings;
  config::HostBookPtr hosts;
  std::vector<plugin_host::PluginStatus> plugins;
  const guard::Redactor &redactor;
};

struct DoctorArguments {
  std::string host; // empty: the one that calls without `host` use
  bool all = false;
};

int run_doctor(const DoctorParts &parts, const DoctorArguments &arguments, const Output &output);

} // namespace mre::cli
