// The tokens (%h, %r, …), variables (${NAME}) and tildes in values of ssh_config.
//
// Promise: a token or variable that is not known is an error that names it, never left as it is.
// Threads: any; another user's home is looked up in the system's user database.
#pragma once

#include "core/base/result.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace mre::config {

struct SshTokens {
  std::string home;          // %d, and the tilde
  std::string address;       // %h: where to
  std::string original_host; // %n
  std::string key_alias;     // %k
  std::string remote_user;   // %r
  std::string local_user;    // %u
  std::string local_host;    // %l; %L is its first part
  std::uint16_t port = 22;   // %p
  std::string jump_host;     // %j: the last one on the way, empty without a ProxyJump
  const std::map<std::string, std::string> *variables = nullptr;
};

// A path: `~` and `~user`, then tokens and variables; a relative one stays relative.
Result<std::string> expand_ssh_path(std::string_view text, const SshTokens &tokens);

// HostName knows %h and %% only.
Result<std::string> expand_host_name(std::string_view text, std::string_view host);

} // namespace mre::config
