// One call, seen from a tool. The protocol engine implements it; the command line has an
// implementation of its own.
//
// Promise: exactly one of finish() and suspend() ends an invocation; a second one is logged and
// dropped, a context destroyed without either answers the client with `internal`. Eras of the
// protocol are invisible here. Threads: all functions from any thread. Lifetime: shared; lives
// until the call has ended and every holder let go.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/json.hpp"
#include "core/base/result.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace mre::tools {

// What a tool gives back. With an error the structured result still may hold what was reached.
struct ToolResult {
  std::vector<Json> content;      // MCP content blocks
  std::optional<Json> structured; // any JSON; objects for clients of the handshake era
  std::optional<Error> error; // set: isError, code first in the text, structured.error filled in
  // With an error: content already tells of it in its own words (a command that timed out), and
  // nothing is put before it.
  bool content_is_complete = false;

  static ToolResult failure(Error error) {
    ToolResult result;
    result.error = std::move(error);
    return result;
  }
};

// A failure of the protocol itself, raised by adapters only: code, message, data.
struct ProtocolError {
  int code = -32603;
  std::string message;
  Json data;
};

// A question to the person at the client, in the terms of MCP:
// {"method":"elicitation/create","params":{…}}.
struct InputRequest {
  std::string key;
  std::string method;
  Json params;
  // Set: the answer is about the world, not about this call. Calls of one client that ask the same
  // under this name at the same time share one question.
  std::string shared_as = {};
};

enum class LogSeverity { debug, info, notice, warning, error, critical, alert, emergency };

class CallContext {
public:
  virtual ~CallContext() = default;

  virtual const std::string &call_id() const = 0;   // unique in this process; audit and logs
  virtual const std::string &principal() const = 0; // "stdio", "cli", "http:…"
  virtual const std::string &tool() const = 0;
  virtual const std::string &owner() const = 0;
  // Whether the client is on another machine: what names files of this one is hidden from it.
  virtual bool is_from_network() const { return false; }
  // The plugins whose tools called each other on the way to this call, the first one first.
  virtual std::vector<std::string> chain() const { return {}; }

  // Requested when the client cancels, disconnects where that counts, or the server ends.
  virtual std::stop_token stop_token() const = 0;
  bool is_cancelled() const { return stop_token().stop_requested(); }

  // True when the client asked for progress. report drops, limits its rate, and redacts.
  virtual bool wants_progress() const = 0;
  virtual void report_progress(double done, std::optional<double> total,
                               std::string_view message) = 0;
  // An MCP log message of this call, where the client wants them.
  virtual void report_log(LogSeverity severity, std::string_view logger, const Json &data) = 0;

  // Answers so far, by key. A tool that needs one that is missing calls suspend() and returns; it
  // is invoked again from the top.
  virtual const Json *answer(std::string_view key) const = 0;
  // False when answer() has none for any key, as in the first round of nearly every call.
  virtual bool may_have_answers() const { return true; }
  // Whether the client can be asked this way: "elicitation/create" (form), …
  virtual bool can_ask(std::string_view method) const = 0;

  // Ends the stream on which the call answers while the call goes on, where the client can come
  // back for the rest.
  virtual void close_stream() {}
  // Makes the call a task where the client takes one; true when it is one afterwards.
  virtual bool begin_task() { return false; }

  virtual void finish(ToolResult result) = 0;
  virtual void fail_protocol(ProtocolError error) = 0;
  virtual void suspend(std::vector<InputRequest> requests) = 0;

  // For the audit record at the end of the call.
  virtual void note_host(std::string_view host) = 0;
  virtual void note_bytes(std::uint64_t bytes) = 0; // moved; several transfers add up
  virtual void note_exit(std::string_view outcome, std::optional<int> exit_code,
                         std::uint64_t bytes) = 0;
};

} // namespace mre::tools
