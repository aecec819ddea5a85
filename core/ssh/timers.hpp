// Things to do at a moment, by the injected clock. Threads: one. Lifetime: ids are never reused.
#pragma once

#include "core/base/clock.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>

namespace mre::ssh {

class Timers {
public:
  using Id = std::uint64_t; // 0 is never one

  Id at(SteadyTime when, std::function<void()> action);
  void cancel(Id id); // of one that ran or was cancelled: nothing
  // Runs what is due, in order of time; actions may add and cancel.
  void run_due(SteadyTime now);
  std::optional<SteadyTime> next() const;
  void clear();

private:
  struct Entry {
    Id id;
    std::function<void()> action;
  };
  using Queue = std::multimap<SteadyTime, Entry>;
  Queue queue_;
  std::unordered_map<Id, Queue::iterator> index_;
  Id last_id_ = 0;
};

} // namespace mre::ssh
