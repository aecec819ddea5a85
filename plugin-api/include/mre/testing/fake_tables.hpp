// mre/testing/fake_tables.hpp - the service tables of a fake host.
//
// Threads: any. The functions that a table points at are as strict as the real ones about when they
// may be called, and more forgiving about texts: those are the real host's to check.
#pragma once

#include <mre/ext/call.h>
#include <mre/ext/cli.h>
#include <mre/ext/config.h>
#include <mre/ext/content.h>
#include <mre/ext/hosts.h>
#include <mre/ext/job.h>
#include <mre/ext/kv.h>
#include <mre/ext/log.h>
#include <mre/ext/plugins.h>
#include <mre/ext/ssh.h>
#include <mre/ext/timer.h>
#include <mre/ext/tools.h>
#include <mre/shell_quote.hpp>
#include <mre/testing/fake_files.hpp>
#include <mre/testing/fake_mcp.hpp>
#include <mre/testing/fake_peers.hpp>
#include <mre/testing/fake_registry.hpp>
#include <mre/testing/fake_services.hpp>
#include <mre/testing/fake_tree.hpp>

#pragma GCC visibility push(hidden) // private to each program, whatever its flags
namespace mre {
namespace testing {
namespace detail {

// ---- Small services ----------------------------------------------------------------------------

// Runs body(state) under the lock, unless the host fails.
template <class F>
mre_status serving(const mre_host *host, mre_error *err, const char *function, F &&body) {
  const mre_status admitted = admit(host, err, function);
  if (admitted != MRE_OK) {
    return admitted;
  }
  FakeState &state = state_of(host);
  const std::lock_guard<std::mutex> lock(state.mutex);
  return body(state);
}
// The same for functions that write a JSON or text: found under the lock, given outside it.
template <class F>
mre_status giving(const mre_host *host, mre_sink sink, mre_error *err, const char *function,
                  F &&find) {
  std::string text;
  const mre_status status =
      serving(host, err, function, [&](FakeState &state) { return find(state, text); });
  if (status == MRE_OK) {
    give(sink, text);
  }
  return status;
}

inline void write_log(const mre_host *host, int32_t level, mre_str event, mre_str fields) {
  serving(host, nullptr, "mre.log/1", [&](FakeState &state) {
    state.log.push_back(
        {level, std::string(view(event)), json::parse(view(fields), nullptr, false)});
    return mre_status{MRE_OK};
  });
}
inline void redact(const mre_host *host, mre_str secret) {
  serving(host, nullptr, "mre.log/1", [&](FakeState &state) {
    state.secrets.emplace_back(view(secret));
    return mre_status{MRE_OK};
  });
}
inline void audit(const mre_host *host, mre_call *, mre_str event) {
  serving(host, nullptr, "mre.log/1", [&](FakeState &state) {
    state.audit.push_back(json::parse(view(event), nullptr, false));
    return mre_status{MRE_OK};
  });
}
inline mre_status config_get(const mre_host *host, mre_str pointer, mre_sink sink, mre_error *err) {
  return giving(host, sink, err, "config.get", [&](FakeState &state, std::string &text) {
    const std::string at(view(pointer));
    if (!at.empty() && at[0] != '/') {
      return store(err, MRE_NOT_FOUND, "there is no setting at '" + at + "'");
    }
    const json::json_pointer where(at);
    if (!state.config.contains(where)) {
      return store(err, MRE_NOT_FOUND, "there is no setting at '" + at + "'");
    }
    text = dump(state.config.at(where));
    return mre_status{MRE_OK};
  });
}
inline mre_status config_limits(const mre_host *host, mre_sink sink, mre_error *err) {
  return giving(host, sink, err, "config.limits", [](FakeState &state, std::string &text) {
    text = dump(state.limits);
    return mre_status{MRE_OK};
  });
}
inline mre_status hosts_resolve(const mre_host *host, mre_str name, mre_sink sink, mre_error *err) {
  return giving(host, sink, err, "hosts.resolve", [&](FakeState &state, std::string &text) {
    for (const auto &known : state.hosts) {
      if (name.size == 0 || known.value("name", "") == view(name)) {
        text = dump(known);
        return mre_status{MRE_OK};
      }
    }
    return store(err, MRE_NOT_FOUND, "there is no host '" + std::string(view(name)) + "'");
  });
}
inline mre_status hosts_list(const mre_host *host, mre_sink sink, mre_error *err) {
  return giving(host, sink, err, "hosts.list", [](FakeState &state, std::string &text) {
    text = dump(state.hosts);
    return mre_status{MRE_OK};
  });
}
inline int32_t is_active(const mre_host *host, const char *id) {
  int32_t active = 0;
  serving(host, nullptr, "plugins.is_active", [&](FakeState &state) {
    active = state.active_plugins.count(text_or_empty(id)) != 0 ? 1 : 0;
    return mre_status{MRE_OK};
  });
  return active;
}
inline mre_status kv_get(const mre_host *host, mre_str key, mre_sink sink, mre_error *err) {
  return giving(host, sink, err, "kv.get", [&](FakeState &state, std::string &text) {
    const auto found = state.kv.find(std::string(view(key)));
    if (found == state.kv.end()) {
      return store(err, MRE_NOT_FOUND, "there is no such key");
    }
    text = found->second;
    return mre_status{MRE_OK};
  });
}
inline mre_status kv_put(const mre_host *host, mre_str key, mre_str value, uint64_t,
                         mre_error *err) {
  return serving(host, err, "kv.put", [&](FakeState &state) {
    state.kv[std::string(view(key))] = std::string(view(value));
    return mre_status{MRE_OK};
  });
}
inline mre_status kv_compare_and_put(const mre_host *host, mre_str key, const mre_str *expected,
                                     mre_str value, uint64_t, mre_error *err) {
  return serving(host, err, "kv.compare_and_put", [&](FakeState &state) {
    const auto found = state.kv.find(std::string(view(key)));
    const bool wants_none = expected == nullptr || expected->data == nullptr;
    const bool fits =
        found == state.kv.end() ? wants_none : !wants_none && found->second == view(*expected);
    if (!fits) {
      return store(err, MRE_CONFLICT, "another value is stored");
    }
    state.kv[std::string(view(key))] = std::string(view(value));
    return mre_status{MRE_OK};
  });
}
inline mre_status kv_remove(const mre_host *host, mre_str key, mre_error *err) {
  return serving(host, err, "kv.remove", [&](FakeState &state) {
    state.kv.erase(std::string(view(key)));
    return mre_status{MRE_OK};
  });
}
inline mre_status kv_scan(const mre_host *host, mre_str prefix, mre_kv_sink sink, mre_error *err) {
  std::map<std::string, std::string> entries;
  const mre_status status = serving(host, err, "kv.scan", [&](FakeState &state) {
    entries = state.kv;
    return mre_status{MRE_OK};
  });
  for (const auto &entry : entries) {
    const bool fits = entry.first.compare(0, prefix.size, view(prefix)) == 0;
    if (fits && sink.entry(sink.ctx, borrow(entry.first), borrow(entry.second)) != 0) {
      break;
    }
  }
  return status;
}

// ---- Timers, jobs, other tools -----------------------------------------------------------------

inline mre_status add_waiting(const mre_host *host, Waiting waiting, uint64_t delay_ms,
                              uint64_t *id, mre_error *err) {
  return serving(host, err, "mre.timer/1 or mre.job/1", [&](FakeState &state) {
    waiting.due_ms = state.now_ms + delay_ms;
    const std::uint64_t number = state.next_id++;
    state.waiting[number] = waiting;
    if (id != nullptr) {
      *id = number;
    }
    return mre_status{MRE_OK};
  });
}
inline mre_status timer_after(const mre_host *host, uint64_t delay_ms, void (*callback)(void *),
                              void *data, uint64_t *id, mre_error *err) {
  return add_waiting(host, {0, callback, nullptr, data}, delay_ms, id, err);
}
inline mre_status job_submit(const mre_host *host, void (*run)(void *, mre_call *), void *data,
                             uint64_t *id, mre_error *err) {
  return add_waiting(host, {0, nullptr, run, data}, 0, id, err);
}
inline int32_t cancel_waiting(const mre_host *host, uint64_t id) {
  FakeState &state = state_of(host);
  const std::lock_guard<std::mutex> lock(state.mutex);
  return state.waiting.erase(id) != 0 ? 1 : 0;
}
inline mre_status tools_explain(const mre_host *host, mre_str name, mre_sink sink, mre_error *err) {
  return giving(host, sink, err, "tools.explain", [&](FakeState &state, std::string &text) {
    if (state.tool_results.count(std::string(view(name))) == 0) {
      return store(err, MRE_NOT_FOUND, "no tool is called " + std::string(view(name)));
    }
    text = std::string(view(name)) + "\n  => visible\n";
    return mre_status{MRE_OK};
  });
}
inline mre_status tools_call(const mre_host *host, mre_call *, mre_tool_call *request,
                             mre_error *err) {
  return giving(host, request->result, err, "tools.call", [&](FakeState &state, std::string &text) {
    const std::string tool(view(request->tool));
    state.tool_calls.emplace_back(tool, json::parse(view(request->arguments), nullptr, false));
    const auto found = state.tool_results.find(tool);
    if (found == state.tool_results.end()) {
      return store(err, MRE_NOT_FOUND, "there is no tool '" + tool + "'");
    }
    text = dump(found->second);
    request->is_error = found->second.value("isError", false) ? 1 : 0;
    return mre_status{MRE_OK};
  });
}

// ---- Remote commands ---------------------------------------------------------------------------

inline RanCommand to_command(const mre_exec &exec) {
  RanCommand ran;
  ran.host = std::string(view(exec.host));
  ran.line = std::string(view(exec.command));
  std::vector<std::string> words;
  for (std::size_t i = 0; i < exec.argc; ++i) {
    words.emplace_back(view(exec.argv[i]));
  }
  if (!words.empty()) {
    ran.line = shell_join(words);
  }
  for (std::size_t i = 0; i < exec.environment_count; ++i) {
    ran.environment.emplace_back(view(exec.environment[i].name), view(exec.environment[i].value));
  }
  ran.working_directory = std::string(view(exec.working_directory));
  ran.timeout_ms = exec.timeout_ms;
  return ran;
}
inline mre_status run_script(const mre_host *host, mre_call *call, mre_exec &exec, Script &script,
                             mre_error *err) {
  const mre_status admitted = admit(host, err, "ssh.exec");
  if (admitted != MRE_OK) {
    return admitted;
  }
  FakeState &state = state_of(host);
  RanCommand ran = to_command(exec);
  if (ran.line.empty()) {
    return store(err, MRE_BAD_ARGUMENT, "there is no command to run");
  }
  if (!read_all(exec.input, ran.input)) {
    return store(err, MRE_LOCAL_FAILED, "the source of the input failed");
  }
  const std::lock_guard<std::mutex> lock(state.mutex);
  const auto name = host_name(state, ran.host);
  if (!name) {
    return store(err, MRE_NOT_FOUND, "there is no host '" + ran.host + "'");
  }
  ran.host = *name;
  const Script *found = nullptr;
  for (const auto &known : state.scripts) {
    const bool is_exact = known.first == ran.line;
    if (is_exact || (known.first.empty() && found == nullptr)) {
      found = &known.second;
    }
    if (is_exact) {
      break;
    }
  }
  state.commands.push_back(std::move(ran));
  if (found == nullptr) {
    return store(err, MRE_UNREACHABLE, "no script answers '" + state.commands.back().line + "'");
  }
  script = *found;
  note_effect(call);
  return script.status == MRE_OK ? MRE_OK : store(err, script.status, script.message, script.hint);
}
inline void fill_end(mre_exec &exec, const Script &script, mre_call *call) {
  const bool cancelled = is_cancelled(call);
  exec.outcome = cancelled ? static_cast<int32_t>(MRE_OUTCOME_CANCELLED) : script.outcome;
  exec.exit_code = cancelled ? -1 : script.exit_code;
  exec.remote_process = MRE_PROCESS_GONE;
  exec.out_bytes = script.out.size();
  exec.err_bytes = script.err.size();
}
inline mre_status ssh_exec(const mre_host *host, mre_call *call, mre_exec *exec, mre_error *err) {
  Script script;
  const mre_status status = run_script(host, call, *exec, script, err);
  if (status != MRE_OK) {
    return status;
  }
  if (!script.out.empty()) {
    give(exec->out, script.out);
  }
  if (!script.err.empty()) {
    give(exec->err, script.err);
  }
  fill_end(*exec, script, call);
  return MRE_OK;
}
// The standard result of a command, as ssh_exec_command gives it; nothing is cut here.
inline json exec_result(const mre_exec &exec, const Script &script, const std::string &host) {
  static const char *const outcomes[] = {"",          "exited",    "signalled",
                                         "timed_out", "cancelled", "lost"};
  static const char *const processes[] = {"unknown", "gone", "still_running"};
  const bool has_exited = exec.outcome == MRE_OUTCOME_EXITED;
  json result = {{"host", host},
                 {"outcome", outcomes[exec.outcome]},
                 {"exit_code", has_exited ? json(exec.exit_code) : json()},
                 {"signal", exec.outcome == MRE_OUTCOME_SIGNALLED ? json(exec.signal) : json()},
                 {"stdout", script.out},
                 {"stderr", script.err},
                 {"stdout_encoding", "utf-8"},
                 {"stderr_encoding", "utf-8"},
                 {"stdout_bytes", script.out.size()},
                 {"stderr_bytes", script.err.size()},
                 {"truncated", false},
                 {"output_id", nullptr},
                 {"duration_ms", 0},
                 {"remote_process", processes[exec.remote_process]}};
  if (!has_exited && exec.outcome != MRE_OUTCOME_SIGNALLED) {
    result["error"] = {{"code", outcomes[exec.outcome]}, {"message", "as the test wants"}};
  }
  return result;
}
inline std::string exec_text(const mre_exec &exec, const Script &script) {
  std::string text = exec.outcome == MRE_OUTCOME_EXITED
                         ? "=== EXIT CODE: " + std::to_string(exec.exit_code) + " ===\n"
                         : "=== ENDED WITHOUT AN EXIT CODE ===\n";
  text += script.out.empty() ? "" : "=== STDOUT ===\n" + script.out;
  text += script.err.empty() ? "" : "=== STDERR ===\n" + script.err;
  return text;
}
inline mre_status ssh_exec_into(const mre_host *host, mre_call *call, mre_exec *exec,
                                mre_error *err) {
  Script script;
  const mre_status status = run_script(host, call, *exec, script, err);
  if (status != MRE_OK) {
    return status;
  }
  fill_end(*exec, script, call);
  if (MRE_HAS(exec, settle)) {
    const mre_status settled =
        exec->settle(exec->settle_ctx, exec, borrow(script.out), borrow(script.err), err);
    if (settled != MRE_OK) {
      return settled;
    }
  }
  json result =
      exec_result(*exec, script, host_name(state_of(host), view(exec->host)).value_or(""));
  const json extra = json::parse(view(exec->extra_json), nullptr, false);
  if (extra.is_object()) {
    result.update(extra);
  }
  const std::string text = dump(result);
  FakeCall::api().structured(call, borrow(text));
  FakeCall::api().text(call, borrow(exec->as_json != 0 ? text : exec_text(*exec, script)));
  return MRE_OK;
}

// ---- Content and the tables --------------------------------------------------------------------

inline mre_status resource_text(mre_call *call, mre_str uri, mre_str mime_type, mre_str utf8) {
  const std::string block = dump(json{{"type", "resource"},
                                      {"uri", std::string(view(uri))},
                                      {"mimeType", std::string(view(mime_type))},
                                      {"text", std::string(view(utf8))}});
  return FakeCall::api().content(call, borrow(block));
}
inline void resource_updated(const mre_host *host, mre_str uri) {
  serving(host, nullptr, "resource.updated", [&](FakeState &state) {
    state.updated_resources.emplace_back(view(uri));
    return mre_status{MRE_OK};
  });
}
inline mre_status prompt_result(mre_call *call, mre_str text) {
  return FakeCall::api().structured(call, text);
}

template <class Api>
constexpr uint32_t size_of_table() {
  return static_cast<uint32_t>(sizeof(Api));
}

inline const void *find_table(std::string_view id) {
  static const mre_log_api log = {size_of_table<mre_log_api>(), 0, write_log, redact, audit};
  static const mre_config_api config = {size_of_table<mre_config_api>(), 0, config_get,
                                        config_limits};
  static const mre_hosts_api hosts = {size_of_table<mre_hosts_api>(), 0, hosts_resolve, hosts_list};
  static const mre_plugins_api plugins = {size_of_table<mre_plugins_api>(), 0, is_active};
  static const mre_kv_api kv = {size_of_table<mre_kv_api>(), 0,         kv_get, kv_put,
                                kv_compare_and_put,          kv_remove, kv_scan};
  static const mre_ssh_api ssh = {size_of_table<mre_ssh_api>(), 0, ssh_exec, ssh_exec_into};
  static const mre_timer_api timer = {size_of_table<mre_timer_api>(), 0, timer_after,
                                      cancel_waiting};
  static const mre_job_api job = {size_of_table<mre_job_api>(), 0, job_submit, cancel_waiting};
  static const mre_cli_api cli = {size_of_table<mre_cli_api>(), 0, add_command};
  static const mre_tools_api tools = {size_of_table<mre_tools_api>(), 0, tools_explain, tools_call};
  static const mre_resource_api resource = {size_of_table<mre_resource_api>(),
                                            0,
                                            add_resource,
                                            resource_text,
                                            resource_text,
                                            resource_updated};
  static const mre_prompt_api prompt = {size_of_table<mre_prompt_api>(), 0, add_prompt,
                                        prompt_result};
  static const mre_completion_api completion = {size_of_table<mre_completion_api>(), 0,
                                                add_completion};
  const std::pair<const char *, const void *> tables[] = {{MRE_CALL, &FakeCall::api()},
                                                          {MRE_LOG, &log},
                                                          {MRE_CONFIG, &config},
                                                          {MRE_HOSTS, &hosts},
                                                          {MRE_PLUGINS, &plugins},
                                                          {MRE_KV, &kv},
                                                          {MRE_SSH, &ssh},
                                                          {MRE_SFTP, &sftp_table()},
                                                          {MRE_LOCAL, &local_table()},
                                                          {MRE_TIMER, &timer},
                                                          {MRE_JOB, &job},
                                                          {MRE_CLI, &cli},
                                                          {MRE_TOOLS, &tools},
                                                          {MRE_RESOURCE, &resource},
                                                          {MRE_PROMPT, &prompt},
                                                          {MRE_COMPLETION, &completion},
                                                          {MRE_PEER, &peer_table()},
                                                          {MRE_MCP, &mcp_table()},
                                                          {MRE_TASK_SERVICE, &task_table()},
                                                          {MRE_LOCAL_TREE, &local_tree_table()}};
  for (const auto &table : tables) {
    if (id == table.first) {
      return table.second;
    }
  }
  return nullptr;
}

} // namespace detail
} // namespace testing
} // namespace mre
#pragma GCC visibility pop
