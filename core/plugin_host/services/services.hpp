// The host's services by id, and the barrier every function of them stands behind.
//
// Promise: tables are constant and live for ever; a function called with a host that is not served
// answers `unavailable`; no exception of ours reaches a plugin. Threads: any.
#pragma once

#include "core/base/result.hpp"
#include "core/config/host.hpp"
#include "core/plugin_host/abi.hpp"
#include "core/plugin_host/call_state.hpp"
#include "core/plugin_host/instance.hpp"
#include "core/plugin_host/services/local_handles.hpp"

#include <mre/ext/call.h>
#include <mre/ext/cli.h>
#include <mre/ext/config.h>
#include <mre/ext/content.h>
#include <mre/ext/draft/mcp.h>
#include <mre/ext/draft/task.h>
#include <mre/ext/hosts.h>
#include <mre/ext/job.h>
#include <mre/ext/kv.h>
#include <mre/ext/local.h>
#include <mre/ext/local_tree.h>
#include <mre/ext/log.h>
#include <mre/ext/peer.h>
#include <mre/ext/plugins.h>
#include <mre/ext/sftp.h>
#include <mre/ext/ssh.h>
#include <mre/ext/timer.h>
#include <mre/ext/tools.h>

#include <memory>
#include <string_view>

namespace mre::plugin_host {

const mre_call_api &call_service();
const mre_log_api &log_service();
const mre_config_api &config_service();
const mre_hosts_api &hosts_service();
const mre_plugins_api &plugins_service();
const mre_kv_api &kv_service();
const mre_ssh_api &ssh_service();
const mre_sftp_api &sftp_service();
const mre_local_api &local_service();
const mre_local_tree_api &local_tree_service();
const mre_resource_api &resource_service();
const mre_prompt_api &prompt_service();
const mre_completion_api &completion_service();
const mre_timer_api &timer_service();
const mre_job_api &job_service();
const mre_cli_api &cli_service();
const mre_peer_api &peer_service();
const mre_mcp_api &mcp_service();
const mre_task_api &task_service();
const mre_tools_api &tools_service();

// Null when this host has no such service.
const void *find_host_service(std::string_view id);

// Says that a defect of the host itself was met; returns the error for the plugin.
Error host_defect(Instance &plugin, const char *function, const char *reason);

// Runs body(plugin) -> Result<void> for a plugin that is being served.
template <class F>
mre_status serve(const mre_host *host, mre_error *err, const char *function, F &&body) noexcept {
  Instance *plugin = Instance::from(host);
  if (plugin == nullptr) {
    return store(err, Errc::unavailable, "the host no longer serves this plugin");
  }
  try {
    const Result<void> result = body(*plugin);
    return result ? MRE_OK : store(err, result.error());
  } catch (const std::exception &error) {
    return store(err, host_defect(*plugin, function, error.what()));
  } catch (...) {
    return store(err, host_defect(*plugin, function, "unknown"));
  }
}

// Runs body(call) -> mre_status for a call that is under way.
template <class F>
mre_status serve_call(mre_call *handle, const char *function, F &&body) noexcept {
  try {
    const auto call = find_call(handle, function);
    return call ? body(*call) : mre_status{MRE_INTERNAL};
  } catch (...) {
    return MRE_INTERNAL; // only memory can be short here
  }
}

// The call a service was given, and what belongs to it. The handle may be null: work outside a
// call.
struct Caller {
  std::shared_ptr<CallState> call;
  std::stop_token stop;
  std::string id;                   // for the audit
  std::shared_ptr<void> in_service; // the call lives as long as a service works for it
};
// denied when the handle is of a call that has ended.
Result<Caller> find_caller(Instance &plugin, mre_call *handle, const char *function);

// The login that a service needs for a call: what it asks a person becomes a question of the call.
// Only before the call's first effect; after it, it is an ordinary error.
class LoginAsk {
public:
  explicit LoginAsk(Instance &plugin) : plugin_(plugin) {}
  // Once the host is known, before the attempt.
  Result<void> begin(const Caller &caller, const config::HostConfig &host);
  // After a failed one. True: the question is noted, and the call has to unwind.
  bool takes(Error &error) const;

private:
  Instance &plugin_;
  std::shared_ptr<CallState> call_; // null: nobody can be asked
  config::HostConfig host_;
};

// As serve(), for body(plugin, login) -> Result<void> that connects to a host; MRE_NEEDS_INPUT when
// a person has to be asked first.
template <class F>
mre_status serve_login(const mre_host *host, mre_error *err, const char *function,
                       F &&body) noexcept {
  bool needs_input = false;
  const mre_status status = serve(host, err, function, [&](Instance &plugin) -> Result<void> {
    LoginAsk login(plugin);
    Result<void> done = body(plugin, login);
    if (!done) {
      Error error = done.error();
      needs_input = login.takes(error);
      return needs_input ? Result<void>() : Result<void>(std::move(error));
    }
    return done;
  });
  return needs_input ? mre_status{MRE_NEEDS_INPUT} : status;
}

// Local files for a plugin: the handle is closed at the end of its call.
LocalHandle &keep_local(Instance &plugin, const Caller &caller,
                        std::unique_ptr<LocalHandle> handle);
void give_source(Instance &plugin, const Caller &caller, guard::LocalSource source,
                 mre_local_source *out);
void give_target(Instance &plugin, const Caller &caller, guard::LocalTarget target,
                 mre_local_target *out);

} // namespace mre::plugin_host
