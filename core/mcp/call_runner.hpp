// One call from its arguments to its outcome, whoever asks: a client of any era or the command
// line.
//
// Promise: start() is the only way to a handler. It finds the tool in one snapshot, checks the
// arguments against the schema, writes the audit records, runs the handler, holds it to its
// promises (exactly one end, output that fits the output schema, a bounded size) and passes
// everything that leaves through the redactor. done runs exactly once. Threads: start() and
// cancel() from any thread. done, on_progress and on_log run on any thread, done possibly before
// start() returns; they must not block. Lifetime: the runner outlives its handlers' owners'
// threads; its destructor cancels all calls and waits for handlers that block. A handler that
// finishes later still reaches the collaborators, so they outlive it.
//
//   auto running = runner.start({.principal = "cli", .tool = "ssh_list_hosts"}, [](CallOutcome
//   outcome) { … });
#pragma once

#include "core/base/clock.hpp"
#include "core/base/json.hpp"
#include "core/base/log.hpp"
#include "core/base/worker_pool.hpp"
#include "core/guard/audit.hpp"
#include "core/guard/redactor.hpp"
#include "core/mcp/render.hpp"
#include "core/tools/call_context.hpp"
#include "core/tools/snapshot.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mre::mcp {

enum class CallKind { tool, resource, prompt, command };

struct CallRequest {
  std::string principal; // "stdio", "cli", "http:…"
  std::string tool; // the tool's name; for the other kinds the resource's uri, the prompt's name,
                    // or "plugin command"
  Json arguments = Json::object();          // of a command: {"words":[…]}
  std::map<std::string, Json> answers = {}; // to the questions of earlier rounds, by key
  bool wants_progress = false;
  // Each may be empty: nothing can be asked, progress and logs go nowhere.
  std::function<bool(std::string_view method)> can_ask = {};
  std::function<void(double, std::optional<double>, std::string_view)> on_progress = {};
  std::function<void(tools::LogSeverity, std::string_view, const Json &)> on_log = {};
  std::function<void()> on_close_stream = {};
  std::function<bool()> begin_task = {};
  CallKind kind = CallKind::tool;
  tools::Audience audience = tools::Audience::local;
  // Of a call that a plugin makes. The tool runs on the thread that starts it; answers are looked
  // up by find_answer when there is one.
  bool runs_here = false;
  std::string parent = {};             // the outer call's id, for the audit
  std::vector<std::string> chain = {}; // the plugins on the way, the caller last
  std::function<const Json *(std::string_view key)> find_answer = {};
  std::stop_token stop = {}; // cancels it, also before it has begun
};

// A result (also a failed one), questions that have to be answered before the call is started again
// with the answers, or a request that was wrong as such.
using CallOutcome =
    std::variant<tools::ToolResult, std::vector<tools::InputRequest>, tools::ProtocolError>;

// How a call ends, whatever was asked in between.
using CallEnd = std::variant<tools::ToolResult, tools::ProtocolError>;

class RunningCall {
public:
  virtual ~RunningCall() = default;
  virtual void cancel() = 0; // asks the handler to end; done still runs. Harmless after the end.
};

struct CallCollaborators {
  const tools::Registry &registry;
  guard::Audit &audit;
  const guard::Redactor &redactor;
  const Clock &clock;
  const Log &log;
};

class CallRunner {
public:
  explicit CallRunner(const CallCollaborators &collaborators);
  ~CallRunner();
  CallRunner(const CallRunner &) = delete;
  CallRunner &operator=(const CallRunner &) = delete;

  std::shared_ptr<RunningCall> start(CallRequest request, std::function<void(CallOutcome)> done);

  // Leaves the records of a call that is refused before it reaches a handler; gives back what the
  // caller is told: `end` without secrets, or that the audit could not be written.
  CallEnd refuse(CallRequest request, CallEnd end);

  // A job that blocks, on the handlers' threads; `limit` when there are none left.
  Result<void> run_blocking(std::function<void()> job);

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace mre::mcp
