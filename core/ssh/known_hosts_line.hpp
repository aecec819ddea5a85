// One line of a known_hosts file: what it says and whether it speaks of a given host. Syntax and
// matching are OpenSSH's (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).
//
// Promise: any bytes are safe input; a line that OpenSSH would skip is no line here either.
// Threads: pure functions over values.
#pragma once

#include "core/ssh/known_hosts.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mre::ssh {

enum class KnownHostsMarker { none, cert_authority, revoked };

struct KnownHostsLine {
  KnownHostsMarker marker = KnownHostsMarker::none;
  std::string hosts; // as written: a list of patterns, or "|1|salt|hash"
  HostKey key;
};

// Nothing for blank lines, comments and broken lines.
std::optional<KnownHostsLine> parse_known_hosts_line(std::string_view line);

// Whether the hosts field names `name`, which is lower case and already "[host]:port" for any port
// but 22.
bool names_host(std::string_view hosts, std::string_view name);

bool is_hashed(std::string_view hosts);
// `name` as a hosts field that does not tell the name, with fresh salt.
std::string hash_host_name(std::string_view name);

} // namespace mre::ssh
