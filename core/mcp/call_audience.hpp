// Whom a call answers to: the request that made it, or a task that outlives the request.
//
// Promise asked of an implementation: deliver() or ask() comes once per round of the handler; none
// of them blocks. After deliver() nothing is called any more. Threads: any. Lifetime: held by the
// rounds of its call.
#pragma once

#include "core/base/json.hpp"
#include "core/mcp/call_runner.hpp"
#include "core/tools/call_context.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mre::mcp {

class CallRounds;

// One round's questions, and what a later round needs of the earlier ones.
struct Asking {
  std::vector<tools::InputRequest> questions;
  std::map<std::string, Json> answers; // of earlier rounds
  int round = 0;                       // the number of the round that asks, from 1
};

class CallAudience {
public:
  virtual ~CallAudience() = default;

  virtual bool can_ask(std::string_view method) const = 0;
  virtual void report_progress(double done, std::optional<double> total,
                               std::string_view message) = 0;
  virtual void report_log(tools::LogSeverity severity, std::string_view logger,
                          const Json &data) = 0;
  virtual void close_stream() {}

  virtual void deliver(CallEnd end) = 0;
  // Answers come by rounds->resume(), or the call ends by rounds->end().
  virtual void ask(const std::shared_ptr<CallRounds> &rounds, Asking asking) = 0;
  // The call is given up: what was asked and is not answered is taken back.
  virtual void give_up() {}
  // The call goes on as this task, and this audience has no part in it any more.
  // Whoever overrides it keeps it. NOLINTNEXTLINE(performance-unnecessary-value-param)
  virtual void hand_over(Json /*created*/) {}
};

} // namespace mre::mcp
