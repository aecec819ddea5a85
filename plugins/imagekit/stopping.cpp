// See stopping.hpp.
#include "stopping.hpp"

#include <algorithm>

namespace imagekit {

namespace {

// How long a cancel may go unnoticed; the host offers no way to be woken by it.
constexpr std::chrono::milliseconds kLook{100};

} // namespace

void StopFlag::raise() {
  {
    const std::lock_guard lock(mutex_);
    is_raised_ = true;
  }
  changed_.notify_all();
}

bool StopFlag::is_raised() const {
  const std::lock_guard lock(mutex_);
  return is_raised_;
}

void StopFlag::wait_for(std::chrono::milliseconds span) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, span, [this] { return is_raised_; });
}

void Patience::check() const {
  if (is_over()) {
    throw mre::Error(MRE_CANCELLED, "cancelled while it was under way");
  }
}

void Patience::pause(std::chrono::milliseconds span) const {
  const auto end = std::chrono::steady_clock::now() + span;
  for (;;) {
    check();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      return;
    }
    stop_.wait_for(std::min(left, kLook));
  }
}

} // namespace imagekit
