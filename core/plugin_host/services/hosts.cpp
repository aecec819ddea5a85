// mre.hosts/1: the configured hosts, without secrets.

#include "core/plugin_host/parts.hpp"
#include "core/plugin_host/services/services.hpp"

namespace mre::plugin_host {
namespace {

Json to_json(Instance &plugin, const config::HostConfig &host) {
  return {{"name", host.name},
          {"host", host.address},
          {"port", host.port},
          {"user", host.user},
          {"tags", host.tags},
          {"description", host.description},
          {"connected", plugin.parts().engine.is_connected(host)}};
}

mre_status resolve(const mre_host *host, mre_str name, mre_sink json, mre_error *err) {
  return serve(host, err, "hosts.resolve", [&](Instance &plugin) -> Result<void> {
    const config::HostBookPtr book = plugin.parts().hosts.hosts();
    MRE_TRY(const config::HostConfig found, config::resolve_host(*book, view(name)));
    write_to(json, dump_json(to_json(plugin, found)));
    return {};
  });
}

mre_status list(const mre_host *host, mre_sink json, mre_error *err) {
  return serve(host, err, "hosts.list", [&](Instance &plugin) -> Result<void> {
    const config::HostBookPtr book = plugin.parts().hosts.hosts();
    Json all = Json::array();
    for (const auto &[name, found] : book->hosts) {
      all.push_back(to_json(plugin, found));
    }
    write_to(json, dump_json(all));
    return {};
  });
}

} // namespace

const mre_hosts_api &hosts_service() {
  static const mre_hosts_api table = {sizeof table, 0, resolve, list};
  return table;
}

} // namespace mre::plugin_host
