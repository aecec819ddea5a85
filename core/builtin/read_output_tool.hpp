// ssh_read_output.
#pragma once

#include "core/builtin/core_tools.hpp"

namespace mre::builtin {

tools::ToolDeclaration declare_read_output_tool(const CoreToolsDependencies &dependencies);

} // namespace mre::builtin
