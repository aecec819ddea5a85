// tasks/get, tasks/update, tasks/cancel, tasks/list, tasks/result. See methods.hpp.
#include "core/guard/limits.hpp"
#include "core/mcp/client_abilities.hpp"
#include "core/mcp/client_questions.hpp"
#include "core/mcp/methods.hpp"
#include "core/mcp/peer.hpp"
#include "core/mcp/request_audience.hpp"
#include "core/mcp/task_render.hpp"
#include "core/mcp/task_store.hpp"

#include <atomic>
#include <utility>

namespace mre::mcp {
namespace {

bool is_stateless(const Exchange &exchange) {
  return exchange.request().era == Era::stateless;
}

// Before any task is looked for: a client that cannot have one learns nothing about ids.
bool require_tasks(Exchange &exchange) {
  if (is_stateless(exchange)) {
    if (client_takes_tasks(exchange.request().meta.client_capabilities)) {
      return true;
    }
    exchange.fail(
        {code::kMissingCapability,
         "'" + exchange.request().method + "' needs a client that declares the tasks extension",
         Json{{"requiredCapabilities", {{"extensions", {{kTasksExtension, Json::object()}}}}}}});
    return false;
  }
  if (exchange.peer().session().with(
          [](const Session &session) { return has_tasks(session.version); })) {
    return true;
  }
  exchange.fail({code::kMethodNotFound,
                 "there is no method '" + exchange.request().method + "' in this revision",
                 {}});
  return false;
}

void fail_unknown_task(Exchange &exchange) {
  fail_invalid(exchange,
               "there is no such task: its id is wrong, or it was kept long enough and is "
               "forgotten");
}

// The task the params name, if this client may see it; else the exchange is answered.
std::optional<TaskView> named_task(const Engine &engine, Exchange &exchange) {
  if (!require_tasks(exchange)) {
    return std::nullopt;
  }
  const std::string *id = find_string(exchange.request().params, "taskId");
  if (id == nullptr) {
    fail_invalid(exchange, "'taskId' must be a string");
    return std::nullopt;
  }
  auto task = engine.tasks.find(exchange.peer().options().principal, *id);
  if (!task) {
    fail_unknown_task(exchange);
  }
  return task;
}

// One tasks/result that waits: it gets the result when there is one, and asks in between what the
// task wants to know.
class ResultWaiter final : public TaskWatcher, public std::enable_shared_from_this<ResultWaiter> {
public:
  ResultWaiter(const Engine &engine, std::shared_ptr<Exchange> exchange, std::string id)
      : engine_(engine), exchange_(std::move(exchange)), id_(std::move(id)) {}

  void on_change(const TaskView &task) override {
    if (task.end) {
      stop_asking();
      if (!is_answered_.exchange(true)) {
        answer(*task.end);
      }
    } else if (task.questions.empty()) {
      stop_asking();
    } else {
      ask(task.questions);
    }
  }
  void stop_asking() {
    const auto asking = asking_.with([](auto &held) { return std::exchange(held, nullptr); });
    if (asking) {
      asking->give_up();
    }
  }

private:
  void answer(const CallEnd &end) {
    if (const auto *error = std::get_if<tools::ProtocolError>(&end)) {
      exchange_->fail(for_era(*error, Era::handshake));
      return;
    }
    Reply reply{.object = render_call_result(std::get<tools::ToolResult>(end), Era::handshake)};
    reply.object["_meta"] = related_task(id_);
    exchange_->succeed(std::move(reply));
  }

  void ask(std::vector<tools::InputRequest> questions) {
    for (auto &question : questions) {
      question.params["_meta"] = related_task(id_);
    }
    auto asking = std::make_shared<ClientQuestions>(
        exchange_, [weak = weak_from_this()](Result<ClientQuestions::Answers> answers) {
          if (const auto self = weak.lock()) {
            self->take(std::move(answers));
          }
        });
    // Asked once: a task that changed in the meantime is still the same task.
    const bool is_first = asking_.with([&](auto &held) {
      const bool was_empty = held == nullptr;
      held = was_empty ? asking : held;
      return was_empty;
    });
    if (is_first) {
      asking->ask(questions);
    }
  }
  void take(Result<ClientQuestions::Answers> answers) {
    asking_.with([](auto &held) { held = nullptr; });
    if (!answers) {
      engine_.tasks.give_up_asking(id_, std::move(answers).error());
      return;
    }
    // They were checked when they came.
    static_cast<void>(
        engine_.tasks.answer(exchange_->peer().options().principal, id_, Json(*answers)));
  }

  const Engine &engine_;
  const std::shared_ptr<Exchange> exchange_;
  const std::string id_;
  std::atomic<bool> is_answered_{false}; // the end may be told twice: by watch() and as a change
  Guarded<std::shared_ptr<ClientQuestions>> asking_;
};

} // namespace

void get_task(const Engine &engine, const std::shared_ptr<Exchange> &exchange) {
  if (const auto task = named_task(engine, *exchange)) {
    exchange->succeed({.object = is_stateless(*exchange) ? render_stateless_detail(*task)
                                                         : render_session_task(*task)});
  }
}

void update_task(const Engine &engine, const std::shared_ptr<Exchange> &exchange) {
  const auto task = named_task(engine, *exchange);
  if (!task) {
    return;
  }
  const Json *responses = find_member(exchange->request().params, "inputResponses");
  if (responses == nullptr || !responses->is_object()) {
    fail_invalid(*exchange, "'inputResponses' must be an object");
    return;
  }
  const auto taken = engine.tasks.answer(task->principal, task->id, *responses);
  if (taken) {
    exchange->succeed({});
  } else {
    exchange->fail({code::kInvalidParams, engine.redactor.redact(taken.error().message),
                    Json{{"reason", "invalid_input_response"}}});
  }
}

void cancel_task(const Engine &engine, const std::shared_ptr<Exchange> &exchange) {
  const auto task = named_task(engine, *exchange);
  const auto before = task ? engine.tasks.cancel(task->principal, task->id) : std::nullopt;
  if (!before) {
    return;
  }
  if (is_stateless(*exchange)) {
    exchange->succeed({}); // also for one that is over
    return;
  }
  if (before->is_over()) {
    fail_invalid(*exchange, "the task is over and cannot be cancelled");
    return;
  }
  const auto after = engine.tasks.find(task->principal, task->id);
  exchange->succeed({.object = render_session_task(after ? *after : *before)});
}

void list_tasks(const Engine &engine, const std::shared_ptr<Exchange> &exchange) {
  if (!require_tasks(*exchange)) {
    return;
  }
  if (find_member(exchange->request().params, "cursor") != nullptr) {
    fail_invalid(*exchange, "the cursor is not one of this list; begin without one");
    return;
  }
  Json tasks = Json::array();
  for (const auto &task : engine.tasks.of_session(exchange->peer().weak_from_this())) {
    tasks.push_back(render_session_task(task));
  }
  exchange->succeed({.object = {{"tasks", std::move(tasks)}}});
}

void wait_for_task(const Engine &engine, const std::shared_ptr<Exchange> &exchange) {
  const auto task = named_task(engine, *exchange);
  if (!task) {
    return;
  }
  const auto waiter = std::make_shared<ResultWaiter>(engine, exchange, task->id);
  // The exchange holds the waiter until it is answered.
  exchange->on_stop([waiter, weak = std::weak_ptr(exchange)] {
    waiter->stop_asking();
    if (const auto alive = weak.lock()) {
      alive->fail({code::kInternal, "the wait for the task was given up; the task goes on", {}});
    }
  });
  const auto now = engine.tasks.watch(task->principal, task->id, waiter);
  if (!now) {
    fail_unknown_task(*exchange);
    return;
  }
  waiter->on_change(*now);
}

} // namespace mre::mcp
