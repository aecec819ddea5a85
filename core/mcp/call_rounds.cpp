#include "core/mcp/call_rounds.hpp"

#include "core/guard/limits.hpp"
#include "core/mcp/peer.hpp"

#include <utility>

namespace mre::mcp {
namespace {

// Where stop() finds the running call: it may come before start() has returned it.
class RunningSlot {
public:
  void fill(std::shared_ptr<RunningCall> call) {
    const bool cancelled = state_.with([&](State &state) {
      state.call = call;
      return state.cancelled;
    });
    if (cancelled) {
      call->cancel();
    }
  }
  void cancel() {
    const auto call = state_.with([](State &state) {
      state.cancelled = true;
      return state.call;
    });
    if (call) {
      call->cancel();
    }
  }

private:
  struct State {
    std::shared_ptr<RunningCall> call;
    bool cancelled = false;
  };
  Guarded<State> state_;
};

Error cancelled_error() {
  return {Errc::cancelled, "the call was given up", {}};
}

std::string method_to_ask(const tools::InputRequest &question) {
  const std::string *mode = find_string(question.params, "mode");
  const bool is_url = question.method == "elicitation/create" && mode != nullptr && *mode == "url";
  return is_url ? question.method + ":url" : question.method;
}

tools::ProtocolError as_protocol_error(const Error &error, CallKind kind, const std::string &name) {
  Json data = render_error(error);
  if (kind == CallKind::resource && error.code == Errc::not_found) {
    data["uri"] = name;
    return {code::kResourceNotFound, error_text(error), std::move(data)};
  }
  const bool caller_is_wrong = error.code == Errc::not_found || error.code == Errc::bad_argument;
  return {caller_is_wrong ? code::kInvalidParams : code::kInternal, error_text(error),
          std::move(data)};
}

} // namespace

bool client_can(const Json &capabilities, std::string_view method) {
  if (method == "sampling/createMessage") {
    return find_member(capabilities, "sampling") != nullptr;
  }
  if (method == "roots/list") {
    return find_member(capabilities, "roots") != nullptr;
  }
  const Json *elicitation = find_member(capabilities, "elicitation");
  if (elicitation == nullptr || !elicitation->is_object()) {
    return false;
  }
  if (method == "elicitation/create:url") {
    return elicitation->contains("url");
  }
  // An empty object means forms only (MCP client/elicitation).
  return method == "elicitation/create" &&
         (elicitation->contains("form") || !elicitation->contains("url"));
}

Json required_capability(std::string_view method) {
  if (method == "sampling/createMessage") {
    return {{"sampling", Json::object()}};
  }
  if (method == "roots/list") {
    return {{"roots", Json::object()}};
  }
  const char *mode = method == "elicitation/create:url" ? "url" : "form";
  return {{"elicitation", {{mode, Json::object()}}}};
}

CallRounds::CallRounds(const Engine &engine, std::shared_ptr<Exchange> exchange, CallKind kind,
                       std::string name, Json arguments)
    : engine_(engine), exchange_(std::move(exchange)), kind_(kind), name_(std::move(name)),
      arguments_(std::move(arguments)) {}

void CallRounds::begin() {
  if (exchange_->peer().in_flight() > limits::kCallsInFlight) {
    deliver_failure({Errc::limit,
                     "too many calls of this client are running (" +
                         std::to_string(limits::kCallsInFlight) + ")",
                     "wait for one of them to end, then call again"});
    return;
  }
  if (exchange_->request().era == Era::stateless && !take_input_responses()) {
    return;
  }
  run_round();
}

SealedCall CallRounds::sealed_call() const {
  return {exchange_->peer().options().principal, exchange_->request().method, name_, arguments_};
}

bool CallRounds::take_input_responses() {
  const Json &params = exchange_->request().params;
  if (const Json *state = find_member(params, "requestState")) {
    const std::string *text = state->get_ptr<const std::string *>();
    if (text == nullptr) {
      refuse({code::kInvalidParams, "'requestState' must be a string", {}});
      return false;
    }
    auto rounds = engine_.seal.open(sealed_call(), *text);
    if (!rounds) {
      refuse({code::kInvalidParams, error_text(rounds.error()),
              Json{{"reason", "invalid_request_state"}}});
      return false;
    }
    answers_ = std::move(rounds->answers);
    round_ = rounds->round;
  }
  const Json *responses = find_member(params, "inputResponses");
  if (responses == nullptr) {
    return true;
  }
  if (!responses->is_object()) {
    refuse({code::kInvalidParams, "'inputResponses' must be an object", {}});
    return false;
  }
  for (const auto &[key, answer] : responses->items()) {
    if (!answer.is_object()) {
      refuse({code::kInvalidParams,
              "the input response '" + key.substr(0, 128) + "' must be an object",
              {}});
      return false;
    }
    answers_[key] = answer;
  }
  return true;
}

bool CallRounds::can_ask(std::string_view method) const {
  if (exchange_->request().era == Era::stateless) {
    return client_can(exchange_->request().meta.client_capabilities, method);
  }
  return exchange_->peer().session().with(
      [&](const Session &session) { return client_can(session.client_capabilities, method); });
}

CallRequest CallRounds::make_request() const {
  CallRequest request{.principal = exchange_->peer().options().principal,
                      .tool = name_,
                      .arguments = arguments_,
                      .answers = answers_,
                      .wants_progress = exchange_->request().meta.progress_token.has_value(),
                      .kind = kind_,
                      .audience = exchange_->peer().options().audience};
  // Weak: the exchange holds the running call, which holds these.
  request.can_ask = [weak = weak_from_this()](std::string_view method) {
    const auto self = weak.lock();
    return self != nullptr && self->can_ask(method);
  };
  request.on_progress = [weak = std::weak_ptr(exchange_)](double done, std::optional<double> total,
                                                          std::string_view message) {
    if (const auto exchange = weak.lock()) {
      Json params = {{"progressToken", *exchange->request().meta.progress_token},
                     {"progress", done}};
      if (total) {
        params["total"] = *total;
      }
      if (!message.empty()) {
        params["message"] = message;
      }
      exchange->notify("notifications/progress", params, true);
    }
  };
  request.on_log = [weak = std::weak_ptr(exchange_)](tools::LogSeverity severity,
                                                     std::string_view logger, const Json &data) {
    const auto exchange = weak.lock();
    if (!exchange) {
      return;
    }
    const auto wanted = exchange->request().era == Era::stateless
                            ? exchange->request().meta.log_level
                            : exchange->peer().session().with([](const Session &session) {
                                return std::optional(session.log_level);
                              });
    if (wanted && severity >= *wanted) {
      Json params = {{"level", to_word(severity)}, {"data", data}};
      if (!logger.empty()) {
        params["logger"] = logger;
      }
      exchange->notify("notifications/message", params, true);
    }
  };
  return request;
}

void CallRounds::run_round() {
  const auto slot = std::make_shared<RunningSlot>();
  exchange_->on_stop([slot] { slot->cancel(); });
  slot->fill(engine_.runner.start(make_request(), [self = shared_from_this()](CallOutcome outcome) {
    self->on_outcome(std::move(outcome));
  }));
}

void CallRounds::on_outcome(CallOutcome outcome) {
  if (auto *result = std::get_if<tools::ToolResult>(&outcome)) {
    deliver(std::move(*result));
  } else if (auto *error = std::get_if<tools::ProtocolError>(&outcome)) {
    refuse(std::move(*error));
  } else if (exchange_->is_stopped()) {
    deliver_failure(cancelled_error());
  } else if (exchange_->request().era == Era::stateless) {
    require_input(std::get<std::vector<tools::InputRequest>>(outcome));
  } else {
    ask_all(std::get<std::vector<tools::InputRequest>>(outcome));
  }
}

void CallRounds::refuse(tools::ProtocolError error) {
  if (error.code == code::kResourceNotFound && exchange_->request().era == Era::stateless) {
    error.code =
        code::kInvalidParams; // the code of the handshake era must not appear in the other one
  }
  exchange_->fail(error);
}

void CallRounds::deliver_failure(const Error &error) {
  deliver(tools::ToolResult::failure(error));
}

void CallRounds::deliver(tools::ToolResult result) {
  if (kind_ != CallKind::tool && result.error) {
    refuse(as_protocol_error(*result.error, kind_, name_));
    return;
  }
  Reply reply;
  if (kind_ == CallKind::resource) {
    reply.object["contents"] = std::move(result.content);
    reply.cache = CacheHint{};
  } else if (kind_ == CallKind::prompt) {
    if (!result.structured || !result.structured->is_object()) {
      exchange_->fail({code::kInternal, "the prompt '" + name_ + "' gave no result object", {}});
      return;
    }
    reply.object = std::move(*result.structured);
  } else {
    reply.object = render_result(result);
    const Json *structured = find_member(reply.object, "structuredContent");
    if (exchange_->request().era == Era::handshake && structured != nullptr &&
        !structured->is_object()) {
      reply.object.erase("structuredContent"); // only objects there; the text block has it all
    }
  }
  exchange_->succeed(std::move(reply));
}

// The stateless era: the client answers by calling again.
void CallRounds::require_input(const std::vector<tools::InputRequest> &questions) {
  if (round_ >= limits::kInputRounds) {
    deliver_failure(
        {Errc::limit,
         "the tool asked more than " + std::to_string(limits::kInputRounds) + " times in one call",
         {}});
    return;
  }
  Json requests = Json::object();
  for (const auto &question : questions) {
    const std::string method = method_to_ask(question);
    if (!can_ask(method)) {
      refuse(
          {code::kMissingCapability,
           "this call has to ask by '" + question.method + "', which the client does not declare",
           Json{{"requiredCapabilities", required_capability(method)}}});
      return;
    }
    Json request = {{"method", question.method}};
    request["params"] = question.params.is_object() ? question.params : Json::object();
    requests[question.key] = std::move(request);
  }
  exchange_->succeed(
      {.object = {{"inputRequests", std::move(requests)},
                  {"requestState", engine_.seal.seal(sealed_call(), {answers_, round_ + 1})}},
       .result_type = "input_required"});
}

// The handshake era: all questions at once, then the handler again.
void CallRounds::ask_all(const std::vector<tools::InputRequest> &questions) {
  if (++round_ > limits::kInputRounds) {
    deliver_failure(
        {Errc::limit,
         "the tool asked more than " + std::to_string(limits::kInputRounds) + " times in one call",
         {}});
    return;
  }
  for (const auto &question : questions) {
    if (!can_ask(method_to_ask(question))) {
      deliver_failure({Errc::denied,
                       "this call has to ask the person at the client, and the client cannot (" +
                           question.method + ")",
                       "use a client that supports elicitation, or decide by arguments"});
      return;
    }
  }
  collected_.with([&](Collected &collected) {
    collected.ended = false;
    collected.open.clear();
    for (const auto &question : questions) {
      collected.open[question.key]; // all of them before the first answer can come
    }
  });
  exchange_->on_stop([weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->give_up(cancelled_error());
    }
  });
  for (const auto &question : questions) {
    if (collected_.with([](const Collected &collected) { return collected.ended; })) {
      return; // given up, or refused by the first answers
    }
    const auto id = exchange_->peer().client_requests().ask(
        exchange_, question, [self = shared_from_this(), question](ClientAnswer answer) {
          self->on_answer(question, std::move(answer));
        });
    const bool too_late = collected_.with([&](Collected &collected) {
      if (const auto open = collected.open.find(question.key); open != collected.open.end()) {
        open->second = id;
      }
      return collected.ended;
    });
    if (too_late) {
      exchange_->peer().client_requests().withdraw(id, "the call has ended");
    }
  }
}

void CallRounds::on_answer(const tools::InputRequest &question, ClientAnswer answer) {
  const bool is_elicitation = question.method == "elicitation/create";
  if (answer.timed_out && !is_elicitation) {
    give_up({Errc::timed_out, "the client did not answer '" + question.method + "' in time", {}});
    return;
  }
  if (answer.timed_out) {
    answer.result = Json{{"action", "cancel"}};
  }
  if (!answer.result || !answer.result->is_object()) {
    const std::string *said = answer.error ? find_string(*answer.error, "message") : nullptr;
    give_up({Errc::denied,
             "the client did not answer the question (" + question.method +
                 "): " + (said == nullptr ? "no usable result" : said->substr(0, 512)),
             {}});
    return;
  }
  const bool is_last = collected_.with([&](Collected &collected) {
    if (collected.ended || collected.open.erase(question.key) == 0) {
      return false;
    }
    answers_[question.key] = std::move(*answer.result);
    collected.ended = collected.open.empty();
    return collected.ended;
  });
  if (is_last) {
    run_round();
  }
}

// One of several threads may come first; the others find the round ended.
void CallRounds::give_up(Error error) {
  const auto open = collected_.with([](Collected &collected) {
    collected.ended = true;
    return std::exchange(collected.open, {});
  });
  if (open.empty()) {
    return;
  }
  for (const auto &[key, id] : open) {
    if (!id.empty()) {
      exchange_->peer().client_requests().withdraw(id, "the call has ended");
    }
  }
  deliver_failure(error);
}

} // namespace mre::mcp
