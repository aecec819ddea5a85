// A command as a tool call: one way for every tool that runs one, so that all of them answer alike.
//
// Promise: the result is that of ssh_exec_command (surface section 6), cut to the character limit
// with the rest in the spool, redacted; cancelling the call ends the remote process. No thread
// waits for the command. Threads: any; `done` runs once, on the thread of the engine that ends the
// command (or on the caller's, before run_exec returns). Lifetime: the services outlive every call.
#pragma once

#include "core/base/json.hpp"
#include "core/builtin/shown_output.hpp"
#include "core/guard/redactor.hpp"
#include "core/ssh/engine.hpp"
#include "core/ssh/output_spool.hpp"
#include "core/tools/call_context.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

namespace mre::builtin {

struct ExecServices {
  ssh::Engine &engine;
  ssh::OutputSpool &spool;
  const guard::Redactor &redactor;
};

struct ExecForm {
  std::size_t character_limit = 25000;
  bool as_json = false;        // the text block is the structured result and nothing else
  Json extra = Json::object(); // more members of the structured result, such as ctid
};

// All that a result is made of.
struct ExecOutcome {
  std::string host, user; // the name in the host book, the login
  std::chrono::milliseconds timeout{0};
  ssh::ExecEnd end;
  std::uint64_t out_bytes = 0, err_bytes = 0;
  ShownOutput shown;
  std::string output_id; // empty: none
};

struct ExecReport {
  tools::ToolResult result;
  std::optional<ExecOutcome> outcome; // nothing when it could not be started; the result says why
};

// Notes host and exit on the call, and gives the result to `done`; the call itself is not ended.
void run_exec(const ExecServices &services, const std::shared_ptr<tools::CallContext> &call,
              ssh::ExecRequest request, ExecForm form, std::function<void(ExecReport)> done);

// The same, and ends the call with the result; when the login needs a person's word, with the
// question for it.
void exec_into(const ExecServices &services, const std::shared_ptr<tools::CallContext> &call,
               ssh::ExecRequest request, ExecForm form);

} // namespace mre::builtin
