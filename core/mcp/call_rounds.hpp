// A call from its first run to its end: the handler runs, may ask, and runs again with the answers.
//
// Promise: the audience gets exactly one end. At most kInputRounds rounds of questions. cancel()
// ends a running handler, and a call that waits for answers at once. A call can change its audience
// once: from the request to a task. Threads: any. Lifetime: kept alive by what it waits for: the
// running handler, the questions in flight, or the task.
#pragma once

#include "core/base/guarded.hpp"
#include "core/mcp/call_audience.hpp"
#include "core/mcp/call_runner.hpp"
#include "core/mcp/engine.hpp"
#include "core/mcp/task_store.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace mre::mcp {

struct CallPlan {
  CallKind kind = CallKind::tool;
  std::string name;
  Json arguments;
  std::string principal;
  bool wants_progress = false;
  tools::Audience audience = tools::Audience::local;
};

// A task's audience and the answer that tells the client of it.
struct TaskBeginning {
  std::shared_ptr<CallAudience> audience;
  std::string id;
  Json created;
};

class CallRounds final : public TaskWork, public std::enable_shared_from_this<CallRounds> {
public:
  CallRounds(const Engine &engine, CallPlan plan, std::shared_ptr<CallAudience> audience);

  // How the call can become a task; before start(). Without it, it cannot.
  void allow_task(std::function<std::optional<TaskBeginning>()> make_task);
  // The audience is a task already.
  void mark_as_task();

  // Runs the first round; a repeated call of the stateless era brings the answers of earlier ones.
  void start(std::map<std::string, Json> answers = {}, int round = 0);
  // The answers to what was asked last.
  void resume(std::map<std::string, Json> answers) override;
  // Ends the call from outside the handler; nothing when it has ended.
  void end(CallEnd end);
  void end_with(Error error) override { end(tools::ToolResult::failure(std::move(error))); }
  // The audience answered by itself, and the call is not run again.
  void drop();
  void cancel() override;
  // Makes the call a task if it can be one; true when it is one.
  bool begin_task();

private:
  enum class Phase { waiting, running, ended };
  struct State {
    std::shared_ptr<CallAudience> audience;
    Phase phase = Phase::waiting;
    bool is_cancelled = false;
    bool is_task = false;
    bool is_becoming_task = false;
    int round = 0;
    std::uint64_t run = 0; // which run `running` belongs to
    std::shared_ptr<RunningCall> running;
    std::map<std::string, Json> answers;
  };

  void run();
  void on_outcome(CallOutcome outcome);
  CallRequest make_request(std::map<std::string, Json> answers);
  std::shared_ptr<CallAudience> audience() const;
  std::shared_ptr<CallAudience> take_end();

  const Engine &engine_;
  const CallPlan plan_;
  std::function<std::optional<TaskBeginning>()> make_task_;
  mutable Guarded<State> state_;
};

} // namespace mre::mcp
