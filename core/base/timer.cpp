#include "core/base/timer.hpp"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace mre {

Timer::Timer() : thread_([this] { run(); }) {}

Timer::~Timer() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Timer::Job Timer::after(std::chrono::milliseconds span, std::function<void()> job) {
  const Time due = std::chrono::steady_clock::now() + span;
  const std::lock_guard lock(mutex_);
  const Job number = next_++;
  waiting_.emplace(due, std::pair(number, std::move(job)));
  changed_.notify_all();
  return number;
}

void Timer::drop(Job job) {
  std::function<void()> dropped; // what it owns is released outside the lock
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [job](const auto &entry) { return entry.second.first == job; });
  if (found != waiting_.end()) {
    dropped = std::move(found->second.second);
    waiting_.erase(found);
  }
}

void Timer::run() {
  pthread_setname_np(pthread_self(), "timer");
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (waiting_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto first = waiting_.begin();
    if (first->first > std::chrono::steady_clock::now()) {
      const Time due = first->first;
      changed_.wait_until(lock, due);
      continue;
    }
    auto job = std::move(first->second.second);
    waiting_.erase(first);
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

} // namespace mre
