// Signals as events on a thread of their own, so that handlers may do anything.
//
// Promise: after the constructor SIGTERM, SIGINT and SIGHUP reach on_signal on one thread, one at a
// time; SIGPIPE is ignored (a write says EPIPE instead). Build it before any other thread: they
// inherit the mask. Threads: constructor and destructor on the main thread. Lifetime: what
// on_signal uses outlives the object.
#pragma once

#include "core/base/unique_fd.hpp"

#include <functional>
#include <thread>

namespace mre::app {

// Blocks the signals for this thread and all that come after it. First thing in main.
void block_signals();

class Signals {
public:
  explicit Signals(std::function<void(int number)> on_signal);
  ~Signals();
  Signals(const Signals &) = delete;
  Signals &operator=(const Signals &) = delete;

private:
  UniqueFd events_; // signalfd
  UniqueFd ending_; // eventfd
  std::thread thread_;
};

} // namespace mre::app
