// BackgroundSweep: the sweeper, now and then, while the server runs.
//
// Promise: one list request each time and nothing more while there is nothing to do; of several
// servers that share a state folder, one sweeps. Hosts are asked only for files that are known to
// have been left there, soon after the start: a server that was killed is usually started again.
// Threads: the host's timers and jobs. Lifetime: a member of the plugin; borrows the desk and the
// records.
#pragma once

#include "desk.hpp"

#include <mre/cpp/background.hpp>

#include <atomic>

namespace imagekit {

class BackgroundSweep {
public:
  BackgroundSweep(Desk &desk, RecordStore &records);
  // Once; further calls do nothing.
  void start();

private:
  void arm(std::chrono::milliseconds delay);
  void run_files(const mre::Call &job);
  void run(const mre::Call &job);
  bool is_our_turn();

  Desk &desk_;
  RecordStore &records_;
  std::atomic<bool> is_started_{false};
  mre::Timers timers_;
  mre::Jobs jobs_;
};

} // namespace imagekit
