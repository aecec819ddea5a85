// What a node's programs say when they refuse, as errors with a code, their own words and the next
// step.
//
// Promise: exit codes are no contract of these programs (a missing configuration gives 2, most
// others 255), so the text decides; a text nobody knows is remote_failed with that text. Threads:
// pure functions.
#pragma once

#include <mre/plugin.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace proxmox {

// What was run and where, for the message: "pct start 101 on pve1".
struct Attempt {
  std::string what;
  std::string host;
};

// The words of a program without what only repeats (waiting for a lock, usage lines), cut to a
// readable length.
std::string own_words(std::string_view err, std::string_view out);

mre::Error refusal(const Attempt &attempt, std::string_view err, std::string_view out = {});

// True when pct itself refused to run a program in a container, as opposed to what the program
// printed.
bool is_exec_refusal(std::string_view err, std::uint32_t ctid);
// The node has no guest of this number.
bool is_missing_guest(std::string_view err);
// "nodes/pve1/lxc/101.conf": the node's own name, empty when the text does not tell.
std::string node_in(std::string_view err);
// An old release does not know --keep-env.
bool is_old_release(std::string_view err);

} // namespace proxmox
