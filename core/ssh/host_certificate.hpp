// A server's certificate (PROTOCOL.certkeys of OpenSSH): the word of an authority that a key
// belongs to a host.
//
// Promise: any bytes are safe input. A certificate says nothing by itself about who presents it:
// it counts only for a session in which the server has proved that it holds the certified key.
// Threads: pure functions.
#pragma once

#include "core/base/result.hpp"
#include "core/ssh/known_hosts.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace mre::ssh {

struct HostClaim {
  std::string name; // as @cert-authority lines and principals name it: no port
  const std::vector<HostKey> &authorities;
  std::chrono::system_clock::time_point now;
};

// The key that the certificate is for, as it would stand in known_hosts; else why it does not
// count, in words that follow "its certificate ".
Result<HostKey> certified_key(std::string_view certificate, const HostClaim &claim);

// The types that are asked for, the strongest and shortest first.
const std::vector<std::string> &certificate_types();

} // namespace mre::ssh
