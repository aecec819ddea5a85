// mre.mcp/1, the protocol itself for adapters, and mre.task/1.

#include "core/base/utf8.hpp"
#include "core/plugin_host/parts.hpp"
#include "core/plugin_host/services/services.hpp"

#include <algorithm>

namespace mre::plugin_host {
namespace {

std::string text_of(mre_str text) {
  return utf8::repair(view(text));
}

int32_t can_request(mre_call *handle, mre_str method) {
  bool can = false;
  static_cast<void>(serve_call(handle, "mcp.can_request", [&](CallState &call) {
    can = call.context() != nullptr && call.context()->can_ask(view(method));
    return mre_status{MRE_OK};
  }));
  return can ? 1 : 0;
}

mre_status request(mre_call *handle, mre_str key, mre_str method, mre_str params, mre_sink answer,
                   mre_error *err) {
  return serve_call(handle, "mcp.request", [&](CallState &call) -> mre_status {
    auto parsed = params.size == 0 ? Result<Json>(Json::object()) : parse_json(text_of(params));
    if (!parsed) {
      return store(err, parsed.error().within("the params of the request"));
    }
    const auto answered = call.request({text_of(key), text_of(method), std::move(*parsed)});
    if (!answered) {
      return store(err, answered.error());
    }
    if (!answered->has_value()) {
      return MRE_NEEDS_INPUT;
    }
    write_to(answer, dump_json(**answered));
    return MRE_OK;
  });
}

mre_status fail_protocol(mre_call *handle, int32_t code, mre_str message, mre_str data) {
  return serve_call(handle, "mcp.fail_protocol", [&](CallState &call) -> mre_status {
    auto parsed = data.size == 0 ? Result<Json>(Json()) : parse_json(text_of(data));
    if (!parsed) {
      call.plugin().blame("gave the data of an error that is no JSON: " + parsed.error().message);
    }
    call.set_protocol_error({code, text_of(message), parsed ? std::move(*parsed) : Json()});
    return MRE_INTERNAL;
  });
}

void log(mre_call *handle, int32_t severity, mre_str logger, mre_str data) {
  static_cast<void>(serve_call(handle, "mcp.log", [&](CallState &call) {
    auto parsed = parse_json(text_of(data));
    if (!parsed) {
      call.plugin().blame("gave a log message that is no JSON: " + parsed.error().message);
    } else if (call.context() != nullptr) {
      const int known = std::clamp(severity, int32_t{MRE_MCP_DEBUG}, int32_t{MRE_MCP_EMERGENCY});
      call.context()->report_log(static_cast<tools::LogSeverity>(known), text_of(logger), *parsed);
    }
    return mre_status{MRE_OK};
  }));
}

void close_stream(mre_call *handle) {
  static_cast<void>(serve_call(handle, "mcp.close_stream", [](CallState &call) {
    if (call.context() != nullptr) {
      call.context()->close_stream();
    }
    return mre_status{MRE_OK};
  }));
}

void list_changed(const mre_host *host, uint32_t lists) {
  static_cast<void>(serve(host, nullptr, "mcp.list_changed", [&](Instance &plugin) -> Result<void> {
    if (plugin.parts().list_changed) {
      plugin.parts().list_changed({.tools = (lists & MRE_MCP_TOOLS) != 0,
                                   .resources = (lists & MRE_MCP_RESOURCES) != 0,
                                   .prompts = (lists & MRE_MCP_PROMPTS) != 0});
    }
    return {};
  }));
}

int32_t begin(mre_call *handle) {
  bool is_task = false;
  static_cast<void>(serve_call(handle, "task.begin", [&](CallState &call) {
    is_task = call.context() != nullptr && call.context()->begin_task();
    return mre_status{MRE_OK};
  }));
  return is_task ? 1 : 0;
}

} // namespace

const mre_mcp_api &mcp_service() {
  static const mre_mcp_api table = {sizeof table,  0,   can_request,  request,
                                    fail_protocol, log, close_stream, list_changed};
  return table;
}

const mre_task_api &task_service() {
  static const mre_task_api table = {sizeof table, 0, begin};
  return table;
}

} // namespace mre::plugin_host
