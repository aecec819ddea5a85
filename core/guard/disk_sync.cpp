#include "core/guard/disk_sync.hpp"

#include <pthread.h>

#include <cerrno>
#include <optional>
#include <utility>

namespace mre::guard {

DiskSync::DiskSync(std::chrono::milliseconds span, Ways ways)
    : span_(span), ways_(std::move(ways)) {}

DiskSync::~DiskSync() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
  if (is_wanted_) { // since the thread looked last
    static_cast<void>(now());
  }
}

void DiskSync::wanted() {
  const std::lock_guard lock(mutex_);
  if (is_wanted_) {
    return;
  }
  is_wanted_ = true;
  if (!thread_.joinable()) {
    thread_ = std::thread([this] { run(); });
  }
  changed_.notify_all();
}

Result<void> DiskSync::now() {
  std::optional<Error> trouble;
  for (const UniqueFd &file : ways_.collect()) {
    int result = 0;
    do {
      result = ways_.sync(file.get());
    } while (result != 0 && errno == EINTR);
    const bool cannot = errno == EINVAL || errno == EROFS || errno == ENOTSUP; // fsync(2)
    if (result != 0 && !cannot) {
      trouble = error_from_errno(errno, "what was written does not reach the disk");
    }
  }
  bool must_complain = false;
  {
    const std::lock_guard lock(mutex_);
    must_complain = trouble && !has_failed_;
    has_failed_ = trouble.has_value();
  }
  if (must_complain) {
    ways_.complain(*trouble);
  }
  return trouble ? Result<void>(*std::move(trouble)) : Result<void>();
}

bool DiskSync::has_failed() const {
  const std::lock_guard lock(mutex_);
  return has_failed_;
}

void DiskSync::run() {
  ::pthread_setname_np(::pthread_self(), "disk-sync");
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_wanted_ || is_ending_; });
    if (is_ending_) {
      return; // the destructor does the rest
    }
    changed_.wait_for(lock, span_, [this] { return is_ending_; });
    is_wanted_ = false;
    lock.unlock();
    static_cast<void>(now());
    lock.lock();
  }
}

} // namespace mre::guard
