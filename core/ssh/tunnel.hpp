// The way to a host behind another one: a direct-tcpip channel of the jump host's connection on one
// side, the link of the inner session on the other.
//
// Promise: bytes are handed over in memory, in both directions under a bound, so a slow side stops
// the other instead of filling this process; when the jump host's connection ends, the inner
// session learns it with the reason; an inner session that goes away closes the channel.
// Threads: the outer side on the reactor, the inner side on the thread of the inner session (a
// login thread, then the reactor). Lifetime: shared by both sides.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/guarded.hpp"
#include "core/base/result.hpp"
#include "core/ssh/link.hpp"
#include "core/ssh/reactor.hpp"

#include <libssh2.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace mre::ssh {

class Connection;

struct TunnelTarget {
  std::string address; // as the jump host is to resolve it
  std::uint16_t port = 22;
  Milliseconds patience{15000}; // for the jump host's own connection to it
  std::string through;          // how messages name the jump host
};

class Tunnel final : public std::enable_shared_from_this<Tunnel> {
public:
  // On the reactor, once: the channel is open, or why there is none.
  using Opened = std::function<void(Result<void>)>;

  Tunnel(TunnelTarget target, const std::shared_ptr<Reactor> &reactor, Opened opened);

  const TunnelTarget &target() const { return target_; }
  // The inner side. It is asked for once; the tunnel ends with it.
  std::unique_ptr<Link> link();

  // For the pool and the connection of the jump host, on the reactor.
  void attach(Connection &connection) { connection_ = &connection; }
  void detach() { connection_ = nullptr; }
  bool is_open() const { return handle_ != nullptr; }
  bool is_settled() const { return is_settled_; }
  LIBSSH2_CHANNEL *handle() const { return handle_; }
  void open(LIBSSH2_CHANNEL *handle);
  void fail(Error error); // it was not opened
  // Moves what can be moved; true when something was. Errors of the session are the caller's.
  bool step(std::span<char> buffer, bool may_write);
  void end(const std::string &reason); // the outer side is gone
  bool is_over() const;                // nobody needs the channel any more
  LIBSSH2_CHANNEL *release_handle() { return std::exchange(handle_, nullptr); }
  bool may_try_again() { return ++attempts_ < kAttempts; }

private:
  class Inner;
  struct State {
    std::string to_inner, to_outer;
    bool inner_is_gone = false;
    bool inner_waits_for_room = false;
    bool outer_has_ended = false;
    bool outer_waits_for_room = false;
    bool is_poked = false; // the outer side will look
    std::string reason;
  };
  static constexpr int kAttempts = 3;

  void signal(); // wakes the inner side
  void poke();   // wakes the outer side
  void settle(Result<void> result);
  bool read_from(std::span<char> buffer);
  bool write_to();

  const TunnelTarget target_;
  const std::weak_ptr<Reactor> reactor_;
  Opened opened_;
  const UniqueFd wake_; // readable while the inner side should look
  Guarded<State> state_;
  // The reactor's own.
  Connection *connection_ = nullptr;
  LIBSSH2_CHANNEL *handle_ = nullptr;
  std::string sending_;
  std::size_t sent_ = 0; // of sending_
  int attempts_ = 0;
  bool is_settled_ = false;
};

} // namespace mre::ssh
