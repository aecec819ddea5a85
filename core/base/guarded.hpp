// Guarded<T>: a value that can only be reached while its lock is held. The lock owns the data.
//
// Threads: any. No lock is held while calling out of the component: take what is needed and leave.
//
//   Guarded<std::vector<int>> list;
//   list.with([](auto &items) { items.push_back(1); });
#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>

namespace mre {

template <class T>
class Guarded {
public:
  Guarded() = default; // NOLINT(bugprone-exception-escape): as T is
  explicit Guarded(T value) : value_(std::move(value)) {}

  template <class F>
  decltype(auto) with(F &&body) {
    const std::lock_guard lock(mutex_);
    return std::forward<F>(body)(value_);
  }
  template <class F>
  decltype(auto) with(F &&body) const {
    const std::lock_guard lock(mutex_);
    return std::forward<F>(body)(value_);
  }

  // Waits until ready(value) holds, then runs body under the lock. Whoever changes the value calls
  // notify_all().
  template <class Ready, class F>
  decltype(auto) wait(Ready &&ready, F &&body) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ready(value_); });
    return std::forward<F>(body)(value_);
  }
  // The same with an end in time; body runs either way and is told whether ready(value) held.
  template <class TimePoint, class Ready, class F>
  decltype(auto) wait_until(TimePoint end, Ready &&ready, F &&body) {
    std::unique_lock lock(mutex_);
    const bool held = changed_.wait_until(lock, end, [&] { return ready(value_); });
    return std::forward<F>(body)(value_, held);
  }
  void notify_all() { changed_.notify_all(); }

private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  T value_{};
};

} // namespace mre
