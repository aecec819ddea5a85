// A loopback TCP proxy that makes a network as bad as a test needs it: delay, rate, cuts, silence,
// freezing.
//
// Promise: bytes arrive in order and unchanged, no earlier than the delay of their direction
// allows; a cut after N bytes lets exactly N bytes of that direction through. Every setter has
// taken effect when it returns. Threads: one of its own runs a poll loop with timers; the functions
// may be called from any other. Lifetime: the destructor stops the thread and closes everything
// (close, not reset).
//
//   auto proxy = TcpProxy::start(sshd.port()).value();
//   proxy->set_delay(std::chrono::milliseconds(10));   // each way: 20 ms round trip
//   connect_to(proxy->port());
#pragma once

#include "core/base/clock.hpp"
#include "core/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>

namespace mre::testing {

enum class Direction { to_server, to_client };
enum class CutStyle {
  close, // FIN to both ends: an orderly end of the stream, as from a server that was stopped
  reset, // RST to both ends: as from a router that forgot the connection
};

struct TcpProxyCounts {
  std::uint64_t accepted = 0;
  std::uint64_t open = 0;
  std::uint64_t bytes_to_server = 0; // written to the server, not merely taken
  std::uint64_t bytes_to_client = 0;
};

class TcpProxy {
public:
  // Listens on a free loopback port and connects every client to 127.0.0.1:target_port.
  static Result<std::unique_ptr<TcpProxy>> start(std::uint16_t target_port);
  ~TcpProxy();
  TcpProxy(const TcpProxy &) = delete;
  TcpProxy &operator=(const TcpProxy &) = delete;

  std::uint16_t port() const;
  TcpProxyCounts counts() const; // counts whatever has arrived at either end

  // For bytes taken from now on. The short form sets both directions: the round trip grows by twice
  // the delay.
  void set_delay(Direction direction, std::chrono::microseconds delay);
  void set_delay(std::chrono::microseconds delay);
  void set_rate(Direction direction, std::uint64_t bytes_per_second); // 0: no limit

  // Cuts each connection, live or new, once `bytes` in all have passed in that direction; none
  // lifts it.
  void cut_after(Direction direction, std::optional<std::uint64_t> bytes,
                 CutStyle style = CutStyle::close);
  // Cuts all live connections now; bytes still delayed are lost. Returns when it happened.
  SteadyTime cut_all(CutStyle style = CutStyle::reset);
  // Ends one direction of all live connections with FIN, after the bytes already taken; the other
  // goes on.
  void half_close_all(Direction direction);

  // On: new connections are accepted and all bytes, old and new, are swallowed. Off: connections
  // that were swallowed stay dead (their stream has a hole), new ones work.
  void set_black_hole(bool on);
  // Takes and delivers nothing; resume goes on where it stopped. New connections wait in the
  // kernel.
  void pause();
  void resume();

  // Idempotent; the destructor calls it.
  void stop();

private:
  struct Shared;
  class Loop;
  explicit TcpProxy(std::shared_ptr<Shared> shared);
  template <class Change>
  void apply(Change change) const;

  std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

} // namespace mre::testing
