// See agent_result.hpp.
#include "agent_result.hpp"

#include "parse.hpp"

namespace proxmox {

namespace {

std::optional<int> small_number(const mre::json &read, const char *name) {
  const auto found = read.find(name);
  if (found == read.end() || !found->is_number_integer()) {
    return std::nullopt;
  }
  return static_cast<int>(found->get<std::int64_t>());
}

// Releases differ in whether a truth is true, 1 or "1".
bool is_true(const mre::json &read, const char *name) {
  const auto found = read.find(name);
  return found != read.end() && (*found == true || *found == 1 || *found == "1");
}

std::string text_member(const mre::json &read, const char *name) {
  const auto found = read.find(name);
  return found != read.end() && found->is_string() ? found->get<std::string>() : std::string();
}

} // namespace

AgentResult parse_agent_result(std::string_view text) {
  const mre::json read = parse_json(text, "qm guest exec");
  AgentResult result;
  if (!read.is_object()) {
    throw mre::Error(MRE_REMOTE_FAILED, "qm guest exec: expected a JSON object",
                     "see what the node's qm prints");
  }
  result.out = text_member(read, "out-data");
  result.err = text_member(read, "err-data");
  result.is_cut = is_true(read, "out-truncated") || is_true(read, "err-truncated");
  if (!is_true(read, "exited")) {
    const auto pid = read.find("pid");
    if (pid == read.end() || !pid->is_number_integer()) {
      throw mre::Error(MRE_REMOTE_FAILED, "qm guest exec told neither an end nor a process",
                       "see what the node's qm prints");
    }
    result.pid = pid->get<std::int64_t>();
    return result;
  }
  result.exit_code = small_number(read, "exitcode");
  result.signal = small_number(read, "signal");
  if (!result.exit_code && !result.signal) {
    throw mre::Error(MRE_REMOTE_FAILED, "qm guest exec told an end without exit code or signal",
                     "see what the node's qm prints");
  }
  return result;
}

} // namespace proxmox
