// See agent_result.hpp.
#include "agent_result.hpp"

#include "parse.hpp"

#include <array>

namespace proxmox {

namespace {

std::optional<int> small_number(const mre::json &read, const char *name) {
  const auto number = number_at(read, name);
  return number ? std::optional(static_cast<int>(*number)) : std::nullopt;
}

// The numbers of Linux on every machine that Proxmox VE runs; see signal(7).
std::string signal_name(int number) {
  constexpr std::array<const char *, 32> names{
      "",     "HUP",  "INT",  "QUIT", "ILL",    "TRAP",   "ABRT",  "BUS",  "FPE",  "KILL", "USR1",
      "SEGV", "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD",  "CONT", "STOP", "TSTP", "TTIN",
      "TTOU", "URG",  "XCPU", "XFSZ", "VTALRM", "PROF",   "WINCH", "IO",   "PWR",  "SYS"};
  const bool is_known = number > 0 && static_cast<std::size_t>(number) < names.size();
  return is_known ? names.at(static_cast<std::size_t>(number)) : std::to_string(number);
}

} // namespace

AgentResult parse_agent_result(std::string_view text) {
  const mre::json read = parse_json(text, "qm guest exec");
  AgentResult result;
  if (!read.is_object()) {
    throw mre::Error(MRE_REMOTE_FAILED, "qm guest exec: expected a JSON object",
                     "see what the node's qm prints");
  }
  result.out = text_at(read, "out-data");
  result.err = text_at(read, "err-data");
  result.is_cut = is_true_at(read, "out-truncated") || is_true_at(read, "err-truncated");
  if (!is_true_at(read, "exited")) {
    const auto pid = number_at(read, "pid");
    if (!pid) {
      throw mre::Error(MRE_REMOTE_FAILED, "qm guest exec told neither an end nor a process",
                       "see what the node's qm prints");
    }
    result.pid = *pid;
    return result;
  }
  result.exit_code = small_number(read, "exitcode");
  if (const auto signal = small_number(read, "signal")) {
    result.signal = signal_name(*signal);
  }
  if (!result.exit_code && !result.signal) {
    throw mre::Error(MRE_REMOTE_FAILED, "qm guest exec told an end without exit code or signal",
                     "see what the node's qm prints");
  }
  return result;
}

} // namespace proxmox
