// ssh_exec_command.
#pragma once

#include "core/builtin/core_tools.hpp"

namespace mre::builtin {

tools::ToolDeclaration declare_exec_tool(const CoreToolsDependencies &dependencies);

} // namespace mre::builtin
