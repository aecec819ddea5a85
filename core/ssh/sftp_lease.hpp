// Exclusive use of one SFTP channel of a host, for a worker thread that may block.
//
// libssh2 keeps the state of one request per kind inside its SFTP handle, so requests of two users
// must never interleave on one: whoever holds the lease is alone. run() is the only way to touch
// libssh2 from outside the reactor. Threads: one at a time. Lifetime: the channel goes back to its
// host when the lease is destroyed.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/result.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>

struct _LIBSSH2_SESSION; // NOLINT: libssh2's own name
struct _LIBSSH2_SFTP;    // NOLINT

namespace mre::ssh {

class SftpLease {
public:
  virtual ~SftpLease() = default;

  // Calls step on the reactor thread, again and again as data moves, until it returns something
  // other than LIBSSH2_ERROR_EAGAIN; returns that. lost when the connection dies, cancelled when
  // stop is requested, timed_out when no byte moved for `patience`. After any of these three the
  // channel is spent: the lease's destructor throws it away.
  virtual Result<long> run(const std::function<long(_LIBSSH2_SESSION *, _LIBSSH2_SFTP *)> &step,
                           std::stop_token stop, Milliseconds patience) = 0;

  // How the server introduced itself: "SSH-2.0-OpenSSH_9.2p1 …".
  virtual std::string_view server_banner() const = 0;

  // Measured time of one round trip to this host; chooses the transfer buffer.
  virtual std::chrono::microseconds round_trip() const = 0;
};

} // namespace mre::ssh
