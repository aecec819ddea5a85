#include "core/mcp/invocation.hpp"

#include "core/guard/limits.hpp"
#include "core/mcp/outcome_checks.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mre::mcp {

class Invocation::Context final : public tools::CallContext {
public:
  explicit Context(std::shared_ptr<Invocation> invocation) : invocation_(std::move(invocation)) {}
  ~Context() override { invocation_->abandon(); }

  const std::string &call_id() const override { return invocation_->plan_.call_id; }
  const std::string &principal() const override { return invocation_->plan_.request.principal; }
  const std::string &tool() const override { return invocation_->plan_.request.tool; }
  const std::string &owner() const override { return invocation_->plan_.owner; }
  bool is_from_network() const override {
    return invocation_->plan_.request.audience == tools::Audience::network;
  }
  std::vector<std::string> chain() const override { return invocation_->plan_.request.chain; }
  std::stop_token stop_token() const override { return invocation_->stop_token(); }

  bool wants_progress() const override {
    const CallRequest &request = invocation_->plan_.request;
    return request.wants_progress && request.on_progress != nullptr;
  }
  void report_progress(double done, std::optional<double> total,
                       std::string_view message) override {
    if (wants_progress()) {
      invocation_->report_progress(done, total, message);
    }
  }
  void report_log(tools::LogSeverity severity, std::string_view logger, const Json &data) override {
    invocation_->report_log(severity, logger, data);
  }

  void close_stream() override {
    if (invocation_->plan_.request.on_close_stream) {
      invocation_->plan_.request.on_close_stream();
    }
  }
  bool begin_task() override {
    const auto &begin_task = invocation_->plan_.request.begin_task;
    return begin_task && begin_task();
  }

  const Json *answer(std::string_view key) const override {
    if (const auto &find = invocation_->plan_.request.find_answer) {
      return find(key);
    }
    const auto &answers = invocation_->plan_.request.answers;
    const auto found = answers.find(std::string(key));
    return found == answers.end() ? nullptr : &found->second;
  }
  bool may_have_answers() const override {
    const CallRequest &request = invocation_->plan_.request;
    return request.find_answer != nullptr || !request.answers.empty();
  }
  bool can_ask(std::string_view method) const override {
    const auto &can_ask = invocation_->plan_.request.can_ask;
    return can_ask && can_ask(method);
  }

  void finish(tools::ToolResult result) override { invocation_->finish(std::move(result)); }
  void fail_protocol(tools::ProtocolError error) override {
    invocation_->fail_protocol(std::move(error));
  }
  void suspend(std::vector<tools::InputRequest> requests) override {
    invocation_->suspend(std::move(requests));
  }

  void note_host(std::string_view host) override {
    invocation_->noted_.with([&](Noted &noted) { noted.host = host; });
  }
  void note_bytes(std::uint64_t bytes) override {
    invocation_->noted_.with([&](Noted &noted) { noted.bytes = noted.bytes.value_or(0) + bytes; });
  }
  void note_exit(std::string_view outcome, std::optional<int> exit_code,
                 std::uint64_t bytes) override {
    invocation_->noted_.with([&](Noted &noted) {
      noted.outcome = outcome;
      noted.exit_code = exit_code;
      noted.bytes = bytes;
    });
  }

private:
  const std::shared_ptr<Invocation> invocation_;
};

Invocation::Invocation(InvocationPlan plan, const CallCollaborators &collaborators)
    : plan_(std::move(plan)), parts_(collaborators), started_(parts_.clock.now()),
      caller_stops_(plan_.request.stop, [this] { stop_.request_stop(); }) {
  if (const std::string *host = find_string(plan_.request.arguments, "host")) {
    noted_.with([&](Noted &noted) { noted.host = *host; });
  }
}

Invocation::~Invocation() = default;

Result<void> Invocation::begin() {
  return parts_.audit.begin(
      {.call = plan_.call_id,
       .principal = plan_.request.principal,
       .tool = plan_.audit_name,
       .owner = plan_.owner,
       .host = noted_.with([](const Noted &noted) { return noted.host; }),
       .arguments = without_secrets(plan_.request.arguments, plan_.input.get()),
       .parent = plan_.request.parent});
}

std::shared_ptr<tools::CallContext> Invocation::make_context() {
  return std::make_shared<Context>(shared_from_this());
}

bool Invocation::take_end(std::string_view how) {
  if (!ended_.exchange(true)) {
    return true;
  }
  parts_.log.warn("second_end_dropped", {{"call", plan_.call_id},
                                         {"tool", plan_.request.tool},
                                         {"owner", plan_.owner},
                                         {"end", std::string(how)}});
  return false;
}

tools::ToolResult Invocation::checked(tools::ToolResult result) const {
  const std::string blame = "'" + plan_.request.tool + "' of " + plan_.owner;
  auto fits = check_result(result, plan_.output.get(), blame);
  if (fits) {
    return result;
  }
  parts_.log.error("result_refused", {{"call", plan_.call_id},
                                      {"tool", plan_.request.tool},
                                      {"owner", plan_.owner},
                                      {"why", fits.error().message}});
  // The failure the handler reported matters more to the caller than the form it reported it in.
  return tools::ToolResult::failure(result.error ? std::move(*result.error)
                                                 : std::move(fits).error());
}

void Invocation::refuse(CallEnd end) {
  if (auto *error = std::get_if<tools::ProtocolError>(&end)) {
    fail_protocol(std::move(*error));
  } else if (take_end("refusal")) {
    finish_as_is(std::move(std::get<tools::ToolResult>(end)));
  }
}

void Invocation::finish(tools::ToolResult result) {
  if (take_end("result")) {
    finish_as_is(checked(std::move(result)));
  }
}

void Invocation::finish_as_is(tools::ToolResult result) {
  redact(result, parts_.redactor);
  const std::string code = result.error ? std::string(to_word(result.error->code)) : std::string();
  conclude(std::move(result), code.empty() ? "ok" : "error", code);
}

void Invocation::fail_protocol(tools::ProtocolError error) {
  if (!take_end("protocol_error")) {
    return;
  }
  redact(error, parts_.redactor);
  const std::string code = std::to_string(error.code);
  conclude(std::move(error), "error", code);
}

void Invocation::suspend(std::vector<tools::InputRequest> requests) {
  auto sound = check_questions(requests, "'" + plan_.request.tool + "' of " + plan_.owner);
  if (!sound) {
    finish(tools::ToolResult::failure(std::move(sound).error()));
    return;
  }
  if (!take_end("questions")) {
    return;
  }
  for (auto &request : requests) {
    parts_.redactor.redact(request.params);
  }
  conclude(std::move(requests), "needs_input", {});
}

void Invocation::abandon() {
  if (ended_.load()) {
    return;
  }
  if (stop_.stop_requested()) {
    finish(tools::ToolResult::failure({Errc::cancelled, "the call was given up", {}}));
    return;
  }
  finish(tools::ToolResult::failure(
      {Errc::internal, "'" + plan_.request.tool + "' of " + plan_.owner + " ended without a result",
       "this is a defect of the tool; tell its author"}));
}

void Invocation::conclude(CallOutcome outcome, std::string_view outcome_word,
                          std::string_view code) {
  const Noted noted = noted_.with([](const Noted &value) { return value; });
  parts_.audit.end(
      {.call = plan_.call_id,
       .tool = plan_.audit_name,
       .owner = plan_.owner,
       .host = noted.host,
       .principal = plan_.request.principal,
       .outcome = noted.outcome.empty() ? std::string(outcome_word) : noted.outcome,
       .code = std::string(code),
       .exit_code = noted.exit_code,
       .bytes = noted.bytes,
       .duration = std::chrono::duration_cast<Milliseconds>(parts_.clock.now() - started_)});
  const auto done = std::exchange(plan_.done, nullptr);
  done(std::move(outcome));
}

bool Invocation::may_report(double done, bool is_last) {
  const SteadyTime now = parts_.clock.now();
  return pace_.with([&](Pace &pace) {
    if (pace.last && done <= *pace.last) {
      return false; // MCP basic/utilities/progress: the value must increase with each notification
    }
    constexpr double kFull = limits::kProgressBurst;
    if (!pace.filled_at) {
      pace.tokens = kFull;
    } else {
      const std::chrono::duration<double> passed = now - *pace.filled_at;
      const std::chrono::duration<double> interval = limits::kProgressInterval;
      pace.tokens = std::min(kFull, pace.tokens + passed / interval);
    }
    pace.filled_at = now;
    if (pace.tokens < 1 && !is_last) {
      return false;
    }
    pace.tokens = std::max(0.0, pace.tokens - 1);
    pace.last = done;
    return true;
  });
}

void Invocation::report_progress(double done, std::optional<double> total,
                                 std::string_view message) {
  if (total && !std::isfinite(*total)) {
    total.reset();
  }
  if (ended_.load() || !std::isfinite(done) || !may_report(done, total && done >= *total)) {
    return;
  }
  plan_.request.on_progress(done, total, parts_.redactor.redact(message));
}

void Invocation::report_log(tools::LogSeverity severity, std::string_view logger,
                            const Json &data) {
  if (ended_.load() || !plan_.request.on_log) {
    return;
  }
  Json clean = data;
  parts_.redactor.redact(clean);
  plan_.request.on_log(severity, logger, clean);
}

} // namespace mre::mcp
