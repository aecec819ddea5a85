#include "core/mcp/call_rounds.hpp"

#include "core/guard/limits.hpp"

#include <utility>

namespace mre::mcp {

CallRounds::CallRounds(const Engine &engine, CallPlan plan, std::shared_ptr<CallAudience> audience)
    : engine_(engine), plan_(std::move(plan)) {
  state_.with([&](State &state) { state.audience = std::move(audience); });
}

void CallRounds::allow_task(std::function<std::optional<TaskBeginning>()> make_task) {
  make_task_ = std::move(make_task);
}

void CallRounds::mark_as_task() {
  state_.with([](State &state) { state.is_task = true; });
}

void CallRounds::start(std::map<std::string, Json> answers, int round) {
  state_.with([&](State &state) {
    state.answers = std::move(answers);
    state.round = round;
  });
  run();
}

void CallRounds::resume(std::map<std::string, Json> answers) {
  state_.with([&](State &state) {
    for (auto &[key, answer] : answers) {
      state.answers[key] = std::move(answer);
    }
  });
  run();
}

std::shared_ptr<CallAudience> CallRounds::audience() const {
  return state_.with([](const State &state) { return state.audience; });
}

// Null when the end was taken before.
std::shared_ptr<CallAudience> CallRounds::take_end() {
  return state_.with([](State &state) -> std::shared_ptr<CallAudience> {
    state.phase = Phase::ended;
    state.running = nullptr;
    return std::exchange(state.audience, nullptr);
  });
}

void CallRounds::end(CallEnd end) {
  if (const auto audience = take_end()) {
    audience->deliver(std::move(end));
  }
}

void CallRounds::drop() {
  static_cast<void>(take_end());
}

CallRequest CallRounds::make_request(std::map<std::string, Json> answers) {
  CallRequest request{.principal = plan_.principal,
                      .tool = plan_.name,
                      .arguments = plan_.arguments,
                      .answers = std::move(answers),
                      .wants_progress = plan_.wants_progress,
                      .kind = plan_.kind,
                      .audience = plan_.audience};
  // Weak: these are held by the running call, which the rounds hold.
  const auto with_audience = [weak = weak_from_this()](auto &&body) {
    const auto self = weak.lock();
    const auto audience = self ? self->audience() : nullptr;
    if (audience) {
      body(*audience);
    }
  };
  request.can_ask = [with_audience](std::string_view method) {
    bool can = false;
    with_audience([&](CallAudience &audience) { can = audience.can_ask(method); });
    return can;
  };
  request.on_progress = [with_audience](double done, std::optional<double> total,
                                        std::string_view message) {
    with_audience([&](CallAudience &audience) { audience.report_progress(done, total, message); });
  };
  request.on_log = [with_audience](tools::LogSeverity severity, std::string_view logger,
                                   const Json &data) {
    with_audience([&](CallAudience &audience) { audience.report_log(severity, logger, data); });
  };
  request.on_close_stream = [with_audience] {
    with_audience([](CallAudience &audience) { audience.close_stream(); });
  };
  request.begin_task = [weak = weak_from_this()] {
    const auto self = weak.lock();
    return self != nullptr && self->begin_task();
  };
  return request;
}

void CallRounds::run() {
  struct Start {
    std::uint64_t run = 0;
    std::map<std::string, Json> answers;
  };
  const auto begin = state_.with([](State &state) -> std::optional<Start> {
    if (state.phase == Phase::ended) {
      return std::nullopt;
    }
    state.phase = Phase::running;
    return Start{++state.run, state.answers};
  });
  if (!begin) {
    return;
  }
  auto call = engine_.runner.start(
      make_request(begin->answers),
      [self = shared_from_this()](CallOutcome outcome) { self->on_outcome(std::move(outcome)); });
  // The handler may have ended by now, and the next run begun.
  const bool is_cancelled = state_.with([&](State &state) {
    if (state.phase == Phase::running && state.run == begin->run) {
      state.running = call;
    }
    return state.is_cancelled && state.run == begin->run;
  });
  if (is_cancelled) {
    call->cancel();
  }
}

void CallRounds::on_outcome(CallOutcome outcome) {
  if (auto *result = std::get_if<tools::ToolResult>(&outcome)) {
    end(std::move(*result));
    return;
  }
  if (auto *error = std::get_if<tools::ProtocolError>(&outcome)) {
    end(std::move(*error));
    return;
  }
  Asking asking{std::get<std::vector<tools::InputRequest>>(std::move(outcome)), {}, 0};
  bool is_cancelled = false;
  const auto audience = state_.with([&](State &state) {
    state.running = nullptr;
    state.phase = state.phase == Phase::running ? Phase::waiting : state.phase;
    is_cancelled = state.is_cancelled;
    asking.round = ++state.round;
    asking.answers = state.answers;
    return state.audience;
  });
  if (is_cancelled) {
    end_with({Errc::cancelled, "the call was given up", {}});
  } else if (asking.round > limits::kInputRounds) {
    end_with(
        {Errc::limit,
         "the tool asked more than " + std::to_string(limits::kInputRounds) + " times in one call",
         {}});
  } else if (audience) {
    audience->ask(shared_from_this(), std::move(asking));
    // Given up while the questions were on their way.
    if (state_.with([](const State &state) {
          return state.is_cancelled && state.phase == Phase::waiting;
        })) {
      cancel();
    }
  }
}

void CallRounds::cancel() {
  struct Found {
    std::shared_ptr<RunningCall> running;
    std::shared_ptr<CallAudience> waiting;
  };
  const Found found = state_.with([](State &state) -> Found {
    state.is_cancelled = true;
    return {state.running, state.phase == Phase::waiting ? state.audience : nullptr};
  });
  if (found.running) {
    found.running->cancel();
  } else if (found.waiting) {
    found.waiting->give_up();
    end_with({Errc::cancelled, "the call was given up", {}});
  }
}

bool CallRounds::begin_task() {
  const bool is_ours = state_.with([&](State &state) {
    const bool can = make_task_ && state.phase == Phase::running && !state.is_task &&
                     !state.is_becoming_task && !state.is_cancelled;
    state.is_becoming_task = state.is_becoming_task || can;
    return can;
  });
  if (!is_ours) {
    return state_.with([](const State &state) { return state.is_task; });
  }
  auto task = make_task_();
  if (!task) {
    state_.with([](State &state) { state.is_becoming_task = false; });
    return false;
  }
  // From here on whatever the handler gives belongs to the task.
  const auto before = state_.with([&](State &state) -> std::shared_ptr<CallAudience> {
    state.is_becoming_task = false;
    if (state.phase == Phase::ended) {
      return nullptr;
    }
    state.is_task = true;
    return std::exchange(state.audience, task->audience);
  });
  if (before) {
    before->hand_over(std::move(task->created));
    return true;
  }
  engine_.tasks.forget(task->id); // ended just now; nobody was told of the task
  return false;
}

} // namespace mre::mcp
