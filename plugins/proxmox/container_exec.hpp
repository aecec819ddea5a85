// A command in a container as the result of a tool.
//
// Threads: a call's own.
#pragma once

#include "cluster.hpp"
#include "container.hpp"

#include <mre/plugin.hpp>

#include <chrono>
#include <string>

namespace proxmox {

// What the exec tools take beside the guest.
struct ExecArguments {
  std::string command, working_directory, input;
  Variables environment;
  std::chrono::milliseconds timeout{0}; // 0: the default
  bool as_json = false;
};
ExecArguments exec_arguments(const mre::json &arguments);

// Gives the result to the call: that of ssh_exec_command and the container's number under id_name.
void exec_in_container(mre::Host host, Cluster &cluster, const Node &node, std::uint32_t ctid,
                       const ExecArguments &exec, const char *id_name);

} // namespace proxmox
