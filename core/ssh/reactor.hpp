// The one thread that owns every SSH session: poll, timers, and a queue of work from other threads.
//
// Promise: whatever is posted runs on the reactor thread, in order; after stop() nothing does.
// Threads: post() from any; everything else on the reactor thread. Lifetime: stop() joins the
// thread; sources and timers must not outlive the reactor.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/guarded.hpp"
#include "core/base/unique_fd.hpp"
#include "core/guard/limits.hpp"
#include "core/ssh/timers.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <vector>

namespace mre::ssh {

class Reactor {
public:
  // Something with a descriptor that wants turns.
  class Source {
  public:
    virtual ~Source() = default;
    virtual int descriptor() const = 0;
    virtual short events() const = 0;    // what to poll for
    virtual bool wants_turn() const = 0; // without waiting for the descriptor
    virtual void turn() = 0;
  };

  explicit Reactor(const Clock &clock);
  ~Reactor();
  Reactor(const Reactor &) = delete;
  Reactor &operator=(const Reactor &) = delete;

  // False once the reactor is stopping; the work is dropped then.
  bool post(std::function<void()> work);
  // Posts and waits until it ran. Not from the reactor thread.
  void run_and_wait(std::function<void()> work);
  void stop();

  // A removed source may still be in its turn; it is not touched after that.
  void add(Source &source);
  void remove(Source &source);
  Timers::Id after(Milliseconds span, std::function<void()> action);
  void cancel(Timers::Id id) { timers_.cancel(id); }
  SteadyTime now() const { return clock_.now(); }
  // Shared by all sources: what one reads into during its turn.
  std::span<char> fill_buffer() { return {fill_buffer_.get(), limits::kFillBytes}; }
  std::span<char> read_buffer() { return {read_buffer_.get(), limits::kReadPerTurn}; }

private:
  struct Inbox {
    std::vector<std::function<void()>> work;
    bool is_stopping = false;
  };

  void loop();
  bool run_posted();
  void wait();
  int wait_milliseconds() const;

  const Clock &clock_;
  UniqueFd wake_;
  Guarded<Inbox> inbox_;
  Timers timers_;
  std::vector<Source *> sources_; // removed ones are null until the turn is over
  std::vector<bool> is_ready_;    // parallel to sources_
  // Not initialised: pages that no session ever filled cost nothing while the server idles.
  std::unique_ptr<char[]> fill_buffer_;
  std::unique_ptr<char[]> read_buffer_;
  std::thread thread_; // last: starts when everything else is there
};

} // namespace mre::ssh
