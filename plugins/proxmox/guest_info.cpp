// proxmox_guest_info: configuration, usage, addresses and snapshots of one guest.
#include "arguments.hpp"
#include "parse.hpp"
#include "schemas.hpp"
#include "tools.hpp"

namespace proxmox {

namespace {

NodeCommand get(const Guest &guest, const std::string &what) {
  return {"pvesh",
          {"get",
           "/nodes/" + guest.node + "/" + api_word(guest.kind) + "/" + std::to_string(guest.id) +
               "/" + what,
           "--output-format", "json"}};
}

// Addresses as "10.0.0.7/24", without the loopback, whatever the interface calls them.
mre::json addresses_of(const Guest &guest, const mre::json &read) {
  mre::json addresses = mre::json::array();
  const mre::json &list = read.is_object() && read.contains("result") ? read.at("result") : read;
  if (!list.is_array()) {
    return addresses;
  }
  for (const mre::json &entry : list) {
    if (!entry.is_object() || text_at(entry, "name") == "lo") {
      continue;
    }
    for (const char *name : {"inet", "inet6"}) {
      if (const auto found = entry.find(name); found != entry.end() && found->is_string()) {
        addresses.push_back(*found);
      }
    }
    const auto agent = entry.find("ip-addresses");
    if (guest.kind == Kind::machine && agent != entry.end() && agent->is_array()) {
      for (const mre::json &address : *agent) {
        const std::string ip = text_at(address, "ip-address");
        if (!ip.empty() && ip != "127.0.0.1" && ip != "::1") {
          addresses.push_back(ip + "/" + text_at(address, "prefix"));
        }
      }
    }
  }
  return addresses;
}

mre::json usage_of(const mre::json &status) {
  mre::json usage = mre::json::object();
  for (const char *name : {"cpu", "cpus", "mem", "maxmem", "swap", "maxswap", "disk", "maxdisk",
                           "uptime", "netin", "netout"}) {
    if (status.is_object() && status.contains(name)) {
      usage[name] = status.at(name);
    }
  }
  return usage;
}

mre::json snapshots_of(const mre::json &read) {
  mre::json snapshots = mre::json::array();
  if (read.is_array()) {
    for (const mre::json &row : read) {
      if (row.is_object() && text_at(row, "name") != "current") {
        snapshots.push_back(row);
      }
    }
  }
  return snapshots;
}

// The addresses need the guest's help, so they may be missing.
mre::json read_addresses(const Node &node, const Guest &guest, bool is_running) {
  if (!is_running) {
    return mre::json::array();
  }
  try {
    return addresses_of(guest,
                        parse_json(node.run_one(get(guest, guest.kind == Kind::container
                                                               ? "interfaces"
                                                               : "agent/network-get-interfaces")),
                                   "interfaces"));
  } catch (const mre::Error &error) {
    if (error.status() == MRE_CANCELLED || error.status() == MRE_LOST) {
      throw;
    }
    return nullptr;
  }
}

mre::Reply info(const Plugin &plugin, const mre::json &arguments, const mre::Call &call) {
  const Node node(plugin.host, call, text_of(arguments, "host"));
  const Guest guest = plugin.cluster.find(node, guest_of(arguments), std::chrono::milliseconds(0));
  const std::vector<std::string> outputs =
      node.run({get(guest, "status/current"), get(guest, "config"), get(guest, "snapshot")});
  const mre::json status = parse_json(outputs[0], "status/current");
  mre::json result = to_json(guest);
  if (const std::string state = text_at(status, "status"); !state.empty()) {
    result["status"] = state;
  }
  result["config"] = parse_json(outputs[1], "config");
  result["usage"] = usage_of(status);
  result["snapshots"] = snapshots_of(parse_json(outputs[2], "snapshot"));
  result["addresses"] = read_addresses(node, guest, result.at("status") == "running");
  std::string text =
      label(guest) + " on " + guest.node + ": " + result.at("status").get<std::string>() + "\n";
  for (const auto &[name, value] : result.at("config").items()) {
    text += name + ": " + (value.is_string() ? value.get<std::string>() : value.dump()) + "\n";
  }
  text += "addresses: " + mre::dump(result.at("addresses")) + "\n" +
          "snapshots: " + std::to_string(result.at("snapshots").size());
  return mre::Reply::of(std::move(text), std::move(result));
}

} // namespace

mre::Tool guest_info_tool(const Plugin &plugin) {
  mre::Tool tool;
  tool.name = "proxmox_guest_info";
  tool.title = "About a guest";
  tool.description =
      "Configuration, addresses, usage and snapshots of a container or virtual machine.";
  tool.promises = MRE_READ_ONLY | MRE_IDEMPOTENT;
  tool.input = input({}, {{"guest", guest()}, {"ctid", ctid()}, {"host", text()}});
  mre::Schema properties = guest_properties();
  properties["config"] = {{"type", "object"}};
  properties["usage"] = {{"type", "object"}};
  properties["snapshots"] = {{"type", "array"}};
  properties["addresses"] = {{"type", {"array", "null"}}};
  tool.output = output({"id", "config"}, std::move(properties));
  tool.run = [plugin](const mre::json &arguments, const mre::Call &call) {
    return info(plugin, arguments, call);
  };
  return tool;
}

} // namespace proxmox
