// proxmox_start_container and proxmox_stop_container: an unchanged state is no error.
#include "arguments.hpp"
#include "await_status.hpp"
#include "parse.hpp"
#include "schemas.hpp"
#include "tools.hpp"

namespace proxmox {

namespace {

struct Power {
  const char *verb;    // "start"
  const char *target;  // the state afterwards
  const char *before;  // the state of a container that could be changed
  const char *already; // what pct says when there is nothing to change
};
constexpr Power kStart{"start", "running", "stopped", "already running"};
constexpr Power kStop{"stop", "stopped", "running", "not running"};

// The manager of a guest that is managed for high availability acts some seconds later.
constexpr std::chrono::seconds kManagerPatience{30};

mre::json change(const Node &node, std::uint32_t ctid, const Power &power) {
  const std::string id = std::to_string(ctid);
  try {
    const std::vector<std::string> outputs =
        node.run({{"pct", {power.verb, id}}, {"pct", {"status", id}}});
    std::string after = parse_status(outputs[1]);
    const bool is_managed = is_left_to_manager(outputs[0]);
    if (is_managed && after != power.target) {
      after = await_status(node, {"pct", {"status", id}}, power.target, kManagerPatience);
    }
    if (after != power.target) {
      throw mre::Error(is_managed ? MRE_TIMED_OUT : MRE_REMOTE_FAILED,
                       "container " + id + " on " + node.name() + " is " + after + " after pct " +
                           power.verb + (is_managed ? ", which its HA manager was asked for" : ""),
                       "see its state with proxmox_container_status");
    }
    return {{"ctid", ctid},
            {"changed", true},
            {"before", power.before},
            {"after", after},
            {"host", node.name()}};
  } catch (const MissingGuest &) {
    throw;
  } catch (const mre::Error &error) {
    const std::string says = "CT " + id + " " + power.already;
    if (error.status() != MRE_CONFLICT ||
        std::string(error.what()).find(says) == std::string::npos) {
      throw;
    }
    return {{"ctid", ctid},
            {"changed", false},
            {"before", power.target},
            {"after", power.target},
            {"host", node.name()}};
  }
}

mre::Reply run(const Plugin &plugin, const Power &power, const mre::json &arguments,
               const mre::Call &call) {
  const std::uint32_t ctid = ctid_of(arguments);
  mre::json result;
  plugin.cluster.at_container(call, text_of(arguments, "host"), ctid,
                              [&](const Node &node) { result = change(node, ctid, power); });
  const bool changed = result.at("changed").get<bool>();
  std::string text = "Container " + std::to_string(ctid) +
                     (changed ? " is now " : " already was ") + power.target + ".";
  return mre::Reply::of(std::move(text), std::move(result));
}

mre::Tool power_tool(const Plugin &plugin, const Power &power) {
  mre::Tool tool;
  tool.input = input({"ctid"}, {{"ctid", ctid()}, {"host", text()}});
  tool.output = output({"ctid", "changed", "before", "after"}, {{"ctid", count()},
                                                                {"changed", {{"type", "boolean"}}},
                                                                {"before", text()},
                                                                {"after", text()},
                                                                {"host", text()}});
  tool.run = [plugin, power](const mre::json &arguments, const mre::Call &call) {
    return run(plugin, power, arguments, call);
  };
  return tool;
}

} // namespace

mre::Tool start_container_tool(const Plugin &plugin) {
  mre::Tool tool = power_tool(plugin, kStart);
  tool.name = "proxmox_start_container";
  tool.title = "Start a container";
  tool.description = "Start a container. One that runs is left as it is.";
  tool.promises = MRE_ADDITIVE | MRE_IDEMPOTENT;
  return tool;
}

mre::Tool stop_container_tool(const Plugin &plugin) {
  mre::Tool tool = power_tool(plugin, kStop);
  tool.name = "proxmox_stop_container";
  tool.title = "Stop a container";
  tool.description = "Stop a container at once: a hard stop, as pulling the plug. For a clean "
                     "shutdown use proxmox_guest_power.";
  tool.promises = MRE_IDEMPOTENT;
  return tool;
}

} // namespace proxmox
