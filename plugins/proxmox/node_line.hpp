// The text that starts a node's programs (pct, qm, pvesh, vzdump) through the login shell.
//
// Promise: constant shell text and words that went through mre::shell_quote, nothing else. A login
// other than root goes through sudo -n with the program's full path. A program that is not there is
// told apart from one that failed. Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace proxmox {

struct NodeCommand {
  std::string program; // "pct"
  std::vector<std::string> words;
};

enum class Login { root, other };

// Stands alone on a line of standard output between two commands.
inline constexpr std::string_view kNextMark = "mre-proxmox:next";
// Begins the line on standard error that says which program is missing.
inline constexpr std::string_view kMissingMark = "mre-proxmox: no ";

// The commands one after the other, each only when the one before succeeded: one round trip.
std::string node_line(const std::vector<NodeCommand> &commands, Login login);
// A script for sh whose "$@" is the command; words stand before it.
std::string script_line(std::string_view script, const std::vector<std::string> &words,
                        const NodeCommand &command, Login login);
// The outputs of what node_line ran; fewer than there were commands when one failed.
std::vector<std::string> split_outputs(std::string_view out);

} // namespace proxmox
