// What a plugin does beside its calls: timers and jobs.
//
// Promise: each runs at most once, counted at the plugin's gate while it does, so that the host
// knows when the plugin is idle. After cancel(id) the callback neither runs nor will run, unless
// cancel was called from it. What becomes due before open() runs after it. end() drops what waits
// and asks the rest to end; it does not wait. Threads: any; open, end and join from one. Lifetime:
// part of Instance; threads are made on first use and gone after join().
#pragma once

#include "core/base/clock.hpp"
#include "core/base/guarded.hpp"
#include "core/base/result.hpp"
#include "core/base/timer.hpp"
#include "core/base/worker_pool.hpp"

#include <mre/plugin.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <thread>

namespace mre::plugin_host {

class CallState;
class Instance;

class Background {
public:
  using TimerCallback = void (*)(void *data);
  using JobCallback = void (*)(void *data, mre_call *job);

  explicit Background(Instance &plugin);
  ~Background();
  Background(const Background &) = delete;
  Background &operator=(const Background &) = delete;

  // The id is written to `id` (may be null) before the callback can run.
  Result<void> after(Milliseconds delay, TimerCallback callback, void *data, std::uint64_t *id);
  Result<void> submit(JobCallback callback, void *data, std::uint64_t *id);
  // True when it never ran.
  bool cancel(std::uint64_t id);

  void open(); // the plugin serves from now on
  void end();
  void join(); // once the gate is idle

private:
  enum class Phase { waiting, serving, ended };
  struct Task {
    std::function<void(std::uint64_t id)> body; // empty once it was taken to run
    Timer::Job armed = 0;                       // of the timer; 0: none
    bool is_due = false;
    std::shared_ptr<CallState> call; // of a job that runs
    std::optional<std::thread::id> runs_on;
  };
  struct State {
    Phase phase = Phase::waiting;
    std::map<std::uint64_t, Task> tasks; // waiting and running
    std::uint64_t next = 1;
  };

  Result<std::uint64_t> admit(State &state, Task task) const;
  void queue(std::uint64_t id);
  void run(std::uint64_t id);
  void run_timer(TimerCallback callback, void *data) const;
  void run_job(std::uint64_t id, JobCallback callback, void *data);
  void forget(std::uint64_t id);

  Instance &plugin_;
  Guarded<State> state_;
  Guarded<std::unique_ptr<WorkerPool>> pool_;
};

} // namespace mre::plugin_host
