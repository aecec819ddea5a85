// The three tools of the core: ssh_exec_command, ssh_read_output, ssh_list_hosts (surface section
// 6).
//
// Threads: the handlers run on any; ssh_exec_command and ssh_list_hosts never block,
// ssh_read_output reads from the disk. Lifetime: everything in the dependencies outlives the
// declaration and its calls.
#pragma once

#include "core/builtin/exec_call.hpp"
#include "core/config/settings.hpp"
#include "core/tools/declaration.hpp"

#include <functional>

namespace mre::builtin {

struct CoreToolsDependencies {
  ExecServices exec;
  config::HostSource &hosts;
  std::function<config::SettingsPtr()> settings; // the settings of this moment
};

// The owner "core". The bound of `timeout` in the schema is that of the settings now: declare again
// after a reload.
tools::OwnerDeclaration declare_core_tools(const CoreToolsDependencies &dependencies);

} // namespace mre::builtin
