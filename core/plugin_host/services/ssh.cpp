// mre.ssh/1: commands on remote hosts.

#include "core/base/utf8.hpp"
#include "core/plugin_host/parts.hpp"
#include "core/plugin_host/services/exec_bridge.hpp"
#include "core/plugin_host/services/services.hpp"

#include <mre/shell_quote.hpp>

namespace mre::plugin_host {
namespace {

std::string owned(mre_str text) {
  return std::string(view(text));
}

Result<std::string> command_of(const mre_exec &exec) {
  if (exec.argc == 0 || exec.argv == nullptr) {
    if (exec.command.size == 0) {
      return Error{Errc::bad_argument, "there is neither a command nor a list of words to run", {}};
    }
    return owned(exec.command);
  }
  std::vector<std::string> words;
  for (std::size_t i = 0; i < exec.argc; ++i) {
    words.push_back(owned(exec.argv[i]));
    if (!is_quotable(words.back())) {
      return Error{Errc::bad_argument,
                   "word " + std::to_string(i) +
                       " of the command holds a NUL byte, which no program can take",
                   {}};
    }
  }
  return shell_join(words);
}

Result<ssh::ExecRequest> to_request(Instance &plugin, const mre_exec &exec) {
  const config::SettingsPtr settings = plugin.parts().current_settings();
  ssh::ExecRequest request;
  MRE_TRY(request.host, config::resolve_host(*plugin.parts().hosts.hosts(), view(exec.host)));
  MRE_TRY(request.command, command_of(exec));
  request.working_directory = owned(exec.working_directory);
  for (std::size_t i = 0; exec.environment != nullptr && i < exec.environment_count; ++i) {
    request.environment.emplace_back(owned(exec.environment[i].name),
                                     owned(exec.environment[i].value));
  }
  const Milliseconds asked = exec.timeout_ms == 0 ? Milliseconds(settings->default_timeout)
                                                  : Milliseconds(exec.timeout_ms);
  request.timeout = std::min<Milliseconds>(asked, settings->max_timeout);
  request.pty = (exec.flags & MRE_EXEC_PTY) != 0;
  request.merge_streams = (exec.flags & MRE_EXEC_MERGE) != 0;
  return request;
}

int32_t to_number(ssh::Outcome outcome) {
  switch (outcome) {
  case ssh::Outcome::exited:
    return MRE_OUTCOME_EXITED;
  case ssh::Outcome::signalled:
    return MRE_OUTCOME_SIGNALLED;
  case ssh::Outcome::timed_out:
    return MRE_OUTCOME_TIMED_OUT;
  case ssh::Outcome::cancelled:
    return MRE_OUTCOME_CANCELLED;
  case ssh::Outcome::lost:
    break;
  }
  return MRE_OUTCOME_LOST;
}

int32_t to_number(ssh::RemoteProcess process) {
  switch (process) {
  case ssh::RemoteProcess::gone:
    return MRE_PROCESS_GONE;
  case ssh::RemoteProcess::still_running:
    return MRE_PROCESS_RUNNING;
  case ssh::RemoteProcess::unknown:
    break;
  }
  return MRE_PROCESS_UNKNOWN;
}

void fill(mre_exec &exec, const ssh::ExecEnd &end) {
  exec.outcome = to_number(end.outcome);
  exec.exit_code = end.exit_code.value_or(-1);
  exec.remote_process = to_number(end.remote_process);
  const std::size_t length = std::min(end.signal.size(), sizeof exec.signal - 1);
  std::memcpy(exec.signal, end.signal.data(), length);
  exec.signal[length] = '\0';
  exec.first_byte_ms = static_cast<std::uint32_t>(end.first_byte.value_or(Milliseconds(0)).count());
  exec.duration_ms = static_cast<std::uint32_t>(end.duration.count());
  exec.out_bytes = end.out_bytes;
  exec.err_bytes = end.err_bytes;
}

// What every command of a plugin leaves behind before it starts.
void record(Instance &plugin, const Caller &caller, const ssh::ExecRequest &request) {
  if (caller.call) {
    caller.call->note_effect();
    if (caller.call->context()) {
      caller.call->context()->note_host(request.host.name);
    }
  }
  Json details = {{"command", utf8::repair(request.command)}};
  if (!request.working_directory.empty()) {
    details["working_directory"] = utf8::repair(request.working_directory);
  }
  plugin.parts().audit.effect(
      {caller.id, plugin.id(), request.host.name, "exec", std::move(details)});
}

mre_status exec(const mre_host *host, mre_call *handle, mre_exec *raw, mre_error *err) {
  return serve(host, err, "ssh.exec", [&](Instance &plugin) -> Result<void> {
    if (raw == nullptr) {
      return Error{Errc::bad_argument, "ssh.exec needs a request", {}};
    }
    mre_exec exec = read_struct(raw);
    MRE_TRY(const Caller caller, find_caller(plugin, handle, "ssh.exec"));
    MRE_TRY(ssh::ExecRequest request, to_request(plugin, exec));
    record(plugin, caller, request);
    const auto bridge = std::make_shared<ExecBridge>(ExecStreams{exec.out, exec.err, exec.input});
    MRE_TRY(const ssh::ExecEnd end,
            bridge->run(plugin.parts().engine, std::move(request), caller.stop));
    fill(exec, end);
    write_struct(raw, exec);
    return {};
  });
}

} // namespace

const mre_ssh_api &ssh_service() {
  static const mre_ssh_api table = {sizeof table, 0, exec, nullptr};
  return table;
}

} // namespace mre::plugin_host
