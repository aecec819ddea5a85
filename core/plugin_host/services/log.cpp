// mre.log/1: log lines, secrets, audit notes.

#include "core/base/utf8.hpp"
#include "core/plugin_host/parts.hpp"
#include "core/plugin_host/services/services.hpp"

namespace mre::plugin_host {
namespace {

LogLevel to_level(int32_t level) {
  constexpr LogLevel levels[] = {LogLevel::error, LogLevel::warn, LogLevel::info, LogLevel::debug,
                                 LogLevel::trace};
  return level >= MRE_LOG_ERROR && level <= MRE_LOG_TRACE ? levels[level] : LogLevel::trace;
}

void log(const mre_host *host, int32_t level, mre_str event, mre_str fields_json) {
  static_cast<void>(serve(host, nullptr, "log", [&](Instance &plugin) -> Result<void> {
    const Log &log = plugin.parts().log;
    if (!log.is_on(to_level(level))) {
      return {};
    }
    // One field with all of theirs: names that a plugin chooses must not stand where the host's own
    // do.
    const std::string name = utf8::repair(view(event));
    if (fields_json.size == 0) {
      log.write(to_level(level), "plugin", {{"plugin", plugin.id()}, {"what", name}});
    } else {
      log.write(
          to_level(level), "plugin",
          {{"plugin", plugin.id()}, {"what", name}, {"fields", utf8::repair(view(fields_json))}});
    }
    return {};
  }));
}

void redact(const mre_host *host, mre_str secret) {
  static_cast<void>(serve(host, nullptr, "redact", [&](Instance &plugin) -> Result<void> {
    plugin.parts().redactor.add(view(secret));
    return {};
  }));
}

void audit(const mre_host *host, mre_call *handle, mre_str event_json) {
  static_cast<void>(serve(host, nullptr, "audit", [&](Instance &plugin) -> Result<void> {
    MRE_TRY(const Caller caller, find_caller(plugin, handle, "audit"));
    auto event = parse_json(utf8::repair(view(event_json)));
    if (!event) {
      plugin.blame("gave an audit note that is no JSON: " + event.error().message);
      return {};
    }
    plugin.parts().audit.effect({caller.id, plugin.id(), {}, "note", std::move(*event)});
    return {};
  }));
}

} // namespace

const mre_log_api &log_service() {
  static const mre_log_api table = {sizeof table, 0, log, redact, audit};
  return table;
}

} // namespace mre::plugin_host
