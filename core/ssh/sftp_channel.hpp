// An SFTP channel on a connection, and the one request that may be under way on it.
//
// Promise: a step is never called after its job was taken off. Threads: the reactor, but for Job,
// which is shared with the thread that waits for it. Lifetime: shared by its connection and a
// lease.
#pragma once

#include "core/base/guarded.hpp"
#include "core/base/result.hpp"
#include "core/ssh/engine.hpp"

#include <libssh2.h>
#include <libssh2_sftp.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace mre::ssh {

class Connection;

struct SftpJob {
  using Step = std::function<long(_LIBSSH2_SESSION *, _LIBSSH2_SFTP *)>;
  const Step *step = nullptr; // the waiting thread's; reactor only
  struct State {
    std::optional<Result<long>> result;
    bool is_stopped = false;
  };
  Guarded<State> state;
  std::atomic<std::uint64_t> progress{0}; // grows when something arrived for it

  void finish(Result<long> result);
};

// Who asked for a channel and waits for it on another thread.
struct SftpWaiter {
  struct State {
    std::optional<Error> error;
    bool is_ready = false;
    bool is_stopped = false;
  };
  Guarded<State> state;
  void finish(std::optional<Error> error);
};

class SftpChannel {
public:
  SftpChannel(LeaseKind the_kind, std::shared_ptr<SftpWaiter> the_waiter)
      : kind(the_kind), waiter(std::move(the_waiter)) {}

  const LeaseKind kind;
  std::shared_ptr<SftpWaiter> waiter; // while it is being opened
  LIBSSH2_SFTP *handle = nullptr;     // null until it is open, and after its connection ended
  Connection *connection = nullptr;   // null when its connection ended
  std::shared_ptr<SftpJob> job;       // under way
  bool is_leased = true;
  std::atomic<std::int64_t> round_trip_us{0};
  std::string server_banner; // as it was when the waiter was told; not written to afterwards

  // One call of the job's step; true when something came of it.
  bool step(LIBSSH2_SESSION *session);
  void connection_ended(const std::string &reason);

private:
  // Bytes of other channels do not count: beside a busy command a silent server would be waited for
  // for ever. Every byte that arrives takes from the channel's window.
  void note_progress(SftpJob &current);
  unsigned long window_before_ = 0;
};

} // namespace mre::ssh
