// What a login to a host shows about it: for people who ask what is wrong.
//
// Promise: logs in as any call would, with the same checks, then only looks: nothing is run and
// nothing is changed, but for a host key that is recorded where the host says so. Threads: any that
// may block, at most for the host's connect timeout and a few seconds. Lifetime: one call.
#pragma once

#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/config/host.hpp"
#include "core/ssh/bounded_wait.hpp"
#include "core/ssh/login.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace mre::ssh {

struct HostFacts {
  std::string peer;         // "10.0.0.5:22", what the name led to; empty through another host
  Milliseconds login{0};    // TCP, handshake and login together
  std::string server;       // its banner
  std::string key_exchange; // agreed algorithms
  std::string host_key_type;
  std::string cipher;
  std::string mac; // without a meaning for ciphers that bring their own
  std::string host_key_fingerprint;
  std::string login_method;      // that got in, and what the server offers
  std::size_t sessions = 0;      // that could be open at once …
  bool sessions_refused = false; // … because one more was refused
};

// The numeric addresses a host's name stands for, in the resolver's order. unreachable when there
// is none.
Result<std::vector<std::string>> resolve_addresses(const config::HostConfig &host);

// `request` says how the host is reached.
Result<HostFacts> probe_host(const LoginRequest &request, const BoundedWait &bounds,
                             const Log &log);

} // namespace mre::ssh
