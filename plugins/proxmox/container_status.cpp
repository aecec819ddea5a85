// proxmox_container_status: the state of one container.
#include "arguments.hpp"
#include "parse.hpp"
#include "schemas.hpp"
#include "tools.hpp"

namespace proxmox {

namespace {

// The node's own name, which pct status does not tell: learned once.
std::string learn_node(const Plugin &plugin, const Node &node, std::uint32_t ctid) {
  if (std::string name = plugin.cluster.node_name(node.name()); !name.empty()) {
    return name;
  }
  try {
    std::string name =
        plugin.cluster.find(node, std::to_string(ctid), std::chrono::seconds(0)).node;
    plugin.cluster.learn_node_name(node.name(), name);
    return name;
  } catch (const mre::Error &error) {
    if (error.status() == MRE_CANCELLED || error.status() == MRE_LOST) {
      throw;
    }
    return {}; // a login that may run pct only
  }
}

mre::Reply status(const Plugin &plugin, const mre::json &arguments, const mre::Call &call) {
  const std::uint32_t ctid = ctid_of(arguments);
  mre::json result;
  std::string text;
  plugin.cluster.at_container(call, text_of(arguments, "host"), ctid, [&](const Node &node) {
    const std::string printed =
        node.run_one({"pct", {"status", std::to_string(ctid), "--verbose"}});
    const auto fields = parse_fields(printed);
    const auto field = [&fields](const char *name) {
      const auto found = fields.find(name);
      return found == fields.end() || found->second.empty() ? mre::json()
                                                            : mre::json(found->second);
    };
    const std::string state = parse_status(printed);
    const std::string own = learn_node(plugin, node, ctid);
    result = {{"ctid", ctid},
              {"name", field("name")},
              {"status", state},
              {"lock", field("lock")},
              {"node", own.empty() ? mre::json() : mre::json(own)},
              {"host", node.name()}};
    text = "Container " + std::to_string(ctid) + " is " + state +
           (field("lock").is_null() ? "" : ", locked: " + field("lock").get<std::string>());
  });
  return mre::Reply::of(std::move(text), std::move(result));
}

} // namespace

mre::Tool container_status_tool(const Plugin &plugin) {
  mre::Tool tool;
  tool.name = "proxmox_container_status";
  tool.title = "Container status";
  tool.description = "The state of a container: running, stopped, locked.";
  tool.promises = MRE_READ_ONLY | MRE_IDEMPOTENT;
  tool.input = input({"ctid"}, {{"ctid", ctid()}, {"host", text()}});
  tool.output = output({"ctid", "status"}, {{"ctid", count()},
                                            {"name", text_or_null()},
                                            {"status", text()},
                                            {"lock", text_or_null()},
                                            {"node", text_or_null()},
                                            {"host", text()}});
  tool.run = [plugin](const mre::json &arguments, const mre::Call &call) {
    return status(plugin, arguments, call);
  };
  return tool;
}

} // namespace proxmox
