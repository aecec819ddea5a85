// The proxmox plugin: containers and virtual machines of Proxmox VE, through its command line.
//
// Threads: calls run side by side; Cluster locks what they share. Lifetime: the plugin's.
#include "cluster.hpp"
#include "guest_files_service.hpp"
#include "sudoers.hpp"
#include "tools.hpp"

#include <mre/plugin.hpp>
#include <mre/version.h>

namespace {

class ProxmoxPlugin {
public:
  static mre::About about() {
    mre::About about;
    about.id = "proxmox";
    about.version = MRE_VERSION_STRING;
    about.title = "Proxmox VE guests";
    about.needs = {MRE_SSH, MRE_LOCAL, MRE_HOSTS, MRE_CONFIG,
                   MRE_LOG, MRE_CLI,   MRE_TOOLS, MRE_PLUGINS};
    about.max_calls = 256; // the host has its own bound
    return about;
  }

  ProxmoxPlugin(mre::Host host, const mre::json &)
      : host_(host), cluster_(host), guest_files_(host, cluster_) {}

  void declare(mre::Registry &registry) {
    const proxmox::Plugin plugin{host_, cluster_};
    registry.tool(proxmox::list_containers_tool(plugin));
    registry.tool(proxmox::container_status_tool(plugin));
    registry.tool(proxmox::start_container_tool(plugin));
    registry.tool(proxmox::stop_container_tool(plugin));
    registry.tool(proxmox::container_exec_tool(plugin));
    registry.tool(proxmox::upload_to_container_tool(plugin));
    registry.tool(proxmox::download_from_container_tool(plugin));
    registry.tool(proxmox::list_guests_tool(plugin));
    registry.tool(proxmox::guest_info_tool(plugin));
    registry.tool(proxmox::guest_power_tool(plugin));
    registry.tool(proxmox::guest_exec_tool(plugin));
    registry.tool(proxmox::snapshot_tool(plugin));
    registry.tool(proxmox::backup_tool(plugin));
    registry.tool(proxmox::provision_tool(plugin));
    registry.tool(proxmox::task_tool(plugin));
    registry.subcommand(proxmox::sudoers_command(host_));
    registry.provide(MRE_GUEST_FILES, guest_files_.table());
  }

private:
  mre::Host host_;
  proxmox::Cluster cluster_;
  proxmox::GuestFilesService guest_files_;
};

} // namespace

MRE_PLUGIN(ProxmoxPlugin)
