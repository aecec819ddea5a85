// See timers.hpp.
#include "core/ssh/timers.hpp"

namespace mre::ssh {

Timers::Id Timers::at(SteadyTime when, std::function<void()> action) {
  const Id id = ++last_id_;
  index_.emplace(id, queue_.emplace(when, Entry{id, std::move(action)}));
  return id;
}

void Timers::cancel(Id id) {
  if (const auto found = index_.find(id); found != index_.end()) {
    queue_.erase(found->second);
    index_.erase(found);
  }
}

void Timers::run_due(SteadyTime now) {
  while (!queue_.empty() && queue_.begin()->first <= now) {
    auto entry = std::move(queue_.begin()->second);
    index_.erase(entry.id);
    queue_.erase(queue_.begin());
    entry.action();
  }
}

std::optional<SteadyTime> Timers::next() const {
  return queue_.empty() ? std::nullopt : std::optional(queue_.begin()->first);
}

void Timers::clear() {
  index_.clear();
  queue_.clear();
}

} // namespace mre::ssh
