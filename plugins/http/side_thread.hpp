// A thread for what would keep a loop, and with it everybody else's connections, for too long.
//
// Promise: jobs run one after the other, in the order in which they came; end() lets the one that
// runs finish and drops the rest. Threads: run() from any, end() from one. Lifetime: what a job
// uses outlives end().
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace mre_http {

class SideThread {
public:
  explicit SideThread(const char *name);
  ~SideThread();
  SideThread(const SideThread &) = delete;
  SideThread &operator=(const SideThread &) = delete;

  void run(std::function<void()> job);
  void end();

private:
  void serve(const char *name);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool is_ending_ = false;
  std::thread thread_;
};

} // namespace mre_http
