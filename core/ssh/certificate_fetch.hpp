// Asks a server for its host certificate, by the beginning of a key exchange of its own.
//
// libssh2 cannot take a certificate as a host key, but a certificate is no secret and proves
// nothing by being shown: where it comes from does not matter. What matters is that the session's
// server proves to hold the certified key, and that is checked in libssh2's own key exchange.
//
// Promise: nothing is sent but a banner, a list of algorithms and a random number; at most
// kLoginBytes are read; it ends by the deadline. Threads: blocks a login thread.
#pragma once

#include "core/base/result.hpp"
#include "core/ssh/bounded_wait.hpp"
#include "core/ssh/link.hpp"

#include <memory>
#include <string>

namespace mre::ssh {

// The certificate; empty when the server has none.
Result<std::string> fetch_host_certificate(Link &link, const BoundedWait &bounds);

} // namespace mre::ssh
