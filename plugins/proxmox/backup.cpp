// proxmox_backup: vzdump of one guest, and the list of its backups.
#include "arguments.hpp"
#include "job.hpp"
#include "parse.hpp"
#include "schemas.hpp"
#include "tools.hpp"

namespace proxmox {

namespace {

std::string storage_of(const mre::json &arguments) {
  const std::string storage = plain_word(arguments, "storage");
  const bool is_good = storage.find_first_of("/ ") == std::string::npos;
  if (!is_good) {
    throw mre::Error(MRE_BAD_ARGUMENT, "/storage: '" + storage + "' is no storage's name");
  }
  return storage.empty() ? "local" : storage;
}

mre::Reply list_backups(const Node &node, const Guest &guest, const std::string &storage) {
  const std::string path = "/nodes/" + guest.node + "/storage/" + storage + "/content";
  const mre::json read =
      parse_json(node.run_one({"pvesh",
                               {"get", path, "--content", "backup", "--vmid",
                                std::to_string(guest.id), "--output-format", "json"}}),
                 "pvesh get " + path);
  mre::json backups = mre::json::array();
  std::string text;
  if (read.is_array()) {
    for (const mre::json &row : read) {
      const bool is_ours = row.is_object() && row.contains("volid") &&
                           number_at(row, "vmid").value_or(guest.id) == guest.id;
      if (is_ours) {
        backups.push_back(row);
        text += text_at(row, "volid") + "\n";
      }
    }
  }
  if (backups.empty()) {
    text = label(guest) + " has no backups on " + storage + ".";
  }
  return mre::Reply::of(std::move(text), {{"id", guest.id},
                                          {"action", "list"},
                                          {"storage", storage},
                                          {"backups", std::move(backups)},
                                          {"host", node.name()}});
}

// The archive's name stands in one of the lines.
mre::json archive_in(const std::string &log) {
  constexpr std::string_view before = "vzdump archive '";
  const std::size_t at = log.find(before);
  if (at == std::string::npos) {
    return nullptr;
  }
  const std::size_t begin = at + before.size();
  const std::size_t end = log.find('\'', begin);
  return end == std::string::npos ? mre::json() : mre::json(log.substr(begin, end - begin));
}

// A guest of another node is skipped, and that counts as a success there.
void check_not_skipped(const std::string &log, const Guest &guest, const Node &node) {
  if (log.find("skip external VMs: " + std::to_string(guest.id)) != std::string::npos) {
    const mre::Error skipped(MRE_CONFLICT,
                             "vzdump on " + node.name() + " skipped " + label(guest) +
                                 ": INFO: skip external VMs: " + std::to_string(guest.id),
                             "it is on another node: proxmox_list_guests shows which");
    throw MissingGuest(skipped, {});
  }
}

mre::Reply backup(const Plugin &plugin, const mre::json &arguments, const mre::Call &call) {
  const Node asked(plugin.host, call, text_of(arguments, "host"));
  const std::string storage = storage_of(arguments);
  const Guest guest = plugin.cluster.find(asked, guest_of(arguments), std::chrono::milliseconds(0));
  if (text_of(arguments, "action") == "list") {
    return list_backups(asked, guest, storage);
  }
  Job job;
  job.id = guest.id;
  job.task_type = "vzdump";
  job.wait = wait_of(arguments);
  job.command = {"vzdump",
                 {std::to_string(guest.id), "--storage", storage, "--mode",
                  arguments.value("mode", "snapshot"), "--compress", "zstd"}};
  mre::json result;
  std::string text;
  plugin.cluster.at_guest(asked, guest, [&](const Node &node) {
    const JobResult done = run_job(node, job);
    check_not_skipped(done.log, guest, node);
    result = {{"id", guest.id},
              {"action", "create"},
              {"storage", storage},
              {"archive", archive_in(done.log)},
              {"host", node.name()}};
    result.update(to_json(done));
    text = "Backup of " + label(guest) + " to " + storage + " " + outcome_text(done);
  });
  return mre::Reply::of(std::move(text), std::move(result));
}

} // namespace

mre::Tool backup_tool(const Plugin &plugin) {
  mre::Tool tool;
  tool.name = "proxmox_backup";
  tool.title = "Back up a guest";
  tool.description = "Make a backup of a container or virtual machine with vzdump, or list its "
                     "backups. Mode stop shuts it down meanwhile.";
  tool.promises = MRE_ADDITIVE | MRE_TASK;
  tool.input = input({}, {{"guest", guest()},
                          {"ctid", ctid()},
                          {"action", one_of({"create", "list"})},
                          {"storage", text("default: local")},
                          {"mode", one_of({"snapshot", "suspend", "stop"})},
                          {"host", text()},
                          {"wait", wait()}});
  tool.output = job_output({"id", "action"}, {{"id", count()},
                                              {"action", text()},
                                              {"storage", text()},
                                              {"archive", text_or_null()},
                                              {"host", text()},
                                              {"backups", {{"type", "array"}}}});
  tool.run = [plugin](const mre::json &arguments, const mre::Call &call) {
    return backup(plugin, arguments, call);
  };
  return tool;
}

} // namespace proxmox
