// A pool of threads that grows with the work and is bounded.
//
// Promise: submit() never blocks; it refuses with `limit` when max_threads are all busy and
// max_queued jobs wait. A thread idle for ten seconds ends. Jobs must not throw; one that does is a
// defect of ours, logged, and the thread lives on. Threads: any. Lifetime: the destructor waits for
// running jobs and drops queued ones; nothing may submit any more.
#pragma once

#include "core/base/log.hpp"
#include "core/base/result.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace mre {

struct WorkerPoolOptions {
  std::string name; // for logs and the thread name
  std::size_t max_threads = 16;
  std::size_t max_queued = 1024;
};

class WorkerPool {
public:
  WorkerPool(WorkerPoolOptions options, const Log &log);
  ~WorkerPool();
  WorkerPool(const WorkerPool &) = delete;
  WorkerPool &operator=(const WorkerPool &) = delete;

  Result<void> submit(std::function<void()> job);
  std::size_t busy() const;

private:
  struct State;
  std::shared_ptr<State> state_;
};

} // namespace mre
