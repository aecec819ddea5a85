#include "core/mcp/call_entry.hpp"

#include "core/base/timer.hpp"
#include "core/guard/limits.hpp"
#include "core/mcp/call_rounds.hpp"
#include "core/mcp/client_abilities.hpp"
#include "core/mcp/peer.hpp"
#include "core/mcp/task_audience.hpp"
#include "core/tools/answer_check.hpp"

#include <utility>

namespace mre::mcp {
namespace {

constexpr std::size_t kShownKey = 128;

// What a repeated call of the stateless era brings along.
struct Brought {
  std::map<std::string, Json> answers;
  int round = 0;
};
using BroughtOutcome = std::variant<Brought, tools::ProtocolError>;

class CallEntry {
public:
  CallEntry(const Engine &engine, std::shared_ptr<Exchange> exchange, CallSubject subject)
      : engine_(engine), exchange_(std::move(exchange)), subject_(std::move(subject)) {}

  void begin() {
    if (exchange_->peer().in_flight() > limits::kCallsInFlight) {
      refuse(tools::ToolResult::failure({Errc::limit,
                                         "too many calls of this client are running (" +
                                             std::to_string(limits::kCallsInFlight) + ")",
                                         "wait for one of them to end, then call again"}));
      return;
    }
    if (auto error = check_task_support()) {
      refuse(std::move(*error));
      return;
    }
    Brought brought;
    if (is_stateless()) {
      auto outcome = take_input_responses();
      if (auto *error = std::get_if<tools::ProtocolError>(&outcome)) {
        refuse(std::move(*error));
        return;
      }
      brought = std::move(std::get<Brought>(outcome));
    }
    start(std::move(brought));
  }

private:
  bool is_stateless() const { return exchange_->request().era == Era::stateless; }
  const Json &params() const { return exchange_->request().params; }
  CallPlan plan() const {
    return {.kind = subject_.kind,
            .name = subject_.name,
            .arguments = subject_.arguments,
            .principal = exchange_->peer().options().principal,
            // What a task does is told to whoever asks for it, in the words of its progress.
            .wants_progress = exchange_->request().meta.progress_token.has_value() ||
                              may_be_task() || is_task_call(),
            .audience = exchange_->peer().options().audience};
  }

  void refuse(CallEnd end) {
    const auto audience = make_request_audience(engine_, exchange_, subject_);
    audience->deliver(engine_.runner.refuse({.principal = exchange_->peer().options().principal,
                                             .tool = subject_.name,
                                             .arguments = subject_.arguments,
                                             .kind = subject_.kind,
                                             .audience = exchange_->peer().options().audience},
                                            std::move(end)));
  }

  // The tool's own word; forbidden for whatever is no visible tool.
  tools::TaskSupport task_support() const {
    if (subject_.kind != CallKind::tool) {
      return tools::TaskSupport::forbidden;
    }
    const auto snapshot = engine_.registry.current();
    const tools::VisibleTool *tool = snapshot->find(subject_.name);
    return tool == nullptr ? tools::TaskSupport::forbidden : tool->declaration->task_support;
  }
  bool session_has_tasks() const {
    return exchange_->peer().session().with(
        [](const Session &session) { return has_tasks(session.version); });
  }
  // A session of the revision that has tasks, and a call that wants to be one.
  bool is_task_call() const {
    return !is_stateless() && session_has_tasks() && subject_.kind == CallKind::tool &&
           find_member(params(), "task") != nullptr;
  }
  bool client_takes_task() const {
    return is_stateless() && client_takes_tasks(exchange_->request().meta.client_capabilities);
  }

  bool may_be_task() const {
    return client_takes_task() && task_support() != tools::TaskSupport::forbidden;
  }

  // MCP 2025-11-25 basic/utilities/tasks, "Tool-level negotiation"; the extension of the stateless
  // era says -32021 for what can only be a task.
  std::optional<tools::ProtocolError> check_task_support() const {
    const auto support = task_support();
    const std::string quoted = "the tool '" + subject_.name.substr(0, kShownKey) + "'";
    if (is_stateless()) {
      if (support != tools::TaskSupport::required || client_takes_task()) {
        return std::nullopt;
      }
      return tools::ProtocolError{
          code::kMissingCapability, quoted + " runs as a task only, which the client does not take",
          Json{{"requiredCapabilities", {{"extensions", {{kTasksExtension, Json::object()}}}}}}};
    }
    if (support == tools::TaskSupport::required && !is_task_call()) {
      return tools::ProtocolError{code::kMethodNotFound,
                                  quoted +
                                      " runs as a task only: call it with 'task' in the params",
                                  {}};
    }
    if (is_task_call() && support == tools::TaskSupport::forbidden &&
        engine_.registry.current()->find(subject_.name) != nullptr) {
      return tools::ProtocolError{
          code::kMethodNotFound, quoted + " does not run as a task; call it without 'task'", {}};
    }
    return std::nullopt;
  }

  tools::ProtocolError refuse_state(const Error &error) const {
    return {code::kInvalidParams, error.message + ". " + error.hint,
            Json{{"reason", "invalid_request_state"}}};
  }

  BroughtOutcome take_input_responses() const {
    std::optional<SealedRounds> sealed;
    if (const Json *state = find_member(params(), "requestState")) {
      const std::string *text = state->get_ptr<const std::string *>();
      if (text == nullptr) {
        return tools::ProtocolError{code::kInvalidParams, "'requestState' must be a string", {}};
      }
      auto opened = engine_.seal.open(sealed_call(*exchange_, subject_), *text);
      if (!opened) {
        return refuse_state(opened.error());
      }
      sealed = std::move(*opened);
    }
    auto answers = read_answers(sealed ? &sealed->asked : nullptr);
    if (auto *error = std::get_if<tools::ProtocolError>(&answers)) {
      return std::move(*error);
    }
    Brought brought = std::move(std::get<Brought>(answers));
    if (!sealed) {
      return brought;
    }
    // Only now: a state that came with answers of the wrong form can be used again.
    if (const auto used = engine_.seal.use(*sealed); !used) {
      return refuse_state(used.error());
    }
    brought.round = sealed->round;
    brought.answers.merge(sealed->answers);
    return brought;
  }

  // Answers to what was asked; others are ignored (MCP basic/patterns/mrtr), as long as they are
  // answers at all. A client that knows the questions may answer with its first call, without a
  // state: then whoever asks holds the answer to the question.
  BroughtOutcome read_answers(const std::vector<tools::InputRequest> *asked) const {
    Brought brought;
    const Json *responses = find_member(params(), "inputResponses");
    if (responses == nullptr) {
      return brought;
    }
    if (!responses->is_object()) {
      return tools::ProtocolError{code::kInvalidParams, "'inputResponses' must be an object", {}};
    }
    for (const auto &[key, answer] : responses->items()) {
      if (!answer.is_object()) {
        return tools::ProtocolError{code::kInvalidParams,
                                    "the input response '" + key.substr(0, kShownKey) +
                                        "' must be an object",
                                    {}};
      }
      if (asked == nullptr) {
        brought.answers[key] = answer;
      }
    }
    if (asked == nullptr) {
      return brought;
    }
    for (const auto &question : *asked) {
      const Json *answer = find_member(*responses, question.key);
      if (answer == nullptr) {
        continue;
      }
      if (const auto fits = tools::check_answer(question, *answer); !fits) {
        return tools::ProtocolError{
            code::kInvalidParams, fits.error().message,
            Json{{"reason", "invalid_input_response"}, {"key", question.key}}};
      }
      brought.answers[question.key] = *answer;
    }
    return brought;
  }

  void start(Brought brought) {
    if (is_task_call()) {
      start_as_task();
      return;
    }
    const auto rounds = std::make_shared<CallRounds>(
        engine_, plan(), make_request_audience(engine_, exchange_, subject_));
    exchange_->on_stop([weak = std::weak_ptr(rounds)] {
      if (const auto alive = weak.lock()) {
        alive->cancel();
      }
    });
    const bool becomes_task = may_be_task();
    if (becomes_task) {
      allow_task(rounds);
    }
    rounds->start(std::move(brought.answers), brought.round);
    if (becomes_task) {
      engine_.timer.after(engine_.times.task_after, [weak = std::weak_ptr(rounds)] {
        if (const auto alive = weak.lock()) {
          alive->begin_task();
        }
      });
    }
  }

  // The stateless era: the server decides, when the call lasts or its handler says so.
  void allow_task(const std::shared_ptr<CallRounds> &rounds) {
    rounds->allow_task([&engine = engine_, weak = std::weak_ptr(rounds),
                        opening = opening_of(*exchange_)]() -> std::optional<TaskBeginning> {
      const auto alive = weak.lock();
      return alive ? begin_stateless_task(engine, alive, opening) : std::nullopt;
    });
  }

  void start_as_task() {
    auto begun = begin_session_task(engine_, exchange_, plan());
    if (const auto *error = std::get_if<tools::ProtocolError>(&begun)) {
      refuse(*error);
      return;
    }
    auto &task = std::get<SessionTask>(begun);
    exchange_->succeed({.object = std::move(task.created)});
    task.rounds->start();
  }

  const Engine &engine_;
  const std::shared_ptr<Exchange> exchange_;
  const CallSubject subject_;
};

} // namespace

void begin_call(const Engine &engine, const std::shared_ptr<Exchange> &exchange,
                CallSubject subject) {
  CallEntry(engine, exchange, std::move(subject)).begin();
}

} // namespace mre::mcp
