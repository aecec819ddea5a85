// A Proxmox VE node as one call sees it: a configured host on which pct, qm, pvesh and vzdump run.
//
// Promise: run() gives the outputs or throws with the node's own words; whatever is not a clean
// exit with 0 is an error with its code. Threads: a Node belongs to one call. Lifetime: the call's.
#pragma once

#include "node_line.hpp"
#include "refusals.hpp"

#include <mre/plugin.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace proxmox {

// pct or qm knows no guest of this number on the node that was asked.
class MissingGuest : public mre::Error {
public:
  MissingGuest(const mre::Error &error, std::string node)
      : mre::Error(error), node_(std::move(node)) {}
  const std::string &node() const { return node_; } // its own name; may be empty

private:
  std::string node_;
};

struct RunOptions {
  std::chrono::milliseconds timeout{0}; // 0: the longest a command may last
  std::string input;
  bool only_reads = false; // a question may still come after it
};
inline RunOptions only_reads() {
  return {{}, {}, true};
}

class Node {
public:
  // host: a configured name, empty for the default one. call may be without a handle (see
  // Call::raw): then nothing cancels it.
  Node(mre::Host host, const mre::Call &call, const std::string &name);

  const std::string &name() const { return name_; } // in the host book
  Login login() const { return login_; }
  mre::Host host() const { return host_; }
  const mre::Call &call() const { return call_; }
  // The same node for work that goes on when the call was cancelled.
  Node detached() const;

  // One round trip; the output of each.
  std::vector<std::string> run(const std::vector<NodeCommand> &commands,
                               const RunOptions &options = {}) const;
  std::string run_one(const NodeCommand &command, const RunOptions &options = {}) const;
  // Without judging the exit code.
  mre::Executed execute(const mre::Command &command) const;
  mre::Command command_for(std::string line, std::chrono::milliseconds timeout) const;

private:
  Node(mre::Host host, const mre::Call &call, std::string name, Login login);

  mre::Host host_;
  mre::Call call_;
  std::string name_;
  Login login_;
};

// "pct start 101": for messages, without what is long.
std::string describe(const NodeCommand &command);
// What a command that did not exit by itself means; nothing for one that did.
void check_outcome(const mre::Executed &done, const Attempt &attempt);

} // namespace proxmox
