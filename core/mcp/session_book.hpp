// The sessions of the handshake era on transports where a session is more than a connection.
//
// Promise: ids are 128 random bits; a session is found only by the principal that began it. At most
// kSessions live: the one that was idle longest makes room, one with a call in flight or somebody
// listening does not. Threads: any. Lifetime: part of the gateway.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/guarded.hpp"
#include "core/mcp/lanes.hpp"
#include "core/mcp/peer.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mre::mcp {

struct SessionEntry {
  std::string id;
  std::string principal;
  std::shared_ptr<SessionLanes> lanes;
  std::shared_ptr<Peer> peer;
};
using SessionPtr = std::shared_ptr<const SessionEntry>;

struct SessionLimits {
  std::size_t max_sessions = limits::kSessions;
  std::chrono::milliseconds idle = limits::kSessionIdle;
};

class SessionBook {
public:
  explicit SessionBook(const Clock &clock, SessionLimits limits = {})
      : clock_(clock), limits_(limits) {}

  static std::string make_id();
  // False when there is no room.
  bool add(SessionPtr session);
  // Null when there is none of this id for this principal. Finding it is using it.
  SessionPtr find(std::string_view id, std::string_view principal);
  // Takes it out; null as above. Ending what runs in it is the caller's.
  SessionPtr take(std::string_view id, std::string_view principal);
  std::size_t size() const;

private:
  struct Known {
    SessionPtr session;
    SteadyTime used;
  };
  using Sessions = std::unordered_map<std::string, Known>;
  static bool is_busy(const SessionEntry &session);

  const Clock &clock_;
  const SessionLimits limits_;
  Guarded<Sessions> sessions_;
};

} // namespace mre::mcp
