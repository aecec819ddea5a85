#include "core/plugin_host/descriptor.hpp"

#include "core/base/utf8.hpp"
#include "core/guard/limits.hpp"
#include "core/plugin_host/abi.hpp"

#include <algorithm>

namespace mre::plugin_host {
namespace {

Error defect(std::string message) {
  return {Errc::unsupported, std::move(message), "ask the plugin's author for a corrected build"};
}

Result<std::string> read_text(const char *text, const char *field, bool is_required) {
  const std::string_view value = view(text);
  if (is_required && value.empty()) {
    return defect(std::string("its descriptor has no ") + field);
  }
  if (!utf8::is_valid(value)) {
    return defect(std::string("the ") + field + " in its descriptor is not UTF-8");
  }
  return std::string(value);
}

bool is_id(std::string_view id) {
  return id.size() <= limits::kPluginId && std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

} // namespace

Result<Descriptor> read_descriptor(const mre_plugin *raw, const std::string &file) {
  if (raw == nullptr) {
    return defect("its entry function gave no descriptor");
  }
  if (raw->size < offsetof(mre_plugin, destroy) + sizeof raw->destroy) {
    return defect("its descriptor has " + std::to_string(raw->size) +
                  " bytes, the first version of the ABI has " + std::to_string(sizeof(mre_plugin)) +
                  ": it was built against other headers, or does not set size");
  }
  Descriptor result;
  result.functions = read_struct(raw);
  const mre_plugin &plugin = result.functions;
  PluginDescription &description = result.description;
  description.file = file;
  description.abi_minor = plugin.abi_minor;
  description.max_calls = std::clamp<std::uint32_t>(
      plugin.max_calls, 1, static_cast<std::uint32_t>(limits::kHandlerThreads));
  MRE_TRY(description.id, read_text(plugin.id, "id", true));
  MRE_TRY(description.version, read_text(plugin.version, "version", true));
  MRE_TRY(description.title, read_text(plugin.title, "title", false));
  MRE_TRY(description.license, read_text(plugin.license, "license", false));
  MRE_TRY(description.url, read_text(plugin.url, "url", false));
  MRE_TRY(description.config_schema, read_text(plugin.config_schema, "config_schema", false));
  if (!is_id(description.id)) {
    return defect("its id is not one of letters, digits, '.', '_' and '-' (at most " +
                  std::to_string(limits::kPluginId) + ")");
  }
  for (const char *const *need = plugin.needs; need != nullptr && *need != nullptr; ++need) {
    if (description.needs.size() == limits::kPluginNeeds) {
      return defect("its list of needed services does not end");
    }
    description.needs.emplace_back(utf8::repair(*need));
  }
  const std::pair<const char *, bool> functions[] = {{"create", plugin.create != nullptr},
                                                     {"declare", plugin.declare != nullptr},
                                                     {"destroy", plugin.destroy != nullptr}};
  for (const auto &[name, is_there] : functions) {
    if (!is_there) {
      return defect(std::string("its descriptor has no function ") + name);
    }
  }
  return result;
}

Result<void> check_id(const std::string &id, const std::string &name, bool is_bundled) {
  if (id.find('.') != std::string::npos) {
    return {};
  }
  if (is_bundled && id == name && id != "core") {
    return {};
  }
  return Error{
      Errc::denied,
      "its id '" + id + "' has no dot, and such ids are reserved for the bundled plugins",
      is_bundled
          ? "the file does not hold the plugin its name promises: reinstall it"
          : "a bundled plugin is named without a path; a third party's id looks like org.example." +
                id};
}

} // namespace mre::plugin_host
