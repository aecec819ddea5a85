// mre/cpp/ssh.hpp - commands on remote hosts.
//
// Promise: a Command is a value; run() returns how it ended, whatever the outcome, and throws Error
// only when it was not started. A sink's own exception ends the remote process and is thrown again
// here. Threads: all functions from any thread, blocking; sinks are called on the calling thread.
#pragma once

#include <mre/cpp/basic.hpp>
#include <mre/cpp/call.hpp>
#include <mre/ext/ssh.h>

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#pragma GCC visibility push(hidden) // private to each plugin, whatever its flags
namespace mre {
inline namespace v1 {

struct Command {
  std::string host;              // a configured name; empty: the default
  std::string command;           // text for the login shell, as the user gave it …
  std::vector<std::string> argv; // … or words, which the host quotes
  std::string working_directory;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string input;
  Source *input_source = nullptr;       // instead of input
  std::chrono::milliseconds timeout{0}; // 0: the configured default
  bool pty = false, merge_streams = false;
  bool is_long = false;    // timeout may exceed MAX_TIMEOUT: transfers and jobs
  bool only_reads = false; // changes nothing: Call::ask may still come after it
};

// What run_into shows a settle function of a command that has ended.
struct Ended {
  int32_t outcome = MRE_OUTCOME_NONE;
  int32_t exit_code = -1;
  int32_t remote_process = MRE_PROCESS_UNKNOWN; // may be changed
  std::string_view out, err;                    // as the result will show them
};
using Settle = std::function<void(Ended &)>;

struct Executed {
  int32_t outcome = MRE_OUTCOME_NONE;
  int32_t exit_code = -1;
  int32_t remote_process = MRE_PROCESS_UNKNOWN;
  std::string signal;   // without SIG
  std::string out, err; // what run() collected
  std::uint64_t out_bytes = 0, err_bytes = 0;
  std::chrono::milliseconds first_byte{0}, duration{0};
  bool is_complete = true; // false: out and err were cut at the limit
  bool succeeded() const { return outcome == MRE_OUTCOME_EXITED && exit_code == 0; }
};

class Ssh {
public:
  explicit Ssh(Host host) : api_(host.service<mre_ssh_api>(MRE_SSH)), host_(host) {}

  // Collects both streams, at most max_bytes of each; the rest is read and dropped.
  Executed run(const Call &call, const Command &command,
               std::size_t max_bytes = std::size_t{1} << 20U) const {
    std::string out;
    std::string err;
    bool is_complete = true;
    const auto collect = [&is_complete, max_bytes](std::string &into) {
      return [&into, &is_complete, max_bytes](std::string_view chunk) {
        const std::size_t room = max_bytes - std::min(max_bytes, into.size());
        is_complete = is_complete && chunk.size() <= room;
        into.append(chunk.substr(0, room));
      };
    };
    Sink out_sink(collect(out));
    Sink err_sink(collect(err));
    Executed executed = run(call, command, out_sink, err_sink);
    executed.out = std::move(out);
    executed.err = std::move(err);
    executed.is_complete = is_complete;
    return executed;
  }

  Executed run(const Call &call, const Command &command, Sink &out, Sink &err) const {
    Request request(command);
    request.exec.out = out.abi();
    request.exec.err = err.abi();
    auto error = error_value();
    const mre_status status = api_->exec(host_.raw(), call.raw(), &request.exec, &error);
    out.rethrow();
    err.rethrow();
    request.rethrow();
    check(status, error);
    return to_value(request.exec);
  }

  // The output becomes the standard result of the call, as ssh_exec_command gives it; extra
  // members join the structured result. The tool then returns Reply::given().
  // settle, when given, has the last word: it may change remote_process, and what it throws becomes
  // the call's failure (mre_exec.settle).
  Executed run_into(const Call &call, const Command &command, const json &extra = json::object(),
                    bool as_json = false, const Settle &settle = {}) const {
    Request request(command);
    if (settle) {
      request.exec.settle = &Request::settled;
      request.exec.settle_ctx = const_cast<Settle *>(&settle);
    }
    const std::string extra_text = extra.empty() ? std::string() : dump(extra);
    request.exec.extra_json = borrow(extra_text);
    request.exec.as_json = as_json ? 1 : 0;
    auto error = error_value();
    const mre_status status = api_->exec_into(host_.raw(), call.raw(), &request.exec, &error);
    request.rethrow();
    check(status, error);
    return to_value(request.exec);
  }

private:
  // Owns the arrays that an mre_exec points at; borrows the command.
  struct Request {
    explicit Request(const Command &command)
        : input(command.input_source == nullptr && !command.input.empty() ? Source(command.input)
                                                                          : Source()),
          source(command.input_source != nullptr ? command.input_source : &input) {
      for (const auto &word : command.argv) {
        argv.push_back(borrow(word));
      }
      for (const auto &[name, value] : command.environment) {
        environment.push_back({borrow(name), borrow(value)});
      }
      exec.size = sizeof exec;
      exec.flags = detail::flag(command.pty, MRE_EXEC_PTY) |
                   detail::flag(command.merge_streams, MRE_EXEC_MERGE) |
                   detail::flag(command.is_long, MRE_EXEC_LONG) |
                   detail::flag(command.only_reads, MRE_EXEC_READS);
      exec.host = borrow(command.host);
      exec.command = borrow(command.command);
      exec.argv = argv.data();
      exec.argc = argv.size();
      exec.working_directory = borrow(command.working_directory);
      exec.environment = environment.data();
      exec.environment_count = environment.size();
      exec.input = source->abi();
      exec.timeout_ms = static_cast<uint32_t>(command.timeout.count());
    }
    Request(const Request &) = delete;
    Request &operator=(const Request &) = delete;
    void rethrow() const { source->rethrow(); }
    static mre_status settled(void *ctx, mre_exec *exec, mre_str out, mre_str err_text,
                              mre_error *err) noexcept {
      return guarded(err, [&] {
        Ended ended{exec->outcome, exec->exit_code, exec->remote_process, view(out),
                    view(err_text)};
        (*static_cast<const Settle *>(ctx))(ended);
        exec->remote_process = ended.remote_process;
      });
    }

    Source input;
    Source *source;
    std::vector<mre_str> argv;
    std::vector<mre_env> environment;
    mre_exec exec{};
  };

  static Executed to_value(const mre_exec &exec) {
    Executed executed;
    executed.outcome = exec.outcome;
    executed.exit_code = exec.exit_code;
    executed.remote_process = exec.remote_process;
    executed.signal = exec.signal;
    executed.out_bytes = exec.out_bytes;
    executed.err_bytes = exec.err_bytes;
    executed.first_byte = std::chrono::milliseconds(exec.first_byte_ms);
    executed.duration = std::chrono::milliseconds(exec.duration_ms);
    return executed;
  }

  const mre_ssh_api *api_;
  Host host_;
};

} // namespace v1
} // namespace mre
#pragma GCC visibility pop
