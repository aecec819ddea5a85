#include "core/plugin_host/services/services.hpp"

#include "core/builtin/login_questions.hpp"
#include "core/plugin_host/parts.hpp"

#include <array>

namespace mre::plugin_host {

const void *find_host_service(std::string_view id) {
  struct Entry {
    std::string_view id;
    const void *table;
  };
  static const std::array<Entry, 20> kServices = {{{MRE_CALL, &call_service()},
                                                   {MRE_LOG, &log_service()},
                                                   {MRE_CONFIG, &config_service()},
                                                   {MRE_HOSTS, &hosts_service()},
                                                   {MRE_PLUGINS, &plugins_service()},
                                                   {MRE_KV, &kv_service()},
                                                   {MRE_SSH, &ssh_service()},
                                                   {MRE_SFTP, &sftp_service()},
                                                   {MRE_LOCAL, &local_service()},
                                                   {MRE_LOCAL_TREE, &local_tree_service()},
                                                   {MRE_RESOURCE, &resource_service()},
                                                   {MRE_PROMPT, &prompt_service()},
                                                   {MRE_COMPLETION, &completion_service()},
                                                   {MRE_TIMER, &timer_service()},
                                                   {MRE_JOB, &job_service()},
                                                   {MRE_CLI, &cli_service()},
                                                   {MRE_PEER, &peer_service()},

                                                   {MRE_MCP, &mcp_service()},
                                                   {MRE_TASK_SERVICE, &task_service()},
                                                   {MRE_TOOLS, &tools_service()}}};
  for (const Entry &entry : kServices) {
    if (entry.id == id) {
      return entry.table;
    }
  }
  return nullptr;
}

Error host_defect(Instance &plugin, const char *function, const char *reason) {
  plugin.parts().log.error("host_misbehaving",
                           {{"plugin", plugin.id()}, {"in", function}, {"what", reason}});
  return {Errc::internal, std::string("the host failed in ") + function + ": " + reason,
          "this is a defect of the server"};
}

Result<Caller> find_caller(Instance &plugin, mre_call *handle, const char *function) {
  if (handle == nullptr) {
    return Caller{nullptr, plugin.ending(), {}, {}};
  }
  auto call = find_call(handle, function);
  if (!call) {
    return Error{Errc::denied, std::string(function) + " was given a call that has ended", {}};
  }
  return Caller{call, call->stop_token(), call->id(), keep_in_service(call)};
}

Result<void> LoginAsk::begin(const Caller &caller, const config::HostConfig &host) {
  if (!caller.call || caller.call->context() == nullptr) {
    return {};
  }
  call_ = caller.call->has_effect() ? nullptr : caller.call;
  host_ = host;
  return builtin::bring_answers(plugin_.parts().engine, *caller.call->context(), host);
}

bool LoginAsk::takes(Error &error) const {
  if (call_ == nullptr) {
    return false;
  }
  auto next = builtin::after_failure(plugin_.parts().engine, *call_->context(), host_, error);
  if (auto *question = std::get_if<tools::InputRequest>(&next)) {
    call_->add_questions({std::move(*question)});
    return true;
  }
  error = std::get<Error>(std::move(next));
  return false;
}

} // namespace mre::plugin_host
