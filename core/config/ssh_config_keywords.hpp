// What ssh_config's keywords are to us: used, harmless, or in the way.
//
// Threads: pure functions over a constant table.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mre::config {

enum class SshKeyword {
  unknown,
  structure, // Host, Match, Include
  single,    // one argument, the first line counts
  list,      // several arguments, the first line counts
  each,      // one argument, every line counts
  raw,       // the rest of the line, the first counts
  hindering, // not supported, and it changes where or how ssh connects
  harmless,  // known to ssh, without effect on running commands and moving files
};

SshKeyword classify_ssh_keyword(std::string_view keyword);

// A keyword that hinders as ssh_config(5) writes it, for messages.
std::string ssh_keyword_name(std::string_view keyword);

// Why ssh would refuse these arguments; empty when it would not.
std::string ssh_argument_problem(std::string_view keyword,
                                 const std::vector<std::string> &arguments);

// Whether this value leaves the connection as it would be without the line ("ProxyCommand none").
bool is_without_effect(std::string_view keyword, std::string_view value);

// "yes" and "true", "no" and "false".
std::optional<bool> ssh_flag(std::string_view word);
// "90", "1m30s"; in seconds.
std::optional<std::uint64_t> ssh_seconds(std::string_view text);

// "22", or a service of this machine's table by its name ("ssh"), as OpenSSH takes both.
std::optional<std::uint16_t> ssh_port(std::string_view text);

// One host of a ProxyJump line: [user@]host[:port] or ssh://….
struct SshJump {
  std::string text; // as written, without the scheme
  std::string host;
  std::optional<std::string> user;
  std::optional<std::uint16_t> port;
};

// In the order they are passed; nothing when the text is none, a broken list is nullopt.
std::optional<std::vector<SshJump>> parse_ssh_jumps(std::string_view text);

} // namespace mre::config
