#include "core/builtin/core_tools.hpp"

#include "core/builtin/exec_tool.hpp"
#include "core/builtin/list_hosts_tool.hpp"
#include "core/builtin/read_output_tool.hpp"

#include <mre/version.h>

namespace mre::builtin {

tools::OwnerDeclaration declare_core_tools(const CoreToolsDependencies &dependencies) {
  tools::OwnerDeclaration core;
  core.owner = "core";
  core.version = MRE_VERSION_STRING;
  core.tools = {declare_exec_tool(dependencies), declare_read_output_tool(dependencies),
                declare_list_hosts_tool(dependencies)};
  return core;
}

} // namespace mre::builtin
