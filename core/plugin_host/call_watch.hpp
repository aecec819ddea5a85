// Looks after the calls that plugins have: one that gives no sign of life is answered for its
// plugin, one that ignores that it was cancelled is told of.
//
// Promise: while there are calls it looks once a second; a call that used no service and told no
// progress for as long as the longest command may take (MAX_TIMEOUT) ends for its client with
// `timed_out`. What still runs inside the plugin is left alone: foreign code cannot be ended.
// Threads: begin() from any; looks on a timer's, which is made by the first call. Lifetime: part of
// Parts; after end() it neither looks nor begins to.
#pragma once

#include "core/base/guarded.hpp"
#include "core/base/timer.hpp"

#include <atomic>
#include <memory>

namespace mre::plugin_host {

struct Parts;

class CallWatch {
public:
  explicit CallWatch(Parts &parts) : parts_(parts) {}
  ~CallWatch() { end(); }
  CallWatch(const CallWatch &) = delete;
  CallWatch &operator=(const CallWatch &) = delete;

  void begin(); // a call has begun
  void end();   // waits for a look that is under way

private:
  void arm();
  void look();

  struct State {
    std::unique_ptr<Timer> timer;
    bool has_ended = false;
  };
  Parts &parts_;
  std::atomic<bool> is_armed_{false};
  Guarded<State> state_;
};

} // namespace mre::plugin_host
