// proxmox_provision: create, clone, resize, destroy. Each with consent, naming what is hit.
#include "arguments.hpp"
#include "consent.hpp"
#include "container.hpp"
#include "job.hpp"
#include "parse.hpp"
#include "schemas.hpp"
#include "tools.hpp"

namespace proxmox {

namespace {

struct Plan {
  Job job;
  std::string what; // for the question and the result
};

std::string required_word(const mre::json &arguments, const char *name) {
  std::string word = plain_word(arguments, name);
  if (word.empty()) {
    throw mre::Error(MRE_BAD_ARGUMENT, std::string("/") + name + ": needed for this action");
  }
  return word;
}

void add_option(NodeCommand &command, const mre::json &arguments, const char *name,
                const char *option) {
  const auto found = arguments.find(name);
  if (found == arguments.end()) {
    return;
  }
  command.words.emplace_back(option);
  command.words.push_back(found->is_string() ? plain_word(arguments, name) : found->dump());
}

// The number asked for, or the cluster's next free one.
std::uint32_t new_id(const Node &node, const mre::json &arguments) {
  if (const auto found = arguments.find("new_id"); found != arguments.end()) {
    return found->get<std::uint32_t>();
  }
  const mre::json read = parse_json(
      node.run_one({"pvesh", {"get", "/cluster/nextid", "--output-format", "json"}}, only_reads()),
      "nextid");
  const std::uint32_t id = id_of(read.is_string()   ? read.get<std::string>()
                                 : read.is_number() ? read.dump()
                                                    : "");
  if (id == 0) {
    throw mre::Error(MRE_REMOTE_FAILED, "the cluster named no free number", "give new_id");
  }
  return id;
}

Plan plan_create(const Node &node, const mre::json &arguments) {
  const std::string from = required_word(arguments, "template");
  const std::uint32_t id = new_id(node, arguments);
  Plan plan;
  plan.job.id = id;
  plan.job.task_type = "vzcreate";
  plan.job.command = {"pct", {"create", std::to_string(id), from}};
  NodeCommand &command = plan.job.command;
  add_option(command, arguments, "name", "--hostname");
  add_option(command, arguments, "memory", "--memory");
  add_option(command, arguments, "cores", "--cores");
  add_option(command, arguments, "network", "--net0");
  if (const auto size = arguments.find("size"); size != arguments.end()) {
    const std::string storage = plain_word(arguments, "storage");
    command.words.insert(command.words.end(),
                         {"--rootfs", (storage.empty() ? "local-lvm" : storage) + ":" +
                                          required_word(arguments, "size")});
  } else {
    add_option(command, arguments, "storage", "--storage");
  }
  command.words.insert(command.words.end(), {"--unprivileged", "1"});
  if (flag_of(arguments, "start") || arguments.contains("password")) {
    command.words.insert(command.words.end(), {"--start", "1"});
  }
  if (const std::string key = text_of(arguments, "ssh_public_key"); !key.empty()) {
    plan.job.input = key + "\n";
    plan.job.input_option = "--ssh-public-keys";
  }
  plan.what = "create container " + std::to_string(id) + " on " + node.name() + " from " + from;
  return plan;
}

Plan plan_clone(const Node &node, const Guest &guest, const mre::json &arguments) {
  const std::uint32_t id = new_id(node, arguments);
  Plan plan;
  plan.job.id = guest.id;
  plan.job.task_type = guest.kind == Kind::container ? "vzclone" : "qmclone";
  plan.job.command = {program_for(guest.kind),
                      {"clone", std::to_string(guest.id), std::to_string(id)}};
  NodeCommand &command = plan.job.command;
  add_option(command, arguments, "name", guest.kind == Kind::container ? "--hostname" : "--name");
  add_option(command, arguments, "snapshot", "--snapname");
  add_option(command, arguments, "node", "--target");
  if (arguments.value("full", !guest.is_template)) {
    command.words.insert(command.words.end(), {"--full", "1"});
    add_option(command, arguments, "storage", "--storage");
  }
  plan.what = "clone " + label(guest) + " on " + guest.node + " as " + std::to_string(id);
  return plan;
}

Plan plan_resize(const Guest &guest, const mre::json &arguments) {
  const std::string disk = required_word(arguments, "disk");
  const std::string size = required_word(arguments, "size");
  Plan plan;
  plan.job.id = guest.id;
  plan.job.task_type = "resize";
  plan.job.command = {program_for(guest.kind), {"resize", std::to_string(guest.id), disk, size}};
  plan.what = "resize " + disk + " of " + label(guest) + " on " + guest.node + " to " + size +
              ", which cannot be undone";
  return plan;
}

Plan plan_destroy(const Guest &guest, const mre::json &arguments) {
  Plan plan;
  plan.job.id = guest.id;
  plan.job.task_type = guest.kind == Kind::container ? "vzdestroy" : "qmdestroy";
  plan.job.command = {program_for(guest.kind), {"destroy", std::to_string(guest.id)}};
  if (flag_of(arguments, "purge")) {
    plan.job.command.words.insert(plan.job.command.words.end(), {"--purge", "1"});
  }
  std::string tags;
  for (const std::string &tag : guest.tags) {
    tags += (tags.empty() ? ", tags " : " ") + tag;
  }
  plan.what = "destroy " + label(guest) + " on " + guest.node + " with its disks (" + guest.status +
              tags + ")";
  return plan;
}

// By standard input: what stands in a command line shows in the node's process list.
void set_password(const Plugin &plugin, const Node &node, std::uint32_t id,
                  const std::string &password) {
  const Container container(plugin.cluster, node, id);
  container.prepare();
  mre::Command command = node.command_for(container.line({"chpasswd"}), {});
  command.input = "root:" + password + "\n";
  const mre::Executed done = node.execute(command);
  if (!done.succeeded()) {
    throw mre::Error(
        MRE_REMOTE_FAILED,
        "container " + std::to_string(id) +
            " was created, but its root password was not set: " + own_words(done.err, done.out),
        "set it with proxmox_guest_exec and chpasswd");
  }
}

// writeOnly: the value is no part of any record.
mre::Schema password() {
  mre::Schema schema = text("of root; implies start");
  schema["writeOnly"] = true;
  return schema;
}

// Copying may throw, moving does not. NOLINTNEXTLINE(bugprone-exception-escape)
struct Steps {
  mre::json result;
  std::string text;
};

Steps carry_out(const Plugin &plugin, const Node &node, Plan plan, const mre::json &arguments) {
  const std::string action = text_of(arguments, "action");
  need_consent(arguments, node.call(), plan.what);
  plan.job.wait = wait_of(arguments);
  const JobResult done = run_job(node, plan.job);
  const std::string password = text_of(arguments, "password");
  if (action == "create" && !password.empty() && done.is_finished) {
    set_password(plugin, node, plan.job.id, password);
  }
  const std::uint32_t id = action == "clone" ? id_of(plan.job.command.words.at(2)) : plan.job.id;
  Steps steps{{{"id", id}, {"action", action}, {"host", node.name()}},
              plan.what + ": " + outcome_text(done)};
  if (!password.empty() && !done.is_finished) {
    steps.text += " The root password is not set: use chpasswd with proxmox_guest_exec later.";
  }
  steps.result.update(to_json(done));
  return steps;
}

mre::Reply provision(const Plugin &plugin, const mre::json &arguments, const mre::Call &call) {
  if (const std::string password = text_of(arguments, "password"); !password.empty()) {
    mre::Log(plugin.host).redact(password);
    if (password.find_first_of("\r\n") != std::string::npos || !mre::is_quotable(password)) {
      throw mre::Error(MRE_BAD_ARGUMENT, "/password: must be one line");
    }
  }
  const std::string action = text_of(arguments, "action");
  const Node asked(plugin.host, call, text_of(arguments, "host"));
  Steps steps;
  if (action == "create") {
    const std::string name = plain_word(arguments, "node");
    const Node node =
        name.empty() ? asked : plugin.cluster.node_named(asked, name, "the new container");
    steps = carry_out(plugin, node, plan_create(node, arguments), arguments);
  } else {
    const Guest guest =
        plugin.cluster.find(asked, guest_of(arguments), std::chrono::milliseconds(0));
    plugin.cluster.at_guest(asked, guest, [&](const Node &node) {
      steps = carry_out(plugin, node,
                        action == "clone"    ? plan_clone(node, guest, arguments)
                        : action == "resize" ? plan_resize(guest, arguments)
                                             : plan_destroy(guest, arguments),
                        arguments);
    });
  }
  return mre::Reply::of(std::move(steps.text), std::move(steps.result));
}

} // namespace

mre::Tool provision_tool(const Plugin &plugin) {
  mre::Tool tool;
  tool.name = "proxmox_provision";
  tool.title = "Create, clone, resize, destroy";
  tool.description =
      "Create a container from a template, clone or resize a guest, or destroy one with "
      "its disks. Each needs consent.";
  tool.promises = MRE_TASK;
  tool.input =
      input({"action"}, {{"action", one_of({"create", "clone", "resize", "destroy"})},
                         {"guest", guest()},
                         {"ctid", ctid()},
                         {"template", text("create: local:vztmpl/…")},
                         {"new_id", ctid()},
                         {"name", text()},
                         {"node", text()},
                         {"storage", text()},
                         {"size", text("create: GiB; resize: +5G")},
                         {"disk", text("resize: rootfs, scsi0")},
                         {"memory", {{"type", "integer"}, {"minimum", 16}, {"description", "MiB"}}},
                         {"cores", {{"type", "integer"}, {"minimum", 1}}},
                         {"network", text("name=eth0,bridge=vmbr0,ip=dhcp")},
                         {"ssh_public_key", text()},
                         {"password", password()},
                         {"snapshot", text("clone: from it")},
                         {"full", {{"type", "boolean"}}},
                         {"start", flag()},
                         {"purge", flag("destroy: also from jobs and rights")},
                         {"host", text()},
                         {"wait", wait()},
                         {"confirm", confirm()}});
  tool.output =
      job_output({"id", "action"}, {{"id", count()}, {"action", text()}, {"host", text()}});
  tool.run = [plugin](const mre::json &arguments, const mre::Call &call) {
    return provision(plugin, arguments, call);
  };
  return tool;
}

} // namespace proxmox
