// ProxmoxCluster: the state of a Proxmox VE cluster whose nodes are sshd processes of the test's
// own, with stand-ins for pct, qm, pvesh and vzdump (tests/fixtures/proxmox).
//
// Promise: running guests are separate process trees over root filesystems of their own and end
// with the object. Needs root, namespaces and a static busybox: tests ask is_available() first and
// skip loudly. Threads: one. Lifetime: sshd processes made with its options should go before it.
//
//   ProxmoxCluster cluster;
//   cluster.container("pve1", 101, {{"hostname", "web"}});
//   Bench bench(cluster.node("pve1"));
#pragma once

#include "tests/support/sshd.hpp"
#include "tests/support/temporary_folder.hpp"

#include <map>
#include <string>
#include <vector>

namespace mre::testing {

class ProxmoxCluster {
public:
  using Settings = std::map<std::string, std::string>;

  static bool is_available();

  ProxmoxCluster();
  ~ProxmoxCluster();
  ProxmoxCluster(const ProxmoxCluster &) = delete;
  ProxmoxCluster &operator=(const ProxmoxCluster &) = delete;

  // An sshd that is this node; without a program, as on a machine that is no node.
  SshdOptions node(const std::string &name, const std::string &without = {}) const;

  void container(const std::string &node, int id, const Settings &settings = {}) const;
  void machine(const std::string &node, int id, const Settings &settings = {}) const;
  bool has_guest(const std::string &node, const std::string &kind, int id) const;
  void move(int id, const std::string &from, const std::string &to) const; // a container
  void start(const std::string &node, int id) const;                       // as if by somebody else
  bool is_running(int id) const;

  // An sshd that is this node, where pct and the others stand at their own places and the machine's
  // own sudo asks nothing but what allow() wrote into /etc/sudoers.d: what it was last told counts.
  static bool has_sudo();
  SshdOptions node_with_sudo(const std::string &name) const;
  void allow(const std::string &sudoers) const;
  // Words that make what follows them run on such a node, as root.
  std::vector<std::string> on_node_with_sudo() const;

  void knob(const std::string &name, const std::string &text = {}) const;
  void remove_knob(const std::string &name) const;

  // The command lines of all programs that ran on the nodes.
  std::string calls() const;

  // The root filesystem of a guest, seen from outside. What is mounted inside does not show.
  std::string root(int id) const { return folder_ / ("rootfs/" + std::to_string(id)); }
  const TemporaryFolder &folder() const { return folder_; }

private:
  Environment of_node(const std::string &name) const;
  void write_guest(const std::string &node, const std::string &kind, int id,
                   const Settings &settings) const;

  TemporaryFolder folder_{0711};
};

} // namespace mre::testing
