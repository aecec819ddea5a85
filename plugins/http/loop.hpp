// One thread that waits for sockets and does what they ask for.
//
// Promise: a watched object is touched on the loop's thread only; post() runs a job there. end()
// returns when everything that is watched is over, or the time is up and it was let go of. Threads:
// post() and end() from any, watch() on the loop's thread. Lifetime: the loop owns what it watches.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace mre_http {

using Time = std::chrono::steady_clock::time_point;

class Watched {
public:
  virtual ~Watched() = default;
  virtual int fd() const = 0;
  virtual std::uint32_t interest() const = 0; // of epoll
  virtual void on_event(std::uint32_t events) = 0;
  virtual void on_tick(Time now) = 0; // about every limits::kTick
  virtual void on_wake() {}           // wake() was called for it
  virtual void on_end() = 0;          // be over as soon as what is under way has left
  virtual bool is_over() const = 0;
};

class Loop {
public:
  explicit Loop(const char *name);
  ~Loop();
  Loop(const Loop &) = delete;
  Loop &operator=(const Loop &) = delete;

  static std::uint64_t next_id(); // unique in the process
  void post(std::function<void()> job);
  void wake(std::uint64_t id); // on_wake() of it, if it is still watched
  void watch(std::uint64_t id, std::unique_ptr<Watched> watched);
  std::size_t watched() const { return count_; }
  // For the loop's thread: each one, until the function says stop.
  void for_each(const std::function<bool(Watched &)> &body);
  void drop(const Watched &watched); // the loop's thread: at once, whatever is under way
  void end(std::chrono::milliseconds span);

private:
  struct Entry {
    std::unique_ptr<Watched> watched;
    std::uint32_t interest = 0;
  };
  void run(const char *name);
  void run_jobs();
  void tick();
  // Takes up a changed interest, and lets go of what is over.
  void settle(std::uint64_t id);

  int epoll_ = -1;
  int wake_ = -1;
  std::mutex mutex_;
  std::vector<std::function<void()>> jobs_;
  std::vector<std::uint64_t> woken_;
  std::map<std::uint64_t, Entry> entries_; // the loop's thread only
  std::atomic<std::size_t> count_{0};
  std::atomic<bool> is_ending_{false};
  Time end_{};
  std::thread thread_;
};

} // namespace mre_http
