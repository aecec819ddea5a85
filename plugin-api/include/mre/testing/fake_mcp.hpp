// mre/testing/fake_mcp.hpp - the drafts mre.mcp/1 and mre.task/1 of a fake host.
//
// Requests are answered by the answers a call was started with, by their keys, as those of ask();
// protocol errors and log messages stand in the call's Result. Threads: any.
#pragma once

#include <mre/ext/draft/mcp.h>
#include <mre/ext/draft/task.h>
#include <mre/testing/fake_services.hpp>

#pragma GCC visibility push(hidden) // private to each program, whatever its flags
namespace mre {
namespace testing {
namespace detail {

inline int32_t mcp_can_request(mre_call *call, mre_str) {
  return FakeCall::from(call).can_ask() ? 1 : 0;
}
inline mre_status mcp_request(mre_call *call, mre_str key, mre_str method, mre_str params,
                              mre_sink answer, mre_error *err) {
  const json parsed = params.size == 0 ? json::object() : json::parse(view(params), nullptr, false);
  if (key.size == 0 || method.size == 0 || !parsed.is_object()) {
    return store(err, MRE_BAD_ARGUMENT, "a request needs a key, a method and an object of params");
  }
  return FakeCall::from(call).request({std::string(view(key)), parsed, std::string(view(method))},
                                      answer, err);
}
inline mre_status mcp_fail_protocol(mre_call *call, int32_t code, mre_str message, mre_str data) {
  FakeCall::from(call).fail_protocol(
      {{"code", code},
       {"message", std::string(view(message))},
       {"data", data.size == 0 ? json() : json::parse(view(data), nullptr, false)}});
  return MRE_INTERNAL;
}
inline void mcp_log(mre_call *call, int32_t severity, mre_str logger, mre_str data) {
  FakeCall::from(call).note_log({{"severity", severity},
                                 {"logger", std::string(view(logger))},
                                 {"data", json::parse(view(data), nullptr, false)}});
}
inline void mcp_close_stream(mre_call *) {}
inline void mcp_list_changed(const mre_host *host, uint32_t lists) {
  if (admit(host, nullptr, "mcp.list_changed") == MRE_OK) {
    FakeState &state = state_of(host);
    const std::lock_guard<std::mutex> lock(state.mutex);
    state.changed_lists |= lists;
  }
}
inline const mre_mcp_api &mcp_table() {
  static const mre_mcp_api table = {sizeof table,      0,       mcp_can_request,  mcp_request,
                                    mcp_fail_protocol, mcp_log, mcp_close_stream, mcp_list_changed};
  return table;
}

inline int32_t task_begin(mre_call *call) {
  return FakeCall::from(call).is_task() ? 1 : 0;
}
inline const mre_task_api &task_table() {
  static const mre_task_api table = {sizeof table, 0, task_begin};
  return table;
}

} // namespace detail
} // namespace testing
} // namespace mre
#pragma GCC visibility pop
