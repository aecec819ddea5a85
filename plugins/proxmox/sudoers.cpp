// See sudoers.hpp.
#include "sudoers.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <vector>

namespace proxmox {

namespace {

// Where Proxmox VE installs its programs.
constexpr const char *kResources = "/usr/bin/pvesh get /cluster/resources *";
constexpr const char *kTasks = "/usr/bin/pvesh get /cluster/tasks *";
constexpr const char *kStopTask = "/usr/bin/pvesh delete /nodes/*/tasks/*";
constexpr const char *kNodes = "/usr/bin/pvesh get /nodes/*";
constexpr const char *kExec = "/usr/sbin/pct exec *";

struct Needs {
  const char *tool;
  std::vector<const char *> commands;
  // What the lines amount to when that is more than the tool itself does: sudo's patterns cannot
  // tell the options of a program apart.
  const char *reach = "";
};

constexpr const char *kEveryContainer = "root in every container of the node";

// A test lets every tool run under exactly these lines.
std::vector<Needs> all_needs() {
  return {
      {"proxmox_list_containers", {"/usr/sbin/pct list", kResources}},
      {"proxmox_container_status", {"/usr/sbin/pct status *", kResources}},
      {"proxmox_start_container", {"/usr/sbin/pct start *", "/usr/sbin/pct status *", kResources}},
      {"proxmox_stop_container", {"/usr/sbin/pct stop *", "/usr/sbin/pct status *", kResources}},
      {"proxmox_container_exec_command", {kExec, kResources}, kEveryContainer},
      {"proxmox_upload_file_to_container", {kExec, kResources}, kEveryContainer},
      {"proxmox_download_file_from_container", {kExec, kResources}, kEveryContainer},
      {"proxmox_list_guests", {kResources}},
      {"proxmox_guest_info", {kResources, kNodes}},
      {"proxmox_guest_power",
       {kResources, "/usr/sbin/pct status *", "/usr/sbin/pct start *", "/usr/sbin/pct stop *",
        "/usr/sbin/pct shutdown *", "/usr/sbin/pct reboot *", "/usr/sbin/pct suspend *",
        "/usr/sbin/pct resume *", "/usr/sbin/qm status *", "/usr/sbin/qm start *",
        "/usr/sbin/qm stop *", "/usr/sbin/qm shutdown *", "/usr/sbin/qm reboot *",
        "/usr/sbin/qm suspend *", "/usr/sbin/qm resume *", kTasks, kStopTask}},
      {"proxmox_guest_exec",
       {kResources, kExec, "/usr/sbin/qm guest exec *"},
       "root in every guest of the node"},
      {"proxmox_snapshot",
       {kResources, kNodes, "/usr/sbin/pct snapshot *", "/usr/sbin/pct rollback *",
        "/usr/sbin/pct delsnapshot *", "/usr/sbin/qm snapshot *", "/usr/sbin/qm rollback *",
        "/usr/sbin/qm delsnapshot *", kTasks, kStopTask}},
      {"proxmox_backup",
       {kResources, kNodes, "/usr/bin/vzdump *", kTasks, kStopTask},
       "as good as root on the node, by options of vzdump such as --script"},
      {"proxmox_provision",
       {kResources, "/usr/bin/pvesh get /cluster/nextid *", "/usr/sbin/pct create *",
        "/usr/sbin/pct clone *", "/usr/sbin/pct resize *", "/usr/sbin/pct destroy *",
        "/usr/sbin/qm clone *", "/usr/sbin/qm resize *", "/usr/sbin/qm destroy *", kExec, kTasks,
        kStopTask},
       "as good as root on the node, by containers with mount points or hooks"},
      {"proxmox_task", {kTasks, kNodes, kStopTask}},
  };
}

// With imagekit on, these are hidden and their way is used for it all the same.
bool is_lent(const std::string &tool) {
  return tool == "proxmox_upload_file_to_container" ||
         tool == "proxmox_download_file_from_container";
}

std::string login_of(mre::Host host, const std::vector<std::string> &words) {
  std::string login = words.empty() ? mre::Hosts(host).resolve("").user : words.front();
  const bool is_plain =
      !login.empty() && login.front() != '-' && std::all_of(login.begin(), login.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.' || c == '@';
      });
  if (words.size() > 1 || !is_plain) {
    throw mre::Error(MRE_BAD_ARGUMENT, "expected the name of a login", "such as deploy");
  }
  if (login == "root") {
    throw mre::Error(MRE_BAD_ARGUMENT, "root needs no sudoers lines",
                     "name the login they are for: proxmox sudoers deploy");
  }
  return login;
}

// A word in capitals is an alias for sudo, and ALL is everybody; within quotes it is a login.
std::string quoted(const std::string &login) {
  const bool is_word = std::all_of(login.begin(), login.end(),
                                   [](char c) { return c != '@' && (c < 'A' || c > 'Z'); });
  return is_word ? login : '"' + login + '"';
}

} // namespace

std::string sudoers_text(const std::string &login,
                         const std::function<bool(const std::string &)> &is_wanted) {
  std::set<std::string_view> written;
  std::string text;
  for (const Needs &needs : all_needs()) {
    if (!is_wanted(needs.tool)) {
      continue;
    }
    std::string line;
    for (const char *command : needs.commands) {
      if (written.insert(command).second) {
        line += (line.empty() ? "" : ", ") + std::string(command);
      }
    }
    text += "# " + std::string(needs.tool);
    if (line.empty()) {
      text += ": nothing more\n";
      continue;
    }
    text += (*needs.reach == '\0' ? "" : ": ") + std::string(needs.reach) + "\n";
    text += quoted(login) + " ALL=(root) NOPASSWD: " + line + "\n";
  }
  return text.empty() ? "# no tool of this plugin is visible\n" : text;
}

mre::Subcommand sudoers_command(mre::Host host) {
  mre::Subcommand command;
  command.name = "sudoers";
  command.arguments = "[LOGIN]";
  command.summary = "the sudoers lines a login other than root needs on a node";
  command.run = [host](const std::vector<std::string> &words, const mre::Call &) {
    const mre::Tools tools(host);
    const bool lends = mre::Plugins(host).is_active("imagekit");
    return mre::Reply::of_text(sudoers_text(login_of(host, words), [&](const std::string &tool) {
      return tools.explain(tool).find("=> visible") != std::string::npos ||
             (lends && is_lent(tool));
    }));
  };
  return command;
}

} // namespace proxmox
