// One invocation of one handler: the CallContext that a handler sees, and what is done with what it
// gives back.
//
// Promise: the end is taken exactly once; a second one is logged and dropped; a context destroyed
// without one ends the call with `internal` naming the owner (or `cancelled` when that was asked
// for). What leaves is checked and redacted. Threads: any. Lifetime: shared by the handler (through
// the context) and whoever may cancel; holds the snapshot, and with it the handler's plugin, alive
// until both let go.
#pragma once

#include "core/base/guarded.hpp"
#include "core/mcp/call_runner.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace mre::mcp {

// What an invocation works on. The schema is null when no output is declared.
struct InvocationPlan {
  CallRequest request;
  std::string call_id;
  std::string owner;
  std::string
      audit_name; // as it stands in the audit: a tool's name, or the method for the other kinds
  tools::SnapshotPtr snapshot;
  std::shared_ptr<const tools::JsonSchema> input, output;
  std::function<void(CallOutcome)> done;
};

class Invocation final : public RunningCall, public std::enable_shared_from_this<Invocation> {
public:
  Invocation(InvocationPlan plan, const CallCollaborators &collaborators);
  ~Invocation() override;

  // Writes the audit's begin record; an error means that the call must not happen.
  Result<void> begin();
  // The context for the handler; its destruction ends an invocation that nobody ended.
  std::shared_ptr<tools::CallContext> make_context();
  const CallRequest &request() const { return plan_.request; }

  void cancel() override { stop_.request_stop(); }
  std::stop_token stop_token() const { return stop_.get_token(); }

  // The end of a call that no handler gets: nothing is checked against the tool's promises.
  void refuse(CallEnd end);
  void finish(tools::ToolResult result);
  void fail_protocol(tools::ProtocolError error);
  void suspend(std::vector<tools::InputRequest> requests);
  void abandon();

private:
  class Context;
  struct Noted {
    std::string host;
    std::string outcome;
    std::optional<int> exit_code;
    std::optional<std::uint64_t> bytes;
  };
  // A bucket of tokens: a few notifications at once, then one per interval.
  struct Pace {
    std::optional<SteadyTime> filled_at;
    double tokens = 0;
    std::optional<double> last;
  };

  bool take_end(std::string_view how);
  void finish_as_is(tools::ToolResult result);
  void conclude(CallOutcome outcome, std::string_view outcome_word, std::string_view code);
  tools::ToolResult checked(tools::ToolResult result) const;
  void report_progress(double done, std::optional<double> total, std::string_view message);
  void report_log(tools::LogSeverity severity, std::string_view logger, const Json &data);
  bool may_report(double done, bool is_last);

  InvocationPlan plan_;
  const CallCollaborators parts_;
  const SteadyTime started_;
  std::stop_source stop_;
  std::atomic<bool> ended_{false};
  Guarded<Noted> noted_;
  Guarded<Pace> pace_;
  // Of a call that a plugin makes: its own end. Last, so that nothing is gone when it fires.
  std::stop_callback<std::function<void()>> caller_stops_;
};

} // namespace mre::mcp
