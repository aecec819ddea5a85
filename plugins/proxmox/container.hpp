// Programs inside a container, through pct exec.
//
// Promise: nothing of the node's environment reaches the container, also with releases whose pct
// has no --keep-env; every process is marked, so that it can be found and ended later, whatever
// became of the command that started it. Threads: a Container belongs to one call.
#pragma once

#include "cluster.hpp"
#include "guest_report.hpp"
#include "node.hpp"

#include <mre/plugin.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace proxmox {

using Variables = std::vector<std::pair<std::string, std::string>>;

// 32 random hexadecimal digits.
std::string random_name();
// The words that run a script as sh in an environment of its own, with a marker in it.
std::vector<std::string> script_words(std::string_view script,
                                      const std::vector<std::string> &words,
                                      const Variables &environment, const std::string &marker);

class Container {
public:
  Container(Cluster &cluster, Node node, std::uint32_t ctid)
      : cluster_(cluster), node_(std::move(node)), ctid_(ctid) {}

  const Node &node() const { return node_; }
  std::uint32_t ctid() const { return ctid_; }

  // The line that runs words in it.
  std::string line(const std::vector<std::string> &words) const;
  // True when err shows that pct is an old release and this was not known: run it again.
  bool learn(std::string_view err) const;
  // Before bytes are streamed nobody may learn too late: asks once per host.
  void prepare() const;
  // Asks in any case.
  void require_running() const;
  // pct's own refusal as an error; nothing when the program ran.
  void check_refusal(const mre::Executed &done) const;
  [[noreturn]] void refuse(std::string_view err) const;

  // Ends what carries the marker, and removes the temporary file of a write to path. Also when the
  // call was cancelled.
  Swept sweep(const std::string &marker, const std::string &path = {},
              const std::string &temporary = {}) const;

private:
  Cluster &cluster_;
  Node node_;
  std::uint32_t ctid_;
};

} // namespace proxmox
