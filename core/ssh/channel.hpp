// One session channel and what the far side has said about it.
//
// Threads: the reactor. Lifetime: the handle belongs to the connection's session; a connection
// closes it in the background and never waits for the peer.
#pragma once

#include <libssh2.h>

#include <cstdint>
#include <optional>
#include <string>

namespace mre::ssh {

struct Channel {
  LIBSSH2_CHANNEL *handle = nullptr;
  std::uint32_t number = 0; // ours
  std::optional<int> exit_code;
  std::string signal; // not empty: it ended by this signal
  bool is_closed = false;

  bool has_ended() const { return exit_code.has_value() || !signal.empty(); }
};

} // namespace mre::ssh
