#include "core/mcp/task_store.hpp"

#include "core/base/digest.hpp"
#include "core/guard/limits.hpp"
#include "core/mcp/outcome_checks.hpp"
#include "core/tools/answer_check.hpp"

#include <algorithm>
#include <utility>

namespace mre::mcp {
namespace {

constexpr std::size_t kIdBytes = 16; // 128 bits cannot be guessed

std::chrono::milliseconds granted_lifetime(std::optional<std::chrono::milliseconds> asked) {
  if (!asked) {
    return limits::kTaskLifetime;
  }
  return std::clamp(*asked, std::chrono::milliseconds(1),
                    std::chrono::milliseconds(limits::kTaskLifetimeMaximum));
}

std::size_t bytes_of(const CallEnd &end) {
  const auto *result = std::get_if<tools::ToolResult>(&end);
  if (result == nullptr) {
    return approximate_bytes(std::get<tools::ProtocolError>(end).data);
  }
  std::size_t bytes = result->structured ? approximate_bytes(*result->structured) : 0;
  for (const Json &block : result->content) {
    bytes += approximate_bytes(block);
  }
  return bytes;
}

} // namespace

std::string new_task_id() {
  return "task-" + random_hex(kIdBytes);
}

TaskStore::TaskStore(const Clock &clock, Listener listener)
    : clock_(clock), listener_(std::move(listener)) {}

bool TaskStore::is_expired(const Entry &entry, SteadyTime now) {
  return entry.work == nullptr && now >= entry.opened_at + entry.view.lifetime &&
         now >= entry.ended_at + limits::kTaskGrace;
}

// Erases what has had its time. Gives back the work of tasks that wait for an answer beyond theirs.
std::vector<std::shared_ptr<TaskWork>> TaskStore::sweep(State &state) const {
  const SteadyTime now = clock_.now();
  std::vector<std::shared_ptr<TaskWork>> waits_in_vain;
  for (auto entry = state.entries.begin(); entry != state.entries.end();) {
    const bool waits = entry->second.view.status == TaskStatus::input_required;
    if (waits && now >= entry->second.opened_at + entry->second.view.lifetime) {
      waits_in_vain.push_back(entry->second.work);
    }
    if (is_expired(entry->second, now)) {
      state.bytes -= entry->second.bytes;
      entry = state.entries.erase(entry);
    } else {
      ++entry;
    }
  }
  return waits_in_vain;
}

void TaskStore::trim(State &state) {
  while (state.bytes > limits::kTaskResultBytes) {
    auto oldest = state.entries.end();
    for (auto entry = state.entries.begin(); entry != state.entries.end(); ++entry) {
      const bool is_older =
          oldest == state.entries.end() || entry->second.ended_at < oldest->second.ended_at;
      if (entry->second.work == nullptr && is_older) {
        oldest = entry;
      }
    }
    if (oldest == state.entries.end()) {
      return;
    }
    state.bytes -= oldest->second.bytes;
    state.entries.erase(oldest);
  }
}

std::optional<TaskView> TaskStore::open(const TaskOpening &opening,
                                        std::shared_ptr<TaskWork> work) {
  std::vector<std::shared_ptr<TaskWork>> waits_in_vain;
  auto opened = state_.with([&](State &state) -> std::optional<TaskView> {
    waits_in_vain = sweep(state);
    if (state.is_closed || state.entries.size() >= limits::kTasks) {
      return std::nullopt;
    }
    Entry &entry = state.entries[opening.id];
    entry.view.id = opening.id;
    entry.view.principal = opening.principal;
    entry.view.session = opening.session;
    entry.view.created = entry.view.updated = clock_.wall();
    entry.view.lifetime = granted_lifetime(opening.lifetime);
    entry.work = std::move(work);
    entry.opened_at = clock_.now();
    return entry.view;
  });
  for (const auto &waiting : waits_in_vain) {
    waiting->cancel();
  }
  return opened;
}

void TaskStore::forget(const std::string &id) {
  const auto forgotten = state_.with([&](State &state) { return state.entries.extract(id); });
  state_.notify_all();
}

TaskStore::News TaskStore::changed(Entry &entry) const {
  entry.view.updated = clock_.wall();
  std::erase_if(entry.watchers, [](const auto &watcher) { return watcher.expired(); });
  return {entry.view, entry.watchers};
}

void TaskStore::tell(const std::optional<News> &news, Told told) const {
  if (!news) {
    return;
  }
  if (told == Told::everybody) {
    listener_(news->view);
  }
  for (const auto &watcher : news->watchers) {
    if (const auto alive = watcher.lock()) {
      alive->on_change(news->view);
    }
  }
}

void TaskStore::note(const std::string &id, std::string_view message) {
  state_.with([&](State &state) {
    const auto found = state.entries.find(id);
    if (found != state.entries.end() && !found->second.view.is_over() && !message.empty()) {
      found->second.view.message = message;
      found->second.view.updated = clock_.wall();
    }
  });
}

void TaskStore::ask(const std::string &id, std::vector<tools::InputRequest> questions) {
  tell(state_.with([&](State &state) -> std::optional<News> {
    const auto found = state.entries.find(id);
    if (found == state.entries.end() || found->second.view.is_over()) {
      return std::nullopt;
    }
    found->second.view.status = TaskStatus::input_required;
    found->second.view.questions = std::move(questions);
    found->second.answers.clear();
    return changed(found->second);
  }));
}

void TaskStore::settle(const std::string &id, CallEnd end) {
  std::shared_ptr<TaskWork> released; // outside the lock: it may be the last holder of much
  bool was_cancelled = false;         // told then
  const auto news = state_.with([&](State &state) -> std::optional<News> {
    ++state.settling;
    const auto found = state.entries.find(id);
    if (found == state.entries.end()) {
      return std::nullopt;
    }
    Entry &entry = found->second;
    was_cancelled = entry.view.status == TaskStatus::cancelled;
    released = std::exchange(entry.work, nullptr);
    entry.ended_at = clock_.now();
    entry.bytes = bytes_of(end);
    state.bytes += entry.bytes;
    entry.view.questions.clear();
    entry.view.message.clear();
    entry.view.end = std::make_shared<const CallEnd>(std::move(end));
    entry.view.status = was_cancelled ? TaskStatus::cancelled : TaskStatus::ended;
    auto told = changed(entry);
    trim(state);
    return told;
  });
  tell(news, was_cancelled ? Told::watchers : Told::everybody);
  released.reset();
  // Told under the lock: whoever waits may destroy the store as soon as it has the lock.
  state_.with([&](State &state) {
    --state.settling;
    state_.notify_all();
  });
}

std::optional<TaskView> TaskStore::find(std::string_view principal, const std::string &id) const {
  const SteadyTime now = clock_.now();
  return state_.with([&](const State &state) -> std::optional<TaskView> {
    const auto found = state.entries.find(id);
    if (found == state.entries.end() || found->second.view.principal != principal ||
        is_expired(found->second, now)) {
      return std::nullopt;
    }
    return found->second.view;
  });
}

std::vector<TaskView> TaskStore::of_session(const std::weak_ptr<Peer> &session) const {
  const SteadyTime now = clock_.now();
  return state_.with([&](const State &state) {
    std::vector<TaskView> views;
    for (const auto &[id, entry] : state.entries) {
      const bool is_same =
          !entry.view.session.owner_before(session) && !session.owner_before(entry.view.session);
      if (is_same && !is_expired(entry, now)) {
        views.push_back(entry.view);
      }
    }
    return views;
  });
}

std::optional<TaskView> TaskStore::watch(std::string_view principal, const std::string &id,
                                         const std::shared_ptr<TaskWatcher> &watcher) {
  state_.with([&](State &state) {
    const auto found = state.entries.find(id);
    if (found != state.entries.end() && found->second.view.principal == principal) {
      found->second.watchers.push_back(watcher);
    }
  });
  return find(principal, id);
}

Result<void> TaskStore::answer(std::string_view principal, const std::string &id,
                               const Json &responses) {
  std::shared_ptr<TaskWork> work;
  std::map<std::string, Json> answers;
  std::optional<News> news;
  auto taken = state_.with([&](State &state) -> Result<void> {
    const auto found = state.entries.find(id);
    if (found == state.entries.end() || found->second.view.principal != principal) {
      return {};
    }
    Entry &entry = found->second;
    for (const auto &question : entry.view.questions) {
      if (const Json *answer = find_member(responses, question.key)) {
        MRE_TRY_VOID(tools::check_answer(question, *answer));
      }
    }
    const auto removed = std::erase_if(entry.view.questions, [&](const auto &question) {
      const Json *answer = find_member(responses, question.key);
      if (answer != nullptr) {
        entry.answers[question.key] = *answer;
      }
      return answer != nullptr;
    });
    if (removed > 0 && entry.view.questions.empty()) {
      entry.view.status = TaskStatus::working;
      work = entry.work;
      answers = std::exchange(entry.answers, {});
    }
    if (removed > 0) {
      news = changed(entry);
    }
    return {};
  });
  tell(news);
  if (work) {
    work->resume(std::move(answers));
  }
  return taken;
}

void TaskStore::give_up_asking(const std::string &id, Error error) {
  const auto work = state_.with([&](State &state) -> std::shared_ptr<TaskWork> {
    const auto found = state.entries.find(id);
    const bool waits =
        found != state.entries.end() && found->second.view.status == TaskStatus::input_required;
    return waits ? found->second.work : nullptr;
  });
  if (work) {
    work->end_with(std::move(error));
  }
}

std::optional<TaskView> TaskStore::cancel(std::string_view principal, const std::string &id) {
  auto before = find(principal, id);
  if (!before) {
    return std::nullopt;
  }
  std::shared_ptr<TaskWork> work;
  tell(state_.with([&](State &state) -> std::optional<News> {
    const auto found = state.entries.find(id);
    if (found == state.entries.end()) {
      return std::nullopt;
    }
    before = found->second.view;
    if (before->is_over()) {
      return std::nullopt;
    }
    found->second.view.status = TaskStatus::cancelled;
    found->second.view.questions.clear();
    found->second.view.message = "cancelled; what it runs is being ended";
    work = found->second.work;
    return changed(found->second);
  }));
  if (work) {
    work->cancel();
  }
  return before;
}

template <class Which>
std::vector<std::shared_ptr<TaskWork>> TaskStore::shut(Which which) {
  return state_.with([&](State &state) {
    state.is_closed = true;
    std::vector<std::shared_ptr<TaskWork>> chosen;
    for (const auto &[id, entry] : state.entries) {
      if (entry.work && which(entry)) {
        chosen.push_back(entry.work);
      }
    }
    return chosen;
  });
}

bool TaskStore::wait_until_idle(std::chrono::milliseconds span) {
  return state_.wait_until(
      std::chrono::steady_clock::now() + span,
      [](const State &state) {
        return state.settling == 0 &&
               std::none_of(state.entries.begin(), state.entries.end(),
                            [](const auto &entry) { return entry.second.work != nullptr; });
      },
      [](const State &, bool is_idle) { return is_idle; });
}

bool TaskStore::drain(std::chrono::milliseconds span) {
  for (const auto &work :
       shut([](const Entry &entry) { return entry.view.status == TaskStatus::input_required; })) {
    work->cancel();
  }
  return wait_until_idle(span);
}

bool TaskStore::close(std::chrono::milliseconds span) {
  for (const auto &work : shut([](const Entry & /*entry*/) { return true; })) {
    work->cancel();
  }
  return wait_until_idle(span);
}

} // namespace mre::mcp
