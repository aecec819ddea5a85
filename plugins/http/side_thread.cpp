#include "side_thread.hpp"

#include <mre/plugin.hpp>

#include <pthread.h>

#include <utility>

namespace mre_http {

SideThread::SideThread(const char *name) : thread_([this, name] { serve(name); }) {}

SideThread::~SideThread() {
  end();
}

void SideThread::run(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (is_ending_) {
      return;
    }
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
}

void SideThread::end() {
  std::deque<std::function<void()>> dropped; // destroyed without the lock
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
    dropped.swap(jobs_);
  }
  dropped.clear();
  changed_.notify_one();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void SideThread::serve(const char *name) {
  ::pthread_setname_np(::pthread_self(), name);
  while (true) {
    std::function<void()> job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return is_ending_ || !jobs_.empty(); });
      if (is_ending_) {
        return;
      }
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    static_cast<void>(mre::guarded(nullptr, job));
  }
}

} // namespace mre_http
