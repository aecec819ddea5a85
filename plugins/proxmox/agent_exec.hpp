// A command in a virtual machine, through its guest agent.
//
// Promise: the inner exit code, which qm hides behind its own success; a command that outlasts its
// time is ended inside the machine. Output is text: the agent's way is not binary safe. Threads: a
// call's own.
#pragma once

#include "container_exec.hpp"
#include "node.hpp"

#include <cstdint>

namespace proxmox {

mre::Reply exec_in_machine(mre::Host host, const Node &node, std::uint32_t id,
                           const mre::ExecArguments &exec);

} // namespace proxmox
