// mre.call/1: what a plugin says about one call.

#include "core/base/utf8.hpp"
#include "core/plugin_host/services/services.hpp"

namespace mre::plugin_host {
namespace {

// A plugin that hands the status on has said why, too.
mre_status status_of(CallState &call, const Result<void> &result) {
  if (result) {
    return MRE_OK;
  }
  call.note_refusal(result.error());
  return to_status(result.error().code);
}

mre_status text(mre_call *handle, mre_str utf8) {
  return serve_call(handle, "text", [&](CallState &call) {
    // Before the work of looking at megabytes that are refused anyway.
    const Result<void> has_room = call.check_room(utf8.size);
    return has_room
               ? status_of(call,
                           call.add_content({{"type", "text"}, {"text", utf8::repair(view(utf8))}}))
               : status_of(call, has_room);
  });
}

mre_status content(mre_call *handle, mre_str json) {
  return serve_call(handle, "content", [&](CallState &call) -> mre_status {
    auto block = parse_json(utf8::repair(view(json)));
    if (!block || find_string(*block, "type") == nullptr) {
      call.plugin().blame("gave a content block that is no JSON object with a type");
      return MRE_BAD_ARGUMENT;
    }
    return status_of(call, call.add_content(std::move(*block)));
  });
}

mre_status structured(mre_call *handle, mre_str json) {
  return serve_call(handle, "structured", [&](CallState &call) -> mre_status {
    auto value = parse_json(utf8::repair(view(json)));
    if (!value) {
      call.plugin().blame("gave a structured result that is no JSON: " + value.error().message);
      return MRE_BAD_ARGUMENT;
    }
    return status_of(call, call.set_structured(std::move(*value)));
  });
}

void progress(mre_call *handle, double done, double total, mre_str message) {
  static_cast<void>(serve_call(handle, "progress", [&](CallState &call) {
    if (call.context() != nullptr && call.context()->wants_progress()) {
      call.context()->report_progress(done, total > 0 ? std::optional<double>(total) : std::nullopt,
                                      utf8::repair(view(message)));
    }
    return mre_status{MRE_OK};
  }));
}

// A call that has ended counts as cancelled: whoever still works for it may stop.
int32_t cancelled(mre_call *handle) {
  bool is_cancelled = true;
  static_cast<void>(serve_call(handle, "cancelled", [&](CallState &call) {
    is_cancelled = call.stop_token().stop_requested();
    return mre_status{MRE_OK};
  }));
  return is_cancelled ? 1 : 0;
}

mre_status ask(mre_call *handle, mre_str key, mre_str request, mre_sink answer, mre_error *err) {
  return serve_call(handle, "ask", [&](CallState &call) -> mre_status {
    const auto parsed = parse_json(utf8::repair(view(request)));
    if (!parsed) {
      return store(err, parsed.error().within("the question"));
    }
    const auto answered = call.ask(utf8::repair(view(key)), *parsed);
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

mre_status fail(mre_call *handle, mre_status status, mre_str message, mre_str hint) {
  static_cast<void>(serve_call(handle, "fail", [&](CallState &call) {
    call.set_failure({to_errc(status), utf8::repair(view(message)), utf8::repair(view(hint))});
    return mre_status{MRE_OK};
  }));
  return status;
}

void finish(mre_call *handle, mre_status status, const mre_error *err) {
  static_cast<void>(serve_call(handle, "finish", [&](CallState &call) {
    call.finish(status, status > 0 ? read_error(status, err) : Error{});
    return mre_status{MRE_OK};
  }));
}

} // namespace

const mre_call_api &call_service() {
  static const mre_call_api table = {sizeof table, 0,         text, content, structured,
                                     progress,     cancelled, ask,  fail,    finish};
  return table;
}

} // namespace mre::plugin_host
