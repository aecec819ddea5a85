// See leftovers.hpp.
#include "core/ssh/leftovers.hpp"

#include <pthread.h>

#include <algorithm>
#include <array>

namespace mre::ssh {

namespace {

// When to look, counted from the look before. OpenSSH's server ends within milliseconds of its
// link; the later looks are for a loaded machine, or one that cannot be reached for a moment.
constexpr std::array kLooks{std::chrono::milliseconds(0), std::chrono::milliseconds(1000),
                            std::chrono::milliseconds(5000), std::chrono::milliseconds(30000)};
// More would be a server that loses every link; each is one request over one connection.
constexpr std::size_t kMostItems = 256;

} // namespace

Leftovers::Leftovers(Remove remove, const Log &log) : remove_(std::move(remove)), log_(log) {}

Leftovers::~Leftovers() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
  for (const Item &item : items_) {
    if (item.looks == 0) {
      warn(item, "the server is ending");
    }
  }
}

void Leftovers::remove(const config::HostConfig &host, const std::string &path) {
  const std::lock_guard lock(mutex_);
  Item item{host, path, 0, std::chrono::steady_clock::now() + kLooks[0]};
  if (items_.size() >= kMostItems) {
    warn(item, "too many others wait for their removal");
    return;
  }
  items_.push_back(std::move(item));
  if (!thread_.joinable()) {
    thread_ = std::thread([this] { run(); });
  }
  changed_.notify_all();
}

void Leftovers::run() {
  pthread_setname_np(pthread_self(), "leftovers");
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    const auto next = std::min_element(items_.begin(), items_.end(),
                                       [](const auto &a, const auto &b) { return a.due < b.due; });
    if (next == items_.end()) {
      changed_.wait(lock);
    } else if (next->due > std::chrono::steady_clock::now()) {
      const auto due = next->due; // the item may move while we wait
      changed_.wait_until(lock, due);
    } else {
      Item item = std::move(*next);
      items_.erase(next);
      look(std::move(item), lock);
    }
  }
}

void Leftovers::look(Item item, std::unique_lock<std::mutex> &lock) {
  lock.unlock(); // removing takes as long as a login
  const auto removed = remove_(item.host, item.path);
  lock.lock();
  if (removed) {
    return;
  }
  ++item.looks;
  const bool is_missing = removed.error().code == Errc::not_found;
  if (item.looks < kLooks.size() && !is_stopping_) {
    item.due = std::chrono::steady_clock::now() + kLooks[item.looks];
    items_.push_back(std::move(item));
  } else if (!is_missing) {
    warn(item, removed.error().message);
  }
}

void Leftovers::warn(const Item &item, const std::string &reason) const {
  log_.warn("temporary_file_left",
            {{"host", item.host.name}, {"path", item.path}, {"reason", reason}});
}

} // namespace mre::ssh
