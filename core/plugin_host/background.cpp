#include "core/plugin_host/background.hpp"

#include "core/guard/limits.hpp"
#include "core/plugin_host/abi.hpp"
#include "core/plugin_host/call_state.hpp"
#include "core/plugin_host/instance.hpp"
#include "core/plugin_host/parts.hpp"

#include <utility>
#include <vector>

namespace mre::plugin_host {

Background::Background(Instance &plugin) : plugin_(plugin) {}

Background::~Background() {
  end();
}

Result<std::uint64_t> Background::admit(State &state, Task task) const {
  if (state.phase == Phase::ended) {
    return Error{Errc::unavailable, "the plugin is ending; nothing new is begun", {}};
  }
  if (state.tasks.size() >= limits::kBackgroundTasks) {
    return Error{Errc::limit,
                 std::to_string(limits::kBackgroundTasks) +
                     " timers and jobs of this plugin wait already",
                 "cancel those that are no longer needed"};
  }
  const std::uint64_t id = state.next++;
  state.tasks.emplace(id, std::move(task));
  return id;
}

Result<void> Background::after(Milliseconds delay, TimerCallback callback, void *data,
                               std::uint64_t *id) {
  MRE_TRY(const std::uint64_t number, state_.with([&](State &state) {
    Task task;
    task.body = [this, callback, data](std::uint64_t) { run_timer(callback, data); };
    auto admitted = admit(state, std::move(task));
    if (admitted && id != nullptr) {
      *id = *admitted;
    }
    return admitted;
  }));
  const Timer::Job armed =
      plugin_.parts().timer().after(delay, [weak = plugin_.weak_from_this(), number] {
        if (const auto plugin = weak.lock()) {
          plugin->background().queue(number);
        }
      });
  // When it fired meanwhile, the number names nothing any more.
  state_.with([&](State &state) {
    if (const auto found = state.tasks.find(number); found != state.tasks.end()) {
      found->second.armed = armed;
    }
  });
  return {};
}

Result<void> Background::submit(JobCallback callback, void *data, std::uint64_t *id) {
  MRE_TRY(const std::uint64_t number, state_.with([&](State &state) {
    Task task;
    task.body = [this, callback, data](std::uint64_t job) { run_job(job, callback, data); };
    auto admitted = admit(state, std::move(task));
    if (admitted && id != nullptr) {
      *id = *admitted;
    }
    return admitted;
  }));
  queue(number);
  return {};
}

// To a thread; before the plugin serves it only becomes due.
void Background::queue(std::uint64_t id) {
  const bool is_ready = state_.with([&](State &state) {
    const auto found = state.tasks.find(id);
    if (found == state.tasks.end()) {
      return false;
    }
    found->second.is_due = true;
    return state.phase == Phase::serving;
  });
  if (!is_ready) {
    return;
  }
  const bool is_taken = pool_.with([&](std::unique_ptr<WorkerPool> &pool) {
    if (!pool) {
      pool = std::make_unique<WorkerPool>(
          WorkerPoolOptions{"plugin", limits::kBackgroundThreads, limits::kBackgroundTasks},
          plugin_.parts().log);
    }
    return pool->submit([this, id] { run(id); }).has_value();
  });
  if (!is_taken) {
    forget(id);
  }
}

void Background::open() {
  const auto due = state_.with([](State &state) {
    std::vector<std::uint64_t> ids;
    if (state.phase == Phase::waiting) {
      state.phase = Phase::serving;
      for (const auto &[id, task] : state.tasks) {
        if (task.is_due) {
          ids.push_back(id);
        }
      }
    }
    return ids;
  });
  for (const std::uint64_t id : due) {
    queue(id);
  }
}

void Background::run(std::uint64_t id) {
  // Taken and counted in one step, so that end() either drops it or waits for it.
  const auto body = state_.with([&](State &state) {
    const auto found = state.tasks.find(id);
    std::function<void(std::uint64_t)> taken;
    if (found != state.tasks.end() && state.phase == Phase::serving) {
      taken = std::exchange(found->second.body, nullptr);
    }
    if (taken) {
      found->second.runs_on = std::this_thread::get_id();
      plugin_.gate().enter_background();
    }
    return taken;
  });
  if (body) {
    body(id);
    forget(id);
    plugin_.gate().leave_background();
  }
}

void Background::run_timer(TimerCallback callback, void *data) const {
  mre_error err = empty_error();
  static_cast<void>(plugin_.guarded("a timer", err, [&] {
    callback(data);
    return MRE_OK;
  }));
}

void Background::run_job(std::uint64_t id, JobCallback callback, void *data) {
  const auto call =
      CallState::begin({plugin_.shared_from_this(), nullptr, CallKind::job, "a job", false});
  const bool is_wanted = state_.with([&](State &state) {
    const auto found = state.tasks.find(id);
    if (found == state.tasks.end() || state.phase != Phase::serving) {
      return false;
    }
    found->second.call = call;
    return true;
  });
  if (is_wanted) {
    mre_error err = empty_error();
    static_cast<void>(plugin_.guarded("a job", err, [&] {
      callback(data, call->handle());
      return MRE_OK;
    }));
  }
  call->settle(MRE_OK, Error{});
}

void Background::forget(std::uint64_t id) {
  const auto gone = state_.with([&](State &state) { return state.tasks.extract(id); });
  state_.notify_all();
}

bool Background::cancel(std::uint64_t id) {
  std::shared_ptr<CallState> running;
  Timer::Job armed = 0;
  bool never_ran = false;
  const bool must_wait = state_.with([&](State &state) {
    const auto found = state.tasks.find(id);
    if (found == state.tasks.end()) {
      return false;
    }
    if (!found->second.runs_on) {
      armed = found->second.armed;
      state.tasks.erase(found);
      never_ran = true;
      return false;
    }
    running = found->second.call;
    return *found->second.runs_on != std::this_thread::get_id();
  });
  if (armed != 0) {
    plugin_.parts().timer().drop(armed);
  }
  if (running) {
    running->cancel();
  }
  if (must_wait) {
    state_.wait([&](const State &state) { return !state.tasks.contains(id); },
                [](State & /*state*/) {});
  }
  return never_ran;
}

void Background::end() {
  std::vector<Timer::Job> armed;
  std::vector<std::shared_ptr<CallState>> running;
  state_.with([&](State &state) {
    state.phase = Phase::ended;
    for (auto task = state.tasks.begin(); task != state.tasks.end();) {
      if (task->second.runs_on) {
        running.push_back(task->second.call);
        ++task;
        continue;
      }
      armed.push_back(task->second.armed);
      task = state.tasks.erase(task);
    }
  });
  for (const Timer::Job job : armed) {
    if (job != 0) {
      plugin_.parts().timer().drop(job);
    }
  }
  for (const auto &call : running) {
    if (call) {
      call->cancel();
    }
  }
}

void Background::join() {
  const auto pool = pool_.with([](auto &held) { return std::exchange(held, nullptr); });
}

} // namespace mre::plugin_host
