// ssh_list_hosts.
#pragma once

#include "core/builtin/core_tools.hpp"

namespace mre::builtin {

tools::ToolDeclaration declare_list_hosts_tool(const CoreToolsDependencies &dependencies);

} // namespace mre::builtin
