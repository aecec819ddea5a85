// proxmox_guest_exec: a command in a container or, through the guest agent, in a machine.
#include "agent_exec.hpp"
#include "arguments.hpp"
#include "container_exec.hpp"
#include "schemas.hpp"
#include "tools.hpp"

namespace proxmox {

namespace {

// A name keeps its number for longer than this; a guest that moved is found again anyway.
constexpr std::chrono::seconds kListingAge{10};

mre::Reply run_command(const Plugin &plugin, const mre::json &arguments, const mre::Call &call) {
  const mre::ExecArguments exec = mre::exec_arguments(arguments);
  const Node asked(plugin.host, call, text_of(arguments, "host"));
  const Guest guest = plugin.cluster.find(asked, guest_of(arguments), kListingAge);
  mre::Reply reply = mre::Reply::given();
  if (guest.kind == Kind::container) {
    plugin.cluster.at_container(call, text_of(arguments, "host"), guest.id, [&](const Node &node) {
      exec_in_container(plugin.host, plugin.cluster, node, guest.id, exec, "guest");
    });
  } else {
    plugin.cluster.at_guest(asked, guest, [&](const Node &node) {
      reply = exec_in_machine(plugin.host, node, guest.id, exec);
    });
  }
  return reply;
}

} // namespace

mre::Tool guest_exec_tool(const Plugin &plugin) {
  mre::Tool tool;
  tool.name = "proxmox_guest_exec";
  tool.title = "Run a command in a guest";
  tool.description =
      "Run a shell command as root in a container, or in a virtual machine through its "
      "guest agent (not for Windows).";
  tool.promises = MRE_TASK;
  mre::Schema properties = {{"guest", guest()}, {"ctid", ctid()}};
  properties.update(exec_properties(mre::Config(plugin.host).limits()));
  tool.input = input({"command"}, std::move(properties));
  tool.output = exec_output({{"guest", count()}});
  tool.run = [plugin](const mre::json &arguments, const mre::Call &call) {
    return run_command(plugin, arguments, call);
  };
  return tool;
}

} // namespace proxmox
