// Patience: what every wait of this plugin listens to, the call's end and the plugin's.
//
// Promise: pause() and check() throw mre::Error(MRE_CANCELLED) soon after either. Threads: a
// StopFlag is shared by all; a Patience belongs to one call. Lifetime: a Patience borrows the flag
// and the call.
#pragma once

#include <mre/plugin.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace imagekit {

class StopFlag {
public:
  void raise();
  bool is_raised() const;
  void wait_for(std::chrono::milliseconds span) const; // or until it is raised

private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool is_raised_ = false;
};

class Patience {
public:
  Patience(const StopFlag &stop, const mre::Call &call) : stop_(stop), call_(&call) {}
  explicit Patience(const StopFlag &stop) : stop_(stop) {} // background work

  bool is_over() const { return stop_.is_raised() || (call_ != nullptr && call_->cancelled()); }
  void check() const;
  void pause(std::chrono::milliseconds span) const;

private:
  const StopFlag &stop_;
  const mre::Call *call_ = nullptr;
};

} // namespace imagekit
