// What qm guest exec prints, as a value.
//
// Promise: an end needs an exit code or a signal, and a command that goes on its number; anything
// else is an error, because qm itself succeeds in every case. Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace proxmox {

struct AgentResult {
  std::optional<int> exit_code;
  std::optional<std::string> signal; // "KILL"; a number that has no name as it is
  std::optional<std::int64_t> pid;   // of a command that goes on
  std::string out, err;
  bool is_cut = false; // by the agent
};
AgentResult parse_agent_result(std::string_view text);

} // namespace proxmox
