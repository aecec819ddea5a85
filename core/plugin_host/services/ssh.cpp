// mre.ssh/1: commands on remote hosts.

#include "core/base/utf8.hpp"
#include "core/builtin/exec_call.hpp"
#include "core/builtin/exec_result.hpp"
#include "core/guard/limits.hpp"
#include "core/plugin_host/linked_context.hpp"
#include "core/plugin_host/parts.hpp"
#include "core/plugin_host/services/exec_bridge.hpp"
#include "core/plugin_host/services/services.hpp"

#include <mre/shell_quote.hpp>

#include <array>

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
  const bool is_long = (exec.flags & MRE_EXEC_LONG) != 0;
  request.timeout = is_long ? asked : std::min<Milliseconds>(asked, settings->max_timeout);
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
void record(Instance &plugin, const Caller &caller, const ssh::ExecRequest &request,
            std::uint32_t flags) {
  if (caller.call) {
    if ((flags & MRE_EXEC_READS) == 0) {
      caller.call->note_effect();
    }
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
  return serve_login(host, err, "ssh.exec", [&](Instance &plugin, LoginAsk &login) -> Result<void> {
    if (raw == nullptr) {
      return Error{Errc::bad_argument, "ssh.exec needs a request", {}};
    }
    mre_exec exec = read_struct(raw);
    MRE_TRY(const Caller caller, find_caller(plugin, handle, "ssh.exec"));
    MRE_TRY(ssh::ExecRequest request, to_request(plugin, exec));
    MRE_TRY_VOID(login.begin(caller, request.host));
    record(plugin, caller, request, exec.flags);
    const auto bridge = std::make_shared<ExecBridge>(ExecStreams{exec.out, exec.err, exec.input});
    MRE_TRY(const ssh::ExecEnd end,
            bridge->run(plugin.parts().engine, std::move(request), caller.stop));
    fill(exec, end);
    write_struct(raw, exec);
    return {};
  });
}

// What the caller reads ahead for exec_into, which has no way to pull: a client's own standard
// input fits into its line.
Result<std::string> read_input(const mre_source &source) {
  std::string input;
  std::array<char, 65536> buffer{};
  while (source.read != nullptr) {
    const std::int64_t got = source.read(source.ctx, buffer.data(), buffer.size());
    if (got == 0) {
      break;
    }
    if (got < 0 || static_cast<std::size_t>(got) > buffer.size()) {
      return failure_in(source).value_or(
          Error{Errc::cancelled, "the source of the command's input failed", {}});
    }
    input.append(buffer.data(), static_cast<std::size_t>(got));
    if (input.size() > limits::kLineBytes) {
      return Error{Errc::too_large,
                   "the command's input is larger than " + std::to_string(limits::kLineBytes) +
                       " bytes",
                   "put it into a file first"};
    }
  }
  return input;
}

Result<builtin::ExecForm> to_form(Instance &plugin, const mre_exec &exec) {
  builtin::ExecForm form;
  form.character_limit = plugin.parts().current_settings()->character_limit;
  form.as_json = exec.as_json != 0;
  if (exec.extra_json.size > 0) {
    MRE_TRY(form.extra, parse_json(utf8::repair(view(exec.extra_json))));
    if (!form.extra.is_object()) {
      return Error{Errc::bad_argument, "extra_json is not an object", {}};
    }
  }
  return form;
}

builtin::ExecReport run_and_wait(Instance &plugin, const Caller &caller, ssh::ExecRequest request,
                                 builtin::ExecForm form) {
  const auto report = std::make_shared<Guarded<std::optional<builtin::ExecReport>>>();
  const auto context = std::make_shared<LinkedContext>(caller.call->context(), caller.stop);
  Parts &parts = plugin.parts();
  builtin::run_exec({parts.engine, parts.spool, parts.redactor}, context, std::move(request),
                    std::move(form), [report](builtin::ExecReport given) {
                      report->with([&](auto &held) { held.emplace(std::move(given)); });
                      report->notify_all();
                    });
  return report->wait([](const auto &held) { return held.has_value(); },
                      [](auto &held) { return *std::move(held); });
}

ssh::RemoteProcess to_process(int32_t number) {
  switch (number) {
  case MRE_PROCESS_GONE:
    return ssh::RemoteProcess::gone;
  case MRE_PROCESS_RUNNING:
    return ssh::RemoteProcess::still_running;
  default:
    return ssh::RemoteProcess::unknown;
  }
}

// The plugin's last word on a command that has ended.
Result<void> settle(Instance &plugin, mre_exec &exec, const builtin::ExecForm &form,
                    builtin::ExecReport &report) {
  builtin::ExecOutcome &outcome = *report.outcome;
  const auto text = [](const std::string &shown) { return mre_str{shown.data(), shown.size()}; };
  mre_exec ended = exec;
  mre_error inner = empty_error();
  const mre_status status = plugin.guarded("settle", inner, [&] {
    return exec.settle(exec.settle_ctx, &ended, text(outcome.shown.out.text),
                       text(outcome.shown.err.text), &inner);
  });
  if (status != MRE_OK) {
    return to_error(status, &inner);
  }
  if (ended.remote_process != exec.remote_process) {
    exec.remote_process = ended.remote_process;
    outcome.end.remote_process = to_process(ended.remote_process);
    report.result = builtin::render_exec(outcome, form);
  }
  return {};
}

mre_status exec_into(const mre_host *host, mre_call *handle, mre_exec *raw, mre_error *err) {
  return serve_login(
      host, err, "ssh.exec_into", [&](Instance &plugin, LoginAsk &login) -> Result<void> {
        if (raw == nullptr) {
          return Error{Errc::bad_argument, "ssh.exec_into needs a request", {}};
        }
        mre_exec exec = read_struct(raw);
        MRE_TRY(const Caller caller, find_caller(plugin, handle, "ssh.exec_into"));
        if (!caller.call || caller.call->kind() != CallKind::tool) {
          return Error{Errc::bad_argument, "ssh.exec_into needs the call of a tool", {}};
        }
        MRE_TRY(ssh::ExecRequest request, to_request(plugin, exec));
        MRE_TRY_VOID(login.begin(caller, request.host));
        MRE_TRY(const builtin::ExecForm form, to_form(plugin, exec));
        MRE_TRY(request.input, read_input(exec.input));
        record(plugin, caller, request, exec.flags);
        builtin::ExecReport report = run_and_wait(plugin, caller, std::move(request), form);
        if (!report.outcome) {
          return report.result.error.value_or(
              Error{Errc::internal, "the command was not started", {}});
        }
        fill(exec, report.outcome->end);
        if (exec.settle != nullptr) {
          MRE_TRY_VOID(settle(plugin, exec, form, report));
        }
        caller.call->set_result(std::move(report.result));
        write_struct(raw, exec);
        return {};
      });
}

} // namespace

const mre_ssh_api &ssh_service() {
  static const mre_ssh_api table = {sizeof table, 0, exec, exec_into};
  return table;
}

} // namespace mre::plugin_host
