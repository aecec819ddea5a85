// See reactor.hpp.
#include "core/ssh/reactor.hpp"

#include "core/base/result.hpp"
#include "core/guard/limits.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace mre::ssh {

Reactor::Reactor(const Clock &clock)
    : clock_(clock), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      fill_buffer_(new char[limits::kFillBytes]), read_buffer_(new char[limits::kReadPerTurn]) {
  MRE_BUG_IF(!wake_);
  thread_ = std::thread([this] { loop(); });
}

Reactor::~Reactor() {
  stop();
}

bool Reactor::post(std::function<void()> work) {
  enum class Taken { no, first, further };
  const Taken taken = inbox_.with([&](Inbox &inbox) {
    if (inbox.is_stopping) {
      return Taken::no;
    }
    inbox.work.push_back(std::move(work));
    return inbox.work.size() == 1 ? Taken::first : Taken::further;
  });
  if (taken == Taken::first) {
    ::eventfd_write(wake_.get(), 1); // full means it is awake already
  }
  return taken != Taken::no;
}

void Reactor::run_and_wait(std::function<void()> work) {
  Guarded<bool> is_done{false};
  const bool posted = post([&] {
    work();
    // Told under the lock: the waiter may be gone right after it.
    is_done.with([&](bool &done) {
      done = true;
      is_done.notify_all();
    });
  });
  if (posted) {
    is_done.wait([](bool done) { return done; }, [](bool) {});
  }
}

void Reactor::stop() {
  if (!thread_.joinable()) {
    return;
  }
  post([] {});
  inbox_.with([](Inbox &inbox) { inbox.is_stopping = true; });
  ::eventfd_write(wake_.get(), 1);
  thread_.join();
  timers_.clear();
}

void Reactor::add(Source &source) {
  sources_.push_back(&source);
  is_ready_.push_back(true);
}

void Reactor::remove(Source &source) {
  std::replace(sources_.begin(), sources_.end(), &source, static_cast<Source *>(nullptr));
}

Timers::Id Reactor::after(Milliseconds span, std::function<void()> action) {
  return timers_.at(clock_.now() + span, std::move(action));
}

// False when the reactor is stopping and everything posted before that has run.
bool Reactor::run_posted() {
  std::vector<std::function<void()>> work;
  const bool is_stopping = inbox_.with([&](Inbox &inbox) {
    work.swap(inbox.work);
    return inbox.is_stopping;
  });
  for (auto &item : work) {
    item();
    item = nullptr; // what it owns goes before the next one runs
  }
  return !is_stopping;
}

void Reactor::loop() {
  pthread_setname_np(pthread_self(), "ssh-reactor");
  while (run_posted()) {
    timers_.run_due(clock_.now());
    for (std::size_t i = 0; i < sources_.size(); ++i) { // turns may add sources
      if (sources_[i] != nullptr && (is_ready_[i] || sources_[i]->wants_turn())) {
        is_ready_[i] = false;
        sources_[i]->turn();
      }
    }
    wait();
  }
}

int Reactor::wait_milliseconds() const {
  for (const Source *source : sources_) {
    if (source != nullptr && source->wants_turn()) {
      return 0;
    }
  }
  const auto next = timers_.next();
  if (!next) {
    return -1;
  }
  constexpr std::int64_t kLongest =
      60000; // keeps the number an int; waking once a minute costs nothing
  const auto left = Deadline(*next).left(clock_).value_or(Milliseconds(0));
  return static_cast<int>(std::min<std::int64_t>(left.count(), kLongest));
}

void Reactor::wait() {
  for (std::size_t i = sources_.size(); i-- > 0;) {
    if (sources_[i] == nullptr) {
      sources_.erase(sources_.begin() + static_cast<std::ptrdiff_t>(i));
      is_ready_.erase(is_ready_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  std::vector<pollfd> descriptors;
  descriptors.reserve(sources_.size() + 1);
  descriptors.push_back({wake_.get(), POLLIN, 0});
  for (const Source *source : sources_) {
    descriptors.push_back({source->descriptor(), source->events(), 0});
  }
  ::poll(descriptors.data(), descriptors.size(), wait_milliseconds());
  if (descriptors[0].revents != 0) {
    eventfd_t count = 0;
    ::eventfd_read(wake_.get(), &count);
  }
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    is_ready_[i] = is_ready_[i] || descriptors[i + 1].revents != 0;
  }
}

} // namespace mre::ssh
