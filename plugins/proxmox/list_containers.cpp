// proxmox_list_containers: the containers of a node's cluster, with the state of now.
#include "arguments.hpp"
#include "parse.hpp"
#include "schemas.hpp"
#include "tools.hpp"

#include <algorithm>

namespace proxmox {

namespace {

// pct list is the state of now, but only of this node and without tags; the cluster's listing has
// the rest and lags some seconds behind.
std::vector<Guest> merge(Cluster &cluster, const std::string &host, std::vector<Guest> own,
                         const std::vector<Guest> &all) {
  std::vector<Guest> merged;
  for (const Guest &guest : all) {
    if (guest.kind != Kind::container) {
      continue;
    }
    merged.push_back(guest);
    for (Guest &mine : own) {
      if (mine.id == guest.id) {
        cluster.learn_node_name(host, guest.node);
        merged.back().status = mine.status;
        merged.back().lock = mine.lock;
        mine.id = 0;
      }
    }
  }
  for (Guest &mine : own) {
    if (mine.id != 0) { // too new for the listing
      mine.node = cluster.node_name(host);
      merged.push_back(std::move(mine));
    }
  }
  std::sort(merged.begin(), merged.end(),
            [](const Guest &left, const Guest &right) { return left.id < right.id; });
  return merged;
}

std::vector<Guest> containers_of(const Plugin &plugin, const Node &node) {
  const NodeCommand list{"pct", {"list"}};
  const NodeCommand resources{
      "pvesh", {"get", "/cluster/resources", "--type", "vm", "--output-format", "json"}};
  const mre::Executed done = node.execute(
      node.command_for(node_line({list, resources}, node.login()), std::chrono::milliseconds(0)));
  const std::vector<std::string> outputs = split_outputs(done.out);
  check_outcome(done, {"pct list", node.name()});
  if (outputs.size() < 2) {
    throw refusal({"pct list", node.name()}, done.err, done.out);
  }
  std::vector<Guest> own = parse_container_list(outputs[0]);
  if (done.exit_code == 0) {
    return merge(plugin.cluster, node.name(), std::move(own), parse_resources(outputs[1]));
  }
  // A login that may run pct only: this node's containers, without tags.
  mre::Log(plugin.host)
      .debug("resources_refused", {{"host", node.name()}, {"reason", own_words(done.err, {})}});
  for (Guest &guest : own) {
    guest.node = plugin.cluster.node_name(node.name());
  }
  return own;
}

mre::json row_of(const Guest &guest) {
  mre::json row = to_json(guest);
  return {{"ctid", guest.id},       {"name", guest.name},     {"status", guest.status},
          {"lock", row.at("lock")}, {"node", row.at("node")}, {"tags", guest.tags}};
}

mre::Reply list(const Plugin &plugin, const mre::json &arguments, const mre::Call &call) {
  const Node node(plugin.host, call, text_of(arguments, "host"));
  mre::json rows = mre::json::array();
  std::string text;
  for (const Guest &guest : containers_of(plugin, node)) {
    rows.push_back(row_of(guest));
    text += std::to_string(guest.id) + "  " + guest.status +
            (guest.lock.empty() ? "" : " (locked: " + guest.lock + ")") + "  " + guest.name +
            (guest.node.empty() ? "" : "  on " + guest.node) + "\n";
  }
  if (rows.empty()) {
    text = "There are no containers on " + node.name() + ".";
  }
  mre::json result = {{"host", node.name()}, {"containers", std::move(rows)}};
  if (text_of(arguments, "response_format") == "json") {
    return mre::Reply::of_json(std::move(result));
  }
  return mre::Reply::of(std::move(text), std::move(result));
}

} // namespace

mre::Tool list_containers_tool(const Plugin &plugin) {
  mre::Tool tool;
  tool.name = "proxmox_list_containers";
  tool.title = "List containers";
  tool.description = "List the containers (LXC) of a Proxmox VE node and its cluster.";
  tool.promises = MRE_READ_ONLY | MRE_IDEMPOTENT;
  tool.input = input({}, {{"host", text()}, {"response_format", response_format()}});
  tool.output =
      output({"containers"}, {{"host", text()},
                              {"containers",
                               {{"type", "array"},
                                {"items",
                                 {{"type", "object"},
                                  {"properties",
                                   {{"ctid", count()},
                                    {"name", text()},
                                    {"status", text()},
                                    {"lock", text_or_null()},
                                    {"node", text_or_null()},
                                    {"tags", {{"type", "array"}, {"items", text()}}}}}}}}}});
  tool.run = [plugin](const mre::json &arguments, const mre::Call &call) {
    return list(plugin, arguments, call);
  };
  return tool;
}

} // namespace proxmox
