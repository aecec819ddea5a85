#include "core/builtin/exec_call.hpp"

#include "core/base/guarded.hpp"
#include "core/builtin/exec_result.hpp"
#include "core/builtin/login_questions.hpp"
#include "core/builtin/output_collector.hpp"

#include <stop_token>
#include <utility>

namespace mre::builtin {
namespace {

using StopCallback = std::stop_callback<std::function<void()>>;

// Ties cancelling the call to the execution, from when both exist until the command has ended.
class Cancelling {
public:
  void begin(const std::stop_token &token, const std::shared_ptr<ssh::Execution> &execution) {
    // Made outside the lock: when the stop was requested already, it runs at once and may even end
    // the command.
    auto callback = std::make_unique<StopCallback>(token, [execution] { execution->cancel(); });
    state_.with([&](State &state) {
      if (!state.ended) {
        state.callback = std::move(callback);
      }
    });
  }
  void end() {
    // Destroyed outside the lock, because that waits for a cancel() under way on another thread.
    const auto callback = state_.with([](State &state) {
      state.ended = true;
      return std::move(state.callback);
    });
  }

private:
  struct State {
    bool ended = false;
    std::unique_ptr<StopCallback> callback;
  };
  Guarded<State> state_;
};

} // namespace

void run_exec(const ExecServices &services, const std::shared_ptr<tools::CallContext> &call,
              ssh::ExecRequest request, ExecForm form, std::function<void(ExecReport)> done) {
  call->note_host(request.host.name);
  ExecOutcome blank;
  blank.host = request.host.name;
  blank.user = request.host.user;
  blank.timeout = request.timeout;
  const auto cancelling = std::make_shared<Cancelling>();
  const std::size_t character_limit = form.character_limit;
  auto collector = std::make_shared<OutputCollector>(
      services, call, character_limit,
      [call, cancelling, outcome = std::move(blank), form = std::move(form),
       done = std::move(done)](OutputCollector &collected, Result<ssh::ExecEnd> end) mutable {
        cancelling->end();
        if (!end) {
          done({tools::ToolResult::failure(std::move(end).error()), std::nullopt});
          return;
        }
        outcome.end = std::move(end).value();
        outcome.out_bytes = collected.bytes(ssh::Stream::out);
        outcome.err_bytes = collected.bytes(ssh::Stream::err);
        outcome.output_id = collected.output_id();
        outcome.shown =
            show_output(collected.window(ssh::Stream::out), collected.window(ssh::Stream::err),
                        form.character_limit, outcome.output_id);
        call->note_exit(to_word(outcome.end.outcome), outcome.end.exit_code,
                        outcome.out_bytes + outcome.err_bytes);
        tools::ToolResult result = render_exec(outcome, form);
        done({std::move(result), std::move(outcome)});
      });
  const auto execution = services.engine.start(std::move(request), std::move(collector));
  if (execution) {
    cancelling->begin(call->stop_token(), execution);
  }
}

void exec_into(const ExecServices &services, const std::shared_ptr<tools::CallContext> &call,
               ssh::ExecRequest request, ExecForm form) {
  if (auto brought = bring_answers(services.engine, *call, request.host); !brought) {
    call->finish(tools::ToolResult::failure(std::move(brought).error()));
    return;
  }
  const config::HostConfig host = request.host;
  run_exec(services, call, std::move(request), std::move(form),
           [call, host, &engine = services.engine](ExecReport report) {
             if (report.outcome || !report.result.error) {
               call->finish(std::move(report.result));
               return;
             }
             auto next = after_failure(engine, *call, host, *report.result.error);
             if (auto *question = std::get_if<tools::InputRequest>(&next)) {
               call->suspend({std::move(*question)});
             } else {
               call->finish(tools::ToolResult::failure(std::get<Error>(std::move(next))));
             }
           });
}

} // namespace mre::builtin
