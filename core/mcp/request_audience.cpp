#include "core/mcp/request_audience.hpp"

#include "core/base/guarded.hpp"
#include "core/mcp/call_rounds.hpp"
#include "core/mcp/client_abilities.hpp"
#include "core/mcp/peer.hpp"
#include "core/mcp/render.hpp"

#include <utility>

namespace mre::mcp {
namespace {

tools::ProtocolError as_protocol_error(const Error &error, const CallSubject &subject) {
  Json data = render_error(error);
  if (subject.kind == CallKind::resource && error.code == Errc::not_found) {
    data["uri"] = subject.name;
    return {code::kResourceNotFound, error_text(error), std::move(data)};
  }
  const bool caller_is_wrong = error.code == Errc::not_found || error.code == Errc::bad_argument;
  return {caller_is_wrong ? code::kInvalidParams : code::kInternal, error_text(error),
          std::move(data)};
}

// What both eras have in common.
class RequestAudience : public CallAudience {
public:
  RequestAudience(const Engine &engine, std::shared_ptr<Exchange> exchange, CallSubject subject)
      : engine_(engine), exchange_(std::move(exchange)), subject_(std::move(subject)) {}

  bool can_ask(std::string_view method) const override { return mcp::can_ask(*exchange_, method); }
  void report_progress(double done, std::optional<double> total,
                       std::string_view message) override {
    const auto &token = exchange_->request().meta.progress_token;
    if (!token) {
      return;
    }
    Json params = {{"progressToken", *token}, {"progress", done}};
    if (total) {
      params["total"] = *total;
    }
    if (!message.empty()) {
      params["message"] = message;
    }
    exchange_->notify("notifications/progress", params, true);
  }
  void report_log(tools::LogSeverity severity, std::string_view logger, const Json &data) override {
    const auto wanted = wanted_severity();
    if (!wanted || severity < *wanted) {
      return;
    }
    Json params = {{"level", to_word(severity)}, {"data", data}};
    if (!logger.empty()) {
      params["logger"] = logger;
    }
    exchange_->notify("notifications/message", params, true);
  }
  void close_stream() override { exchange_->pause_stream(); }

  void deliver(CallEnd end) override {
    if (auto *error = std::get_if<tools::ProtocolError>(&end)) {
      exchange_->fail(for_era(std::move(*error), era()));
      return;
    }
    auto &result = std::get<tools::ToolResult>(end);
    if (subject_.kind != CallKind::tool && result.error) {
      exchange_->fail(for_era(as_protocol_error(*result.error, subject_), era()));
      return;
    }
    Reply reply;
    if (subject_.kind == CallKind::resource) {
      reply.object["contents"] = std::move(result.content);
      reply.cache = CacheHint{};
    } else if (subject_.kind == CallKind::prompt) {
      if (!result.structured || !result.structured->is_object()) {
        exchange_->fail(
            {code::kInternal, "the prompt '" + subject_.name + "' gave no result object", {}});
        return;
      }
      reply.object = std::move(*result.structured);
    } else {
      reply.object = render_call_result(result, era());
    }
    exchange_->succeed(std::move(reply));
  }
  void hand_over(Json created) override {
    exchange_->succeed({.object = std::move(created), .result_type = "task"});
  }

protected:
  Era era() const { return exchange_->request().era; }

  const Engine &engine_;
  const std::shared_ptr<Exchange> exchange_;
  const CallSubject subject_;

private:
  std::optional<tools::LogSeverity> wanted_severity() const {
    if (era() == Era::stateless) {
      return exchange_->request().meta.log_level;
    }
    return exchange_->peer().session().with(
        [](const Session &session) { return std::optional(session.log_level); });
  }
};

class StatelessAudience final : public RequestAudience {
public:
  using RequestAudience::RequestAudience;

  void ask(const std::shared_ptr<CallRounds> &rounds, Asking asking) override {
    Json requests = Json::object();
    SealedRounds sealed{std::move(asking.answers), asking.round, {}};
    for (auto &question : asking.questions) {
      const std::string method = method_to_ask(question);
      if (!can_ask(method)) {
        rounds->end(tools::ProtocolError{
            code::kMissingCapability,
            "this call has to ask by '" + question.method + "', which the client does not declare",
            Json{{"requiredCapabilities", required_capability(method)}}});
        return;
      }
      Json request = {{"method", question.method}};
      request["params"] = question.params.is_object() ? question.params : Json::object();
      requests[question.key] = std::move(request);
      sealed.asked.push_back(std::move(question));
    }
    rounds->drop();
    exchange_->succeed(
        {.object = {{"inputRequests", std::move(requests)},
                    {"requestState", engine_.seal.seal(sealed_call(*exchange_, subject_), sealed)}},
         .result_type = "input_required"});
  }
};

class SessionAudience final : public RequestAudience {
public:
  using RequestAudience::RequestAudience;

  void ask(const std::shared_ptr<CallRounds> &rounds, Asking asking) override {
    for (const auto &question : asking.questions) {
      if (!can_ask(method_to_ask(question))) {
        rounds->end_with({Errc::denied,
                          "this call has to ask the person at the client, and the client cannot (" +
                              question.method + ")",
                          "use a client that supports elicitation, or decide by arguments"});
        return;
      }
    }
    const auto questions = std::make_shared<ClientQuestions>(
        exchange_, [rounds](Result<ClientQuestions::Answers> answers) {
          if (answers) {
            rounds->resume(std::move(*answers));
          } else {
            rounds->end_with(std::move(answers).error());
          }
        });
    asking_.with([&](auto &asking_now) { asking_now = questions; });
    questions->ask(asking.questions);
  }
  void give_up() override {
    const auto asking = asking_.with([](auto &asking_now) { return asking_now.lock(); });
    if (asking) {
      asking->give_up();
    }
  }

private:
  Guarded<std::weak_ptr<ClientQuestions>> asking_;
};

} // namespace

std::shared_ptr<CallAudience> make_request_audience(const Engine &engine,
                                                    std::shared_ptr<Exchange> exchange,
                                                    CallSubject subject) {
  if (exchange->request().era == Era::stateless) {
    return std::make_shared<StatelessAudience>(engine, std::move(exchange), std::move(subject));
  }
  return std::make_shared<SessionAudience>(engine, std::move(exchange), std::move(subject));
}

SealedCall sealed_call(const Exchange &exchange, const CallSubject &subject) {
  return {exchange.peer().options().principal, exchange.request().method, subject.name,
          subject.arguments};
}

bool can_ask(const Exchange &exchange, std::string_view method) {
  if (exchange.request().era == Era::stateless) {
    return client_can(exchange.request().meta.client_capabilities, method);
  }
  return exchange.peer().session().with(
      [&](const Session &session) { return client_can(session.client_capabilities, method); });
}

Json render_call_result(const tools::ToolResult &result, Era era) {
  Json rendered = render_result(result);
  const Json *structured = find_member(rendered, "structuredContent");
  if (era == Era::handshake && structured != nullptr && !structured->is_object()) {
    rendered.erase("structuredContent"); // only objects there; the text block has it all
  }
  return rendered;
}

tools::ProtocolError for_era(tools::ProtocolError error, Era era) {
  // Each era has a code that means nothing in the other.
  const int foreign = era == Era::stateless ? code::kResourceNotFound : code::kMissingCapability;
  if (error.code == foreign) {
    error.code = code::kInvalidParams;
  }
  return error;
}

} // namespace mre::mcp
