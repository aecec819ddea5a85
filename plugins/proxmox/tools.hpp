// The tools, one file each (or one for a pair that is alike).
//
// Threads: the tools run concurrently. Lifetime: they hold a view of the host and a reference to
// the plugin's state, which outlive them.
#pragma once

#include "cluster.hpp"

#include <mre/plugin.hpp>

namespace proxmox {

struct Plugin {
  mre::Host host;
  Cluster &cluster;
};

mre::Tool list_containers_tool(const Plugin &plugin);
mre::Tool container_status_tool(const Plugin &plugin);
mre::Tool start_container_tool(const Plugin &plugin);
mre::Tool stop_container_tool(const Plugin &plugin);
mre::Tool container_exec_tool(const Plugin &plugin);
mre::Tool upload_to_container_tool(const Plugin &plugin);
mre::Tool download_from_container_tool(const Plugin &plugin);
mre::Tool list_guests_tool(const Plugin &plugin);
mre::Tool guest_info_tool(const Plugin &plugin);
mre::Tool guest_power_tool(const Plugin &plugin);
mre::Tool guest_exec_tool(const Plugin &plugin);
mre::Tool snapshot_tool(const Plugin &plugin);
mre::Tool backup_tool(const Plugin &plugin);
mre::Tool provision_tool(const Plugin &plugin);
mre::Tool task_tool(const Plugin &plugin);

// What a guest is described by in results.
mre::Schema guest_properties();

} // namespace proxmox
