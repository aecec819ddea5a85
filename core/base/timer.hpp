// Small jobs at a later time, on one thread of its own.
//
// Promise: a job runs once, not before its time, unless it was dropped before. Jobs must not block.
// Threads: any; drop() does not wait for a job that runs. Lifetime: the destructor drops what waits
// and joins.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace mre {

class Timer {
public:
  using Job = std::uint64_t;
  Timer();
  ~Timer();
  Timer(const Timer &) = delete;
  Timer &operator=(const Timer &) = delete;

  Job after(std::chrono::milliseconds span, std::function<void()> job);
  void drop(Job job);

private:
  using Time = std::chrono::steady_clock::time_point;
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Time, std::pair<Job, std::function<void()>>> waiting_;
  Job next_ = 1;
  bool ending_ = false;
  std::thread thread_;
};

} // namespace mre
