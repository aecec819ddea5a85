// What was written reaches the disk soon, without its writer waiting for that.
//
// Promise: what wanted() was told of is synced not later than `span` after, and at the end; many
// writes share one sync. A sync that fails is told once for each spell of trouble and tried again
// with the next. File systems that cannot sync count as synced. Threads: any; a thread of its own
// from the first wanted() on. Lifetime: what the functions use outlives it; the destructor syncs.
#pragma once

#include "core/base/result.hpp"
#include "core/base/unique_fd.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace mre::guard {

class DiskSync {
public:
  struct Ways {
    std::function<std::vector<UniqueFd>()> collect; // the files with something to sync
    std::function<void(const Error &)> complain;
    std::function<int(int fd)> sync; // as fdatasync(2)
  };
  DiskSync(std::chrono::milliseconds span, Ways ways);
  ~DiskSync();
  DiskSync(const DiskSync &) = delete;
  DiskSync &operator=(const DiskSync &) = delete;

  void wanted();
  // At once, on the caller's thread.
  Result<void> now();
  bool has_failed() const; // the last one

private:
  void run();

  const std::chrono::milliseconds span_;
  const Ways ways_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool is_wanted_ = false;
  bool is_ending_ = false;
  bool has_failed_ = false;
  std::thread thread_;
};

} // namespace mre::guard
