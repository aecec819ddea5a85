// proxmox_container_exec_command: a shell command in a container.
#include "arguments.hpp"
#include "container_exec.hpp"
#include "schemas.hpp"
#include "tools.hpp"

namespace proxmox {

mre::Tool container_exec_tool(const Plugin &plugin) {
  mre::Tool tool;
  tool.name = "proxmox_container_exec_command";
  tool.title = "Run a command in a container";
  tool.description = "Run a shell command as root inside a running container; returns exit code, "
                     "stdout and stderr. The node's environment does not reach it.";
  tool.promises = MRE_TASK;
  mre::Schema properties = {{"ctid", ctid()}};
  properties.update(exec_properties(mre::Config(plugin.host).limits()));
  tool.input = input({"ctid", "command"}, std::move(properties));
  tool.output = exec_output({{"ctid", count()}});
  tool.run = [plugin](const mre::json &arguments, const mre::Call &call) {
    const std::uint32_t ctid = ctid_of(arguments);
    const mre::ExecArguments exec = mre::exec_arguments(arguments);
    plugin.cluster.at_container(call, text_of(arguments, "host"), ctid, [&](const Node &node) {
      exec_in_container(plugin.host, plugin.cluster, node, ctid, exec, "ctid");
    });
    return mre::Reply::given();
  };
  return tool;
}

} // namespace proxmox
