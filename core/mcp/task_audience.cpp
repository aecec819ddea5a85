#include "core/mcp/task_audience.hpp"

#include "core/mcp/client_abilities.hpp"
#include "core/mcp/peer.hpp"
#include "core/mcp/task_render.hpp"

#include <utility>

namespace mre::mcp {
namespace {

class TaskAudience final : public CallAudience {
public:
  TaskAudience(const Engine &engine, std::string id, Era era, Json client_capabilities)
      : engine_(engine), id_(std::move(id)), era_(era),
        client_capabilities_(std::move(client_capabilities)) {}

  bool can_ask(std::string_view method) const override {
    return client_can(client_capabilities_, method);
  }
  void report_progress(double /*done*/, std::optional<double> /*total*/,
                       std::string_view message) override {
    engine_.tasks.note(id_, message);
  }
  // Neither generation carries the logs of a task.
  void report_log(tools::LogSeverity /*severity*/, std::string_view /*logger*/,
                  const Json & /*data*/) override {}

  void deliver(CallEnd end) override { engine_.tasks.settle(id_, std::move(end)); }
  void ask(const std::shared_ptr<CallRounds> &rounds, Asking asking) override {
    for (const auto &question : asking.questions) {
      const std::string method = method_to_ask(question);
      if (can_ask(method)) {
        continue;
      }
      if (era_ == Era::stateless) {
        rounds->end(tools::ProtocolError{
            code::kMissingCapability,
            "this task has to ask by '" + question.method + "', which the client does not declare",
            Json{{"requiredCapabilities", required_capability(method)}}});
      } else {
        rounds->end_with({Errc::denied,
                          "this task has to ask the person at the client, and the client cannot (" +
                              question.method + ")",
                          "use a client that supports elicitation, or decide by arguments"});
      }
      return;
    }
    engine_.tasks.ask(id_, std::move(asking.questions));
  }

private:
  const Engine &engine_;
  const std::string id_;
  const Era era_;
  const Json client_capabilities_;
};

// `ttl` of the request, milliseconds. Nothing: the server chooses.
std::variant<std::optional<std::chrono::milliseconds>, tools::ProtocolError>
read_lifetime(const Json &params) {
  const Json &task = params.at("task");
  const Json *ttl = find_member(task, "ttl");
  if (!task.is_object() || (ttl != nullptr && !ttl->is_null() && !ttl->is_number())) {
    return tools::ProtocolError{code::kInvalidParams,
                                "'task' must be an object, and its 'ttl' a number of milliseconds",
                                {}};
  }
  if (ttl == nullptr || ttl->is_null()) {
    return std::optional<std::chrono::milliseconds>();
  }
  // Compared before it is converted: a double can be far beyond any integer.
  const double longest =
      static_cast<double>(std::chrono::milliseconds(limits::kTaskLifetimeMaximum).count());
  const double asked = std::min(std::max(ttl->get<double>(), 1.0), longest);
  return std::optional(std::chrono::milliseconds(static_cast<std::int64_t>(asked)));
}

} // namespace

StatelessOpening opening_of(const Exchange &exchange) {
  return {exchange.peer().options().principal, exchange.request().meta.client_capabilities};
}

std::optional<TaskBeginning> begin_stateless_task(const Engine &engine,
                                                  const std::shared_ptr<CallRounds> &rounds,
                                                  const StatelessOpening &opening) {
  const std::string id = new_task_id();
  auto audience =
      std::make_shared<TaskAudience>(engine, id, Era::stateless, opening.client_capabilities);
  const auto opened = engine.tasks.open({.id = id, .principal = opening.principal}, rounds);
  if (!opened) {
    return std::nullopt;
  }
  return TaskBeginning{std::move(audience), id, render_stateless_task(*opened)};
}

std::variant<SessionTask, tools::ProtocolError>
begin_session_task(const Engine &engine, const std::shared_ptr<Exchange> &exchange, CallPlan plan) {
  const auto lifetime = read_lifetime(exchange->request().params);
  if (const auto *error = std::get_if<tools::ProtocolError>(&lifetime)) {
    return *error;
  }
  const std::string id = new_task_id();
  Json abilities = exchange->peer().session().with(
      [](const Session &session) { return session.client_capabilities; });
  auto rounds = std::make_shared<CallRounds>(
      engine, std::move(plan),
      std::make_shared<TaskAudience>(engine, id, Era::handshake, std::move(abilities)));
  rounds->mark_as_task();
  const auto opened = engine.tasks.open({.id = id,
                                         .principal = exchange->peer().options().principal,
                                         .session = exchange->peer().weak_from_this(),
                                         .lifetime = std::get<0>(lifetime)},
                                        rounds);
  if (!opened) {
    return tools::ProtocolError{code::kInternal,
                                "there are " + std::to_string(limits::kTasks) +
                                    " tasks already; call without 'task', or try again later",
                                {}};
  }
  return SessionTask{std::move(rounds), Json{{"task", render_session_task(*opened)}}};
}

} // namespace mre::mcp
