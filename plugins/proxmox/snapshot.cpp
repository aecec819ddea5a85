// proxmox_snapshot: list, create, rollback, delete.
#include "arguments.hpp"
#include "consent.hpp"
#include "job.hpp"
#include "parse.hpp"
#include "schemas.hpp"
#include "tools.hpp"

namespace proxmox {

namespace {

// Of Proxmox VE: a letter first, 2 to 40 characters; two names are its own.
std::string snapshot_name(const mre::json &arguments) {
  std::string name = text_of(arguments, "name");
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  bool is_good = name.size() >= 2 && name.size() <= 40 && is_letter(name.front()) &&
                 name != "current" && name != "vzdump";
  for (const char c : name) {
    is_good = is_good && (is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-');
  }
  if (!is_good) {
    throw mre::Error(MRE_BAD_ARGUMENT, "/name: '" + name + "' is no snapshot's name",
                     "2 to 40 letters, digits, _ and -, a letter first; not current or vzdump");
  }
  return name;
}

mre::Reply list_snapshots(const Node &node, const Guest &guest) {
  const std::string path = "/nodes/" + guest.node + "/" + api_word(guest.kind) + "/" +
                           std::to_string(guest.id) + "/snapshot";
  const mre::json read = parse_json(
      node.run_one({"pvesh", {"get", path, "--output-format", "json"}}), "pvesh get " + path);
  mre::json snapshots = mre::json::array();
  std::string text;
  if (read.is_array()) {
    for (const mre::json &row : read) {
      if (row.is_object() && text_at(row, "name") != "current") {
        snapshots.push_back(row);
        text += text_at(row, "name") + "  " + text_at(row, "description") + "\n";
      }
    }
  }
  if (snapshots.empty()) {
    text = label(guest) + " has no snapshots.";
  }
  return mre::Reply::of(std::move(text), {{"id", guest.id},
                                          {"action", "list"},
                                          {"snapshots", std::move(snapshots)},
                                          {"host", node.name()}});
}

Job snapshot_job(const Guest &guest, const mre::json &arguments, const std::string &name) {
  const std::string action = text_of(arguments, "action");
  const std::string id = std::to_string(guest.id);
  const std::string prefix = guest.kind == Kind::container ? "vz" : "qm";
  Job job;
  job.id = guest.id;
  job.wait = wait_of(arguments);
  job.command.program = program_for(guest.kind);
  if (action == "create") {
    job.task_type = prefix + "snapshot";
    job.command.words = {"snapshot", id, name};
    if (const std::string description = plain_word(arguments, "description");
        !description.empty()) {
      job.command.words.insert(job.command.words.end(), {"--description", description});
    }
  } else if (action == "rollback") {
    job.task_type = prefix + "rollback";
    job.command.words = {"rollback", id, name};
    if (flag_of(arguments, "start")) {
      job.command.words.insert(job.command.words.end(), {"--start", "1"});
    }
  } else {
    job.task_type = prefix + "delsnapshot";
    job.command.words = {"delsnapshot", id, name};
  }
  return job;
}

mre::Reply snapshot(const Plugin &plugin, const mre::json &arguments, const mre::Call &call) {
  const std::string action = text_of(arguments, "action");
  const std::string name = action == "list" ? std::string() : snapshot_name(arguments);
  const Node asked(plugin.host, call, text_of(arguments, "host"));
  const Guest guest = plugin.cluster.find(asked, guest_of(arguments), std::chrono::milliseconds(0));
  if (action == "list") {
    return list_snapshots(asked, guest);
  }
  const std::string where = label(guest) + " on " + guest.node;
  if (action == "rollback") {
    need_consent(arguments, call,
                 "roll " + where + " back to snapshot " + name +
                     ", which loses everything since then" +
                     (guest.status == "running" ? " and stops it" : ""));
  } else if (action == "delete") {
    need_consent(arguments, call, "delete snapshot " + name + " of " + where);
  }
  mre::json result;
  std::string text;
  plugin.cluster.at_guest(asked, guest, [&](const Node &node) {
    const JobResult job = run_job(node, snapshot_job(guest, arguments, name));
    result = {{"id", guest.id}, {"action", action}, {"name", name}, {"host", node.name()}};
    result.update(to_json(job));
    text = action + " of snapshot " + name + " of " + where + " " + outcome_text(job);
  });
  return mre::Reply::of(std::move(text), std::move(result));
}

} // namespace

mre::Tool snapshot_tool(const Plugin &plugin) {
  mre::Tool tool;
  tool.name = "proxmox_snapshot";
  tool.title = "Snapshots of a guest";
  tool.description =
      "List, create, roll back to or delete snapshots of a container or virtual "
      "machine. Rollback and delete need consent; a rollback leaves it stopped unless "
      "start is given.";
  tool.promises = MRE_TASK;
  tool.input = input({"action"}, {{"guest", guest()},
                                  {"ctid", ctid()},
                                  {"action", one_of({"list", "create", "rollback", "delete"})},
                                  {"name", text()},
                                  {"description", text()},
                                  {"start", flag()},
                                  {"host", text()},
                                  {"wait", wait()},
                                  {"confirm", confirm()}});
  tool.output = job_output({"id", "action"}, {{"id", count()},
                                              {"action", text()},
                                              {"name", text()},
                                              {"host", text()},
                                              {"snapshots", {{"type", "array"}}}});
  tool.run = [plugin](const mre::json &arguments, const mre::Call &call) {
    return snapshot(plugin, arguments, call);
  };
  return tool;
}

} // namespace proxmox
