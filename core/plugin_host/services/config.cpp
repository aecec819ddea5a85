// mre.config/1 and mre.plugins/1: the plugin's settings, the shared limits, and which other plugins
// are on.

#include "core/guard/limits.hpp"
#include "core/plugin_host/parts.hpp"
#include "core/plugin_host/services/services.hpp"

namespace mre::plugin_host {
namespace {

// RFC 6901; nlohmann's own parser of pointers throws.
const Json *find_pointer(const Json &document, std::string_view pointer) {
  const Json *at = &document;
  while (!pointer.empty()) {
    if (pointer[0] != '/') {
      return nullptr;
    }
    const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
    std::string token;
    for (std::size_t i = 1; i < end; ++i) {
      const bool is_escape = pointer[i] == '~' && i + 1 < end;
      token += is_escape ? (pointer[i + 1] == '1' ? '/' : '~') : pointer[i];
      i += is_escape ? 1 : 0;
    }
    pointer.remove_prefix(end);
    if (at->is_array()) {
      const std::size_t index =
          token.empty() || token.find_first_not_of("0123456789") != std::string::npos ||
                  token.size() > 9
              ? at->size()
              : std::stoul(token);
      at = index < at->size() ? &(*at)[index] : nullptr;
    } else {
      at = find_member(*at, token);
    }
    if (at == nullptr) {
      return nullptr;
    }
  }
  return at;
}

mre_status get(const mre_host *host, mre_str pointer, mre_sink json, mre_error *err) {
  return serve(host, err, "config.get", [&](Instance &plugin) -> Result<void> {
    const Json config = plugin.config();
    const Json *found = find_pointer(config, view(pointer));
    if (found == nullptr) {
      return Error{
          Errc::not_found, "there is no setting at '" + std::string(view(pointer)) + "'", {}};
    }
    write_to(json, dump_json(*found));
    return {};
  });
}

mre_status limits(const mre_host *host, mre_sink json, mre_error *err) {
  return serve(host, err, "config.limits", [&](Instance &plugin) -> Result<void> {
    const config::SettingsPtr settings = plugin.parts().current_settings();
    write_to(json, dump_json({{"character_limit", settings->character_limit},
                              {"max_file_size", settings->max_file_size_bytes},
                              {"timeout_ms", Milliseconds(settings->default_timeout).count()},
                              {"max_timeout_ms", Milliseconds(settings->max_timeout).count()},
                              {"read_only", settings->read_only},
                              {"message_bytes", limits::kLineBytes}}));
    return {};
  });
}

int32_t is_active(const mre_host *host, const char *id) {
  bool is_on = false;
  static_cast<void>(
      serve(host, nullptr, "plugins.is_active", [&](Instance &plugin) -> Result<void> {
        plugin.parts().plugins.with([&](const auto &plugins) {
          for (const auto &other : plugins) {
            is_on = is_on || (other->id() == view(id) && other->is_active());
          }
        });
        return {};
      }));
  return is_on ? 1 : 0;
}

} // namespace

const mre_config_api &config_service() {
  static const mre_config_api table = {sizeof table, 0, get, limits};
  return table;
}

const mre_plugins_api &plugins_service() {
  static const mre_plugins_api table = {sizeof table, 0, is_active};
  return table;
}

} // namespace mre::plugin_host
