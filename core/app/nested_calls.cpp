#include "core/app/nested_calls.hpp"

#include "core/mcp/render.hpp"
#include "core/tools/explain.hpp"

#include <optional>
#include <utility>

namespace mre::app {
namespace {

Error to_error(const tools::ProtocolError &error) {
  const bool is_hidden = find_member(error.data, "state") != nullptr;
  if (const std::string *refused = find_string(error.data, "refused")) {
    return {*refused == "limit" ? Errc::limit : Errc::conflict, error.message,
            "a plugin calls its own functions directly"};
  }
  const bool is_unknown = find_member(error.data, "nearest") != nullptr;
  const Errc code = is_hidden ? Errc::denied : is_unknown ? Errc::not_found : Errc::bad_argument;
  return {code, error.message, {}};
}

mcp::CallRequest to_request(const tools::NestedCall &call) {
  mcp::CallRequest request;
  request.tool = call.tool;
  request.arguments = call.arguments;
  request.runs_here = true;
  request.principal = "plugin:" + call.caller;
  if (const auto parent = call.parent) {
    request.principal = parent->principal();
    request.parent = parent->call_id();
    request.chain = parent->chain();
    request.audience =
        parent->is_from_network() ? tools::Audience::network : tools::Audience::local;
    request.can_ask = [parent, may_ask = call.may_ask](std::string_view method) {
      return (!may_ask || may_ask()) && parent->can_ask(method);
    };
    request.find_answer = [parent, prefix = call.key_prefix](std::string_view key) {
      return parent->answer(prefix + std::string(key));
    };
    request.on_log = [parent](tools::LogSeverity severity, std::string_view logger,
                              const Json &data) { parent->report_log(severity, logger, data); };
  }
  request.chain.push_back(call.caller);
  return request;
}

// Runs it to its end; cancelled by the caller's end and by ours.
mcp::CallOutcome run_to_end(mcp::CallRunner &runner, const tools::NestedCall &call,
                            const std::stop_token &ending) {
  using Waiting = Guarded<std::optional<mcp::CallOutcome>>;
  const auto waiting = std::make_shared<Waiting>();
  std::stop_source stop;
  const auto request_stop = [&stop] { stop.request_stop(); };
  const std::stop_callback caller_ends(call.stop, request_stop);
  const std::stop_callback server_ends(ending, request_stop);
  mcp::CallRequest request = to_request(call);
  request.stop = stop.get_token();
  const auto running = runner.start(std::move(request), [waiting](mcp::CallOutcome outcome) {
    waiting->with([&](auto &held) { held = std::move(outcome); });
    waiting->notify_all();
  });
  return waiting->wait([](const auto &held) { return held.has_value(); },
                       [](auto &held) { return *std::move(held); });
}

} // namespace

void NestedCalls::open(mcp::CallRunner &runner) {
  state_.with([&](State &state) { state.runner = &runner; });
}

bool NestedCalls::close(Milliseconds patience) {
  state_.with([](State &state) { state.runner = nullptr; });
  ending_.request_stop();
  return state_.wait_until(
      std::chrono::steady_clock::now() + patience,
      [](const State &state) { return state.active == 0; },
      [](const State & /*state*/, bool is_idle) { return is_idle; });
}

mcp::CallRunner *NestedCalls::enter() {
  return state_.with([](State &state) {
    state.active += state.runner != nullptr ? 1 : 0;
    return state.runner;
  });
}

void NestedCalls::leave() {
  state_.with([](State &state) { --state.active; });
  state_.notify_all();
}

tools::NestedOutcome NestedCalls::call(tools::NestedCall call) {
  mcp::CallRunner *runner = enter();
  if (runner == nullptr) {
    return Error{Errc::unavailable, "the server calls no tools now: it starts or ends", {}};
  }
  mcp::CallOutcome outcome = run_to_end(*runner, call, ending_.get_token());
  leave();
  if (const auto *error = std::get_if<tools::ProtocolError>(&outcome)) {
    return to_error(*error);
  }
  if (auto *questions = std::get_if<std::vector<tools::InputRequest>>(&outcome)) {
    for (auto &question : *questions) {
      question.key = call.key_prefix + question.key;
    }
    return std::move(*questions);
  }
  const auto &result = std::get<tools::ToolResult>(outcome);
  const auto snapshot = registry_.current();
  const tools::VisibleTool *tool = snapshot->find(call.tool);
  return tools::NestedResult{mcp::render_result(result), result.error.has_value(),
                             tool != nullptr && tool->declaration->promises.read_only};
}

Result<std::string> NestedCalls::explain(std::string_view name) const {
  return tools::explain_tool(registry_.current()->resolution(), name);
}

} // namespace mre::app
