// `mcp-remote-exec proxmox sudoers`: what a login other than root has to be allowed on a node.
//
// Promise: the lines allow what the tools that are visible now run, with full paths, and nothing
// else. Threads: pure functions, and a command of its own.
#pragma once

#include <mre/plugin.hpp>

#include <functional>
#include <string>

namespace proxmox {

// is_wanted: by a tool's name.
std::string sudoers_text(const std::string &login,
                         const std::function<bool(const std::string &)> &is_wanted);

mre::Subcommand sudoers_command(mre::Host host);

} // namespace proxmox
