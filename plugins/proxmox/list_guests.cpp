// proxmox_list_guests: containers and machines of the whole cluster, by one command.
#include "arguments.hpp"
#include "schemas.hpp"
#include "tools.hpp"

namespace proxmox {

namespace {

mre::Reply list_all(const Plugin &plugin, const mre::json &arguments, const mre::Call &call) {
  const Node node(plugin.host, call, text_of(arguments, "host"));
  mre::json rows = mre::json::array();
  std::string text;
  for (const Guest &guest : plugin.cluster.guests(node)) {
    rows.push_back(to_json(guest));
    text += std::to_string(guest.id) + "  " + noun(guest.kind) + "  " + guest.status +
            (guest.lock.empty() ? "" : " (locked: " + guest.lock + ")") +
            (guest.is_template ? " (template)" : "") + "  " + guest.name + "  on " + guest.node +
            "\n";
  }
  if (rows.empty()) {
    text = "There are no guests in the cluster of " + node.name() + ".";
  }
  return mre::Reply::of(std::move(text), {{"host", node.name()}, {"guests", std::move(rows)}});
}

} // namespace

mre::Schema guest_properties() {
  return {{"id", count()},
          {"type", one_of({"container", "machine"})},
          {"name", text()},
          {"status", text()},
          {"lock", text_or_null()},
          {"node", text_or_null()},
          {"tags", {{"type", "array"}, {"items", text()}}},
          {"template", {{"type", "boolean"}}}};
}

mre::Tool list_guests_tool(const Plugin &plugin) {
  mre::Tool tool;
  tool.name = "proxmox_list_guests";
  tool.title = "List guests";
  tool.description = "List containers and virtual machines of the whole cluster. States may lag "
                     "some seconds.";
  tool.promises = MRE_READ_ONLY | MRE_IDEMPOTENT;
  tool.input = input({}, {{"host", text()}});
  tool.output = output(
      {"guests"},
      {{"host", text()},
       {"guests",
        {{"type", "array"}, {"items", {{"type", "object"}, {"properties", guest_properties()}}}}}});
  tool.run = [plugin](const mre::json &arguments, const mre::Call &call) {
    return list_all(plugin, arguments, call);
  };
  return tool;
}

} // namespace proxmox
