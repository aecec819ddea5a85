#include "loop.hpp"

#include "limits.hpp"

#include <mre/plugin.hpp>

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace mre_http {
namespace {

constexpr std::uint64_t kWakeId = 0;

} // namespace

Loop::Loop(const char *name)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeId;
  if (epoll_ < 0 || wake_ < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) != 0) {
    throw mre::Error(MRE_LOCAL_FAILED, "the system gives no descriptors for serving HTTP");
  }
  thread_ = std::thread([this, name] { run(name); });
}

Loop::~Loop() {
  end(std::chrono::milliseconds(0));
  ::close(epoll_);
  ::close(wake_);
}

std::uint64_t Loop::next_id() {
  static std::atomic<std::uint64_t> last{kWakeId};
  return ++last;
}

void Loop::post(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  ::eventfd_write(wake_, 1);
}

void Loop::wake(std::uint64_t id) {
  {
    const std::lock_guard lock(mutex_);
    woken_.push_back(id);
  }
  ::eventfd_write(wake_, 1);
}

void Loop::watch(std::uint64_t id, std::unique_ptr<Watched> watched) {
  epoll_event event{};
  event.events = watched->interest();
  event.data.u64 = id;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, watched->fd(), &event) == 0) {
    entries_[id] = Entry{std::move(watched), event.events};
    count_ = entries_.size();
  }
}

void Loop::for_each(const std::function<bool(Watched &)> &body) {
  for (auto &[id, entry] : entries_) {
    if (!body(*entry.watched)) {
      return;
    }
  }
}

void Loop::drop(const Watched &watched) {
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (entry->second.watched.get() == &watched) {
      entries_.erase(entry);
      count_ = entries_.size();
      return;
    }
  }
}

void Loop::end(std::chrono::milliseconds span) {
  if (!thread_.joinable()) {
    return;
  }
  post([this, span] {
    end_ = std::chrono::steady_clock::now() + span;
    is_ending_ = true;
    for (auto &[id, entry] : entries_) {
      entry.watched->on_end();
    }
  });
  thread_.join();
}

void Loop::settle(std::uint64_t id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) {
    return;
  }
  Entry &entry = found->second;
  if (entry.watched->is_over()) {
    entries_.erase(found); // closes the descriptor, which takes it out of epoll
    count_ = entries_.size();
    return;
  }
  if (const std::uint32_t wanted = entry.watched->interest(); wanted != entry.interest) {
    epoll_event event{};
    event.events = wanted;
    event.data.u64 = id;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, entry.watched->fd(), &event);
    entry.interest = wanted;
  }
}

void Loop::run_jobs() {
  std::vector<std::function<void()>> jobs;
  std::vector<std::uint64_t> woken;
  {
    const std::lock_guard lock(mutex_);
    jobs.swap(jobs_);
    woken.swap(woken_);
  }
  for (const auto &job : jobs) {
    job();
  }
  for (const std::uint64_t id : woken) {
    if (const auto found = entries_.find(id); found != entries_.end()) {
      found->second.watched->on_wake();
      settle(id);
    }
  }
}

void Loop::tick() {
  const Time now = std::chrono::steady_clock::now();
  std::vector<std::uint64_t> ids;
  ids.reserve(entries_.size());
  for (auto &[id, entry] : entries_) {
    entry.watched->on_tick(now);
    ids.push_back(id);
  }
  for (const std::uint64_t id : ids) {
    settle(id);
  }
}

void Loop::run(const char *name) {
  ::pthread_setname_np(::pthread_self(), name);
  constexpr int kTickMs = static_cast<int>(std::chrono::milliseconds(limits::kTick).count());
  std::array<epoll_event, 64> events{};
  Time next_tick = std::chrono::steady_clock::now() + limits::kTick;
  while (!is_ending_ || (!entries_.empty() && std::chrono::steady_clock::now() < end_)) {
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                   entries_.empty() ? -1 : (is_ending_ ? kTickMs / 10 : kTickMs));
    for (int i = 0; i < count; ++i) {
      const epoll_event &event = events.at(static_cast<std::size_t>(i));
      if (event.data.u64 == kWakeId) {
        eventfd_t ignored = 0;
        ::eventfd_read(wake_, &ignored);
        continue;
      }
      if (const auto found = entries_.find(event.data.u64); found != entries_.end()) {
        found->second.watched->on_event(event.events);
        settle(event.data.u64);
      }
    }
    run_jobs();
    if (const Time now = std::chrono::steady_clock::now(); now >= next_tick || is_ending_) {
      tick();
      next_tick = now + limits::kTick;
    }
  }
  entries_.clear();
  count_ = 0;
}

} // namespace mre_http
