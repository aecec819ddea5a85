// One call inside a plugin: what it gave so far, what it asked, and its end.
//
// Promise: the client gets exactly one end whatever the plugin does: answers twice, never, with
// nothing, or throws. A deferred call that is cancelled ends for the client at once; the plugin
// counts as busy until it lets go. Threads: any. Lifetime: shared by the handle, the invoking
// thread and running services.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/guarded.hpp"
#include "core/base/json.hpp"
#include "core/base/result.hpp"
#include "core/plugin_host/call_table.hpp"
#include "core/tools/call_context.hpp"

#include <mre/plugin.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace mre::plugin_host {

enum class CallKind { tool, resource, prompt, completion, command, job };

struct CallOrigin {
  std::shared_ptr<Instance> plugin; // its gate has been entered; the call's end leaves it
  std::shared_ptr<tools::CallContext>
      context; // null for completion and jobs: nobody can be asked, nothing is given
  CallKind kind = CallKind::tool;
  std::string name;          // of the tool, the resource or the prompt; for the log
  bool is_read_only = false; // promised: what it does counts as no effect
};

class CallState : public std::enable_shared_from_this<CallState> {
public:
  static std::shared_ptr<CallState> begin(CallOrigin origin);
  explicit CallState(CallOrigin origin);

  mre_call *handle() const { return handle_; }
  Instance &plugin() const { return *origin_.plugin; }
  CallKind kind() const { return origin_.kind; }
  // Null for completion and jobs. A result given directly to it (exec_into) is announced by
  // mark_given().
  const std::shared_ptr<tools::CallContext> &context() const { return origin_.context; }
  std::string id() const;   // for the audit; empty without a context
  std::string what() const; // "tool 'x'"
  std::stop_token stop_token() const { return stop_.get_token(); }

  // What the plugin gives. too_large beyond kResultBytes.
  Result<void> check_room(std::size_t bytes) const;
  Result<void> add_content(Json block);
  Result<void> set_structured(Json value);
  void
  set_result(tools::ToolResult result); // the whole result, in place of everything given so far
  void set_failure(Error error);
  // Why something was not taken: the reason of a call that then fails with that code and no words.
  void note_refusal(Error error);
  // The answer, or nothing when the person has to be asked first: the plugin then returns
  // MRE_NEEDS_INPUT.
  Result<std::optional<Json>> ask(const std::string &key, const Json &request);
  // The same for any request to the client; a form goes through ask().
  Result<std::optional<Json>> request(tools::InputRequest request);
  // The call ends with this, whatever status the plugin returns.
  void set_protocol_error(tools::ProtocolError error);
  void finish(mre_status status, Error error); // after MRE_DEFERRED

  void cancel() { stop_.request_stop(); }

  // A sign of life: the plugin used the host. While a service works for the call it lives anyway.
  void note_sign();
  void enter_service() { ++services_; }
  void leave_service();
  // For CallWatch: answers for a plugin that has been silent for longer than patience, and tells of
  // one that does not end a cancelled call.
  void look_after(SteadyTime now, Milliseconds patience);

  // A tool that this one calls: what its questions' keys begin with, and what it asked.
  std::string next_nested_prefix();
  bool has_effect() const;
  void add_questions(std::vector<tools::InputRequest> questions);

  // Something changed that a second run would change again: no more questions from here on.
  void note_effect();
  // Runs when the call has ended and the plugin let go of it.
  void at_end(std::function<void()> cleanup);

  // What invoke() returned. Without a context only the bookkeeping happens.
  void settle(mre_status status, Error error);

private:
  enum class Phase { running, deferred, abandoned, ending, ended };
  struct Finish {
    mre_status status = MRE_OK;
    Error error;
  };
  struct Data {
    Phase phase = Phase::running;
    tools::ToolResult result;
    bool is_given = false;
    bool is_inside = true; // invoke() has not returned
    bool is_stuck = false; // it was given up inside
    std::size_t bytes = 0;
    std::optional<Error> failure, refusal;
    std::optional<tools::ProtocolError> protocol_error;
    std::vector<tools::InputRequest> questions;
    bool has_effect = false;
    int nested_calls = 0;
    std::optional<Finish> early; // finish() came before invoke() returned
    std::vector<std::function<void()>> cleanups;
  };

  Result<void> check_room(const Data &data, std::size_t bytes) const;
  Result<std::optional<Json>> note_question(tools::InputRequest question);
  static Result<std::optional<Json>> checked_answer(const tools::InputRequest &question,
                                                    const Json &answer);
  void conclude(const Finish &end);
  void tell(const Finish &end, Data data);
  tools::ToolResult to_result(const Finish &end, Data &data) const;
  void abandon();
  void give_up(Milliseconds silence);
  void release();

  using StopCallback = std::stop_callback<std::function<void()>>;
  const CallOrigin origin_;
  mre_call *handle_ = nullptr;
  std::stop_source stop_;
  Guarded<Data> data_;
  std::atomic<SteadyTime> last_sign_;
  std::atomic<int> services_{0};
  std::atomic<bool> is_deaf_{false}; // told of already
  std::optional<StopCallback> client_stops_, plugin_stops_, when_deferred_;
};

// The call counts as alive until the returned value is let go.
std::shared_ptr<void> keep_in_service(const std::shared_ptr<CallState> &call);

} // namespace mre::plugin_host
