// See proxmox_cluster.hpp.
#include "tests/support/proxmox_cluster.hpp"

#include "tests/support/eventually.hpp"
#include "tests/support/process.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <stdexcept>

namespace mre::testing {

namespace {

constexpr const char *kBusybox = "/bin/busybox";
const char *const kPrograms[] = {"pct", "qm", "pvesh", "vzdump"};

// Found by running it, because a container of the CI may be root and still not allowed to.
bool can_make_namespaces() {
  return run_program({.command = {"unshare", "-m", "-p", "-f", "true"},
                      .output = Connect::null,
                      .error = Connect::null})
             .exit_code() == 0;
}

bool has_static_busybox() {
  return ::access(kBusybox, X_OK) == 0 &&
         run_program(
             {.command = {"ldd", kBusybox}, .output = Connect::null, .error = Connect::null})
                 .exit_code() != 0;
}

} // namespace

bool ProxmoxCluster::is_available() {
  static const bool kept = ::geteuid() == 0 && has_static_busybox() && can_make_namespaces();
  return kept;
}

ProxmoxCluster::ProxmoxCluster() {
  for (const char *name : {"bin", "nodes", "run", "rootfs", "tasks", "snapshots", "knobs", "paused",
                           "backups", "sudoers.d", "nodes/pve1", "nodes/pve1/lxc",
                           "nodes/pve1/qemu", "nodes/pve2", "nodes/pve2/lxc", "nodes/pve2/qemu"}) {
    folder_.make_folder(name, 0755);
  }
  for (const char *program : kPrograms) {
    std::filesystem::create_symlink(std::string(MRE_PROXMOX_FIXTURE) + "/node.pl",
                                    folder_ / ("bin/" + std::string(program)));
  }
}

ProxmoxCluster::~ProxmoxCluster() {
  std::error_code ignored;
  for (const auto &entry : std::filesystem::directory_iterator(folder_ / "run", ignored)) {
    const int pid = std::atoi(read_whole_file(entry.path().string()).c_str());
    if (pid > 1) {
      ::kill(pid, SIGKILL);
      eventually([pid] { return ::kill(pid, 0) != 0; });
    }
  }
}

Environment ProxmoxCluster::of_node(const std::string &name) const {
  return {{"PVE_STATE", folder_.path()}, {"PVE_NODE", name}, {"NODE_SECRET", "of-the-node"}};
}

SshdOptions ProxmoxCluster::node(const std::string &name, const std::string &without) const {
  std::string programs = folder_ / "bin";
  if (!without.empty()) {
    programs = folder_.make_folder("bin-" + name, 0755);
    for (const char *program : kPrograms) {
      if (program != without) {
        std::filesystem::create_symlink(std::string(MRE_PROXMOX_FIXTURE) + "/node.pl",
                                        programs + "/" + program);
      }
    }
  }
  SshdOptions options;
  options.environment = of_node(name);
  options.environment["PATH"] = programs + ":/usr/local/bin:/usr/bin:/bin";
  return options;
}

void ProxmoxCluster::write_guest(const std::string &node, const std::string &kind, int id,
                                 const Settings &settings) const {
  std::string text;
  for (const auto &[key, value] : settings) {
    text += key + ": " + value + "\n";
  }
  write_whole_file(folder_ / ("nodes/" + node + "/" + kind + "/" + std::to_string(id) + ".conf"),
                   text, 0644);
}

void ProxmoxCluster::container(const std::string &node, int id, const Settings &settings) const {
  write_guest(node, "lxc", id, settings);
}

void ProxmoxCluster::machine(const std::string &node, int id, const Settings &settings) const {
  write_guest(node, "qemu", id, settings);
}

bool ProxmoxCluster::has_guest(const std::string &node, const std::string &kind, int id) const {
  return path_exists(folder_ / ("nodes/" + node + "/" + kind + "/" + std::to_string(id) + ".conf"));
}

void ProxmoxCluster::move(int id, const std::string &from, const std::string &to) const {
  const std::string file = "/lxc/" + std::to_string(id) + ".conf";
  std::filesystem::rename(folder_ / ("nodes/" + from + file), folder_ / ("nodes/" + to + file));
}

void ProxmoxCluster::start(const std::string &node, int id) const {
  Environment environment = clean_environment(folder_.path());
  environment["PVE_STATE"] = folder_.path();
  environment["PVE_NODE"] = node;
  const bool is_container = has_guest(node, "lxc", id);
  const auto started = run_program(
      {.command = {folder_ / (is_container ? "bin/pct" : "bin/qm"), "start", std::to_string(id)},
       .environment = environment});
  if (started.exit_code() != 0) {
    throw std::runtime_error("the guest does not start: " + started.error);
  }
}

bool ProxmoxCluster::is_running(int id) const {
  const std::string path = folder_ / ("run/" + std::to_string(id));
  return path_exists(path) && ::kill(std::atoi(read_whole_file(path).c_str()), 0) == 0;
}

bool ProxmoxCluster::has_sudo() {
  return ::access("/usr/bin/sudo", X_OK) == 0 && ::access("/usr/sbin/visudo", X_OK) == 0;
}

std::vector<std::string> ProxmoxCluster::on_node_with_sudo() const {
  // Debian's own settings, and what the stand-ins need to find their cluster.
  write_whole_file(folder_ / "sudoers",
                   "Defaults env_reset, mail_badpass, use_pty\n"
                   "Defaults secure_path=\"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
                   "/bin\"\n"
                   "Defaults env_keep += \"PVE_STATE PVE_NODE\"\n"
                   "root ALL=(ALL:ALL) ALL\n"
                   "%sudo ALL=(ALL:ALL) ALL\n"
                   "@includedir /etc/sudoers.d\n",
                   0440);
  write_whole_file(folder_ / "nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n", 0644);
  return {"unshare",       "--mount", "--uts",
          "--propagation", "private", MRE_PROXMOX_FIXTURE "/node_with_sudo.sh",
          folder_.path()};
}

SshdOptions ProxmoxCluster::node_with_sudo(const std::string &name) const {
  SshdOptions options;
  options.environment = of_node(name);
  options.launcher = on_node_with_sudo();
  return options;
}

void ProxmoxCluster::allow(const std::string &sudoers) const {
  write_whole_file(folder_ / "sudoers.d/login", sudoers, 0440);
}

void ProxmoxCluster::knob(const std::string &name, const std::string &text) const {
  write_whole_file(folder_ / ("knobs/" + name), text, 0644);
}

void ProxmoxCluster::remove_knob(const std::string &name) const {
  std::filesystem::remove(folder_ / ("knobs/" + name));
}

std::string ProxmoxCluster::calls() const {
  return read_whole_file(folder_ / "calls");
}

} // namespace mre::testing
