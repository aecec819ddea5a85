// A command in a container as the result of a tool.
//
// Threads: a call's own.
#pragma once

#include "cluster.hpp"
#include "container.hpp"

#include <mre/plugin.hpp>

#include <cstdint>

namespace proxmox {

// Gives the result to the call: that of ssh_exec_command and the container's number under id_name.
void exec_in_container(mre::Host host, Cluster &cluster, const Node &node, std::uint32_t ctid,
                       const mre::ExecArguments &exec, const char *id_name);

} // namespace proxmox
