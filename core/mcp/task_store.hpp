// Calls that go on as tasks: one store for both generations of the feature (MCP 2025-11-25
// basic/utilities/tasks, and the extension io.modelcontextprotocol/tasks of 2026-07-28).
//
// Promise: a task is seen by the principal that made it and by nobody else; ids cannot be guessed.
// It ends once; what comes after its end or its cancelling changes nothing a client sees, except
// that the result of a cancelled one is kept for whoever asks. A task is kept for its lifetime at
// least, and never forgotten while it runs; results beyond kTaskResultBytes in all push out the
// oldest ended tasks. Threads: any; listeners run on the thread of the change and must not block.
// Lifetime: part of the server; close() comes before its destructor.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/guarded.hpp"
#include "core/mcp/call_audience.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mre::mcp {

class Peer;

enum class TaskStatus { working, input_required, ended, cancelled };

// What runs behind a task.
class TaskWork {
public:
  virtual ~TaskWork() = default;
  virtual void resume(std::map<std::string, Json> answers) = 0;
  virtual void end_with(Error error) = 0;
  virtual void cancel() = 0;
};

// A task at one moment.
struct TaskView {
  std::string id, principal;
  std::weak_ptr<Peer> session; // of the handshake era that made it; none in the stateless one
  TaskStatus status = TaskStatus::working;
  std::string message; // what it does, in its own words; may be empty
  std::chrono::system_clock::time_point created, updated;
  std::chrono::milliseconds lifetime{0};
  std::vector<tools::InputRequest> questions; // not answered yet
  std::shared_ptr<const CallEnd> end;         // also of a cancelled one, once its work has ended
  bool is_over() const { return status == TaskStatus::ended || status == TaskStatus::cancelled; }
};

struct TaskOpening {
  std::string id; // of new_task_id()
  std::string principal;
  std::weak_ptr<Peer> session = {};
  std::optional<std::chrono::milliseconds> lifetime = {}; // as the client asked
};

std::string new_task_id();

// Hears of every change of one task.
class TaskWatcher {
public:
  virtual ~TaskWatcher() = default;
  virtual void on_change(const TaskView &task) = 0;
};

class TaskStore {
public:
  using Listener = std::function<void(const TaskView &)>;
  // The listener hears of every change of every task's status.
  TaskStore(const Clock &clock, Listener listener);

  // Nothing when there is no room. The work is held until the task ends.
  std::optional<TaskView> open(const TaskOpening &opening, std::shared_ptr<TaskWork> work);
  // Takes back a task nobody was told of.
  void forget(const std::string &id);

  // From the work.
  void note(const std::string &id, std::string_view message);
  void ask(const std::string &id, std::vector<tools::InputRequest> questions);
  void settle(const std::string &id, CallEnd end);

  // From clients. Nothing for an id that is unknown to this principal.
  std::optional<TaskView> find(std::string_view principal, const std::string &id) const;
  std::vector<TaskView> of_session(const std::weak_ptr<Peer> &session) const;
  // The same as find(), and the watcher hears of what comes, for as long as it lives.
  std::optional<TaskView> watch(std::string_view principal, const std::string &id,
                                const std::shared_ptr<TaskWatcher> &watcher);
  // Takes the answers to open questions, ignores others; the work goes on when none is open. An
  // answer that does not fit is bad_argument, and nothing is taken.
  Result<void> answer(std::string_view principal, const std::string &id, const Json &responses);
  // Nobody will answer: the call ends with this.
  void give_up_asking(const std::string &id, Error error);
  // The task as it was before; one that is over is left as it is.
  std::optional<TaskView> cancel(std::string_view principal, const std::string &id);

  // Takes no new tasks, cancels those that wait for an answer nobody can give any more, and lets
  // the others end by themselves; false when the span ran out.
  bool drain(std::chrono::milliseconds span);
  // Cancels everything and waits until the work has ended and everybody has heard of it; false when
  // the span ran out.
  bool close(std::chrono::milliseconds span);

private:
  struct Entry {
    TaskView view;
    std::shared_ptr<TaskWork> work; // null once it has ended
    std::map<std::string, Json> answers;
    std::vector<std::weak_ptr<TaskWatcher>> watchers;
    SteadyTime opened_at;
    SteadyTime ended_at;
    std::size_t bytes = 0;
  };
  struct State {
    std::map<std::string, Entry> entries;
    std::size_t bytes = 0; // of all results
    int settling = 0;      // threads whose listeners still hear of an end
    bool is_closed = false;
  };
  // What has to be told once the lock is left.
  struct News {
    TaskView view;
    std::vector<std::weak_ptr<TaskWatcher>> watchers;
  };
  // Takes no new tasks; gives back the work of those it is asked about.
  template <class Which>
  std::vector<std::shared_ptr<TaskWork>> shut(Which which);
  bool wait_until_idle(std::chrono::milliseconds span);
  static bool is_expired(const Entry &entry, SteadyTime now);
  std::vector<std::shared_ptr<TaskWork>> sweep(State &state) const;
  static void trim(State &state);
  News changed(Entry &entry) const;
  enum class Told { everybody, watchers };
  void tell(const std::optional<News> &news, Told told = Told::everybody) const;

  const Clock &clock_;
  const Listener listener_;
  Guarded<State> state_;
};

} // namespace mre::mcp
