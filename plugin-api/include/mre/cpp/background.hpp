// mre/cpp/background.hpp - timers and jobs: what a plugin does beside its calls.
//
// Promise: a callable runs at most once, on a host thread; what it throws is logged and goes no
// further. After cancel() it neither runs nor will run, unless cancel was called from it. Threads:
// all functions from any; the callables run beside calls, so guard what they share. Lifetime: keep
// the object as a member of the plugin: destroyed with it, when nothing of it runs any more.
//
//   timers_.after(std::chrono::minutes(1), [this] { sweep(); });
#pragma once

#include <mre/cpp/basic.hpp>
#include <mre/cpp/call.hpp>
#include <mre/ext/job.h>
#include <mre/ext/log.h>
#include <mre/ext/timer.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#pragma GCC visibility push(hidden) // private to each plugin, whatever its flags
namespace mre {
inline namespace v1 {
namespace detail {

// The callables of one plugin that wait or run, each under a number of ours: the host's may still
// be unknown when the callable runs.
template <class Function>
class Callables {
public:
  struct Entry {
    Callables *owner;
    std::uint64_t key;
    Function function;
    std::uint64_t id; // the host's
  };

  // start(entry, &id) hands the entry to the host.
  template <class Start>
  std::uint64_t add(Function function, Start &&start) {
    auto made = std::make_unique<Entry>();
    Entry &entry = *made;
    entry.owner = this;
    entry.function = std::move(function);
    entry.id = 0;
    const std::uint64_t key = keep(std::move(made));
    std::uint64_t id = 0;
    try {
      start(entry, &id);
    } catch (...) {
      forget(key);
      throw;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = entries_.find(key);
    if (found != entries_.end()) {
      found->second->id = id;
    }
    return key;
  }
  // The host's number, 0 when the callable is done.
  std::uint64_t id_of(std::uint64_t key) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = entries_.find(key);
    return found == entries_.end() ? 0 : found->second->id;
  }
  void forget(std::uint64_t key) {
    std::unique_ptr<Entry> gone; // released outside the lock
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = entries_.find(key);
    if (found != entries_.end()) {
      gone = std::move(found->second);
      entries_.erase(found);
    }
  }

private:
  std::uint64_t keep(std::unique_ptr<Entry> entry) {
    const std::lock_guard<std::mutex> lock(mutex_);
    entry->key = ++last_;
    return entries_.emplace(entry->key, std::move(entry)).first->first;
  }
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::unique_ptr<Entry>> entries_;
  std::uint64_t last_ = 0;
};

inline void log_failure(Host host, const char *what, const mre_error &err) noexcept {
  if (const auto *api = host.find<mre_log_api>(MRE_LOG)) {
    const std::string_view text(err.message);
    static_cast<void>(guarded(nullptr, [&] {
      const std::string fields = dump(json{{"reason", text}});
      api->log(host.raw(), MRE_LOG_ERROR, borrow(what), borrow(fields));
    }));
  }
}

} // namespace detail

class Timers {
public:
  explicit Timers(Host host)
      : api_(host.service<mre_timer_api>(MRE_TIMER)), host_(host),
        callables_(std::make_unique<Callables>()) {
    callables_->host = host;
  }

  // Once, not before the delay; must be short. The number is for cancel().
  std::uint64_t after(std::chrono::milliseconds delay, std::function<void()> function) {
    const auto count = delay.count() < 0 ? 0 : delay.count();
    return callables_->add(std::move(function), [&](Entry &entry, std::uint64_t *id) {
      auto err = error_value();
      check(api_->after(host_.raw(), static_cast<std::uint64_t>(count), &fire, &entry, id, &err),
            err);
    });
  }
  // True when it never ran.
  bool cancel(std::uint64_t number) {
    const bool never_ran = api_->cancel(host_.raw(), callables_->id_of(number)) != 0;
    if (never_ran) {
      callables_->forget(number);
    }
    return never_ran;
  }

private:
  struct Callables : detail::Callables<std::function<void()>> {
    Host host = nullptr;
  };
  using Entry = Callables::Entry;
  static void fire(void *data) noexcept {
    auto &entry = *static_cast<Entry *>(data);
    auto &owner = static_cast<Callables &>(*entry.owner);
    auto err = error_value();
    if (guarded(&err, [&] { entry.function(); }) != MRE_OK) {
      detail::log_failure(owner.host, "timer_failed", err);
    }
    owner.forget(entry.key);
  }

  const mre_timer_api *api_;
  Host host_;
  std::unique_ptr<Callables> callables_;
};

class Jobs {
public:
  using Function = std::function<void(const Call &job)>;

  explicit Jobs(Host host)
      : api_(host.service<mre_job_api>(MRE_JOB)), host_(host),
        callables_(std::make_unique<Callables>()) {
    callables_->host = host;
    callables_->call_api = host.service<mre_call_api>(MRE_CALL);
  }

  // Once, soon. Give job to the services: what they do ends when it is cancelled.
  std::uint64_t submit(Function function) {
    return callables_->add(std::move(function), [&](Entry &entry, std::uint64_t *id) {
      auto err = error_value();
      check(api_->submit(host_.raw(), &run, &entry, id, &err), err);
    });
  }
  // Asks a running job to end and waits. True when it never ran.
  bool cancel(std::uint64_t number) {
    const bool never_ran = api_->cancel(host_.raw(), callables_->id_of(number)) != 0;
    if (never_ran) {
      callables_->forget(number);
    }
    return never_ran;
  }

private:
  struct Callables : detail::Callables<Function> {
    Host host = nullptr;
    const mre_call_api *call_api = nullptr;
  };
  using Entry = Callables::Entry;
  static void run(void *data, mre_call *job) noexcept {
    auto &entry = *static_cast<Entry *>(data);
    auto &owner = static_cast<Callables &>(*entry.owner);
    auto err = error_value();
    if (guarded(&err, [&] { entry.function(Call(owner.call_api, job)); }) != MRE_OK) {
      detail::log_failure(owner.host, "job_failed", err);
    }
    owner.forget(entry.key);
  }

  const mre_job_api *api_;
  Host host_;
  std::unique_ptr<Callables> callables_;
};

} // namespace v1
} // namespace mre
#pragma GCC visibility pop
