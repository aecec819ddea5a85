#include "core/cli/plugins_command.hpp"

#include "core/base/json.hpp"
#include "core/cli/exit_codes.hpp"
#include "core/plugin_host/loader.hpp"

#include <algorithm>
#include <string_view>

namespace mre::cli {
namespace {

using plugin_host::PluginDescription;
using plugin_host::PluginState;
using plugin_host::PluginStatus;

std::string joined(const std::vector<std::string> &words) {
  std::string text;
  for (const std::string &word : words) {
    text += (text.empty() ? "" : ", ") + word;
  }
  return text;
}

std::string line(std::string_view label, const std::string &text) {
  constexpr std::size_t kLabelWidth = 10;
  if (text.empty()) {
    return {};
  }
  std::string out = "  " + std::string(label);
  out.resize(std::max(out.size(), 2 + kLabelWidth), ' ');
  return out + text + "\n";
}

std::string described(const PluginDescription &description) {
  std::string title = description.title;
  if (!description.license.empty()) {
    title += " (" + description.license + ")";
  }
  return line("title", title) + line("home", description.url) +
         line("needs", joined(description.needs));
}

// The variables a plugin reads, from the schema of its settings: "IMAGEKIT_FOLDER (default
// \"/x\")".
std::string settings_of(const std::string &schema_text) {
  const Result<Json> schema = parse_json(schema_text);
  if (schema_text.empty() || !schema) {
    return {};
  }
  const Json *properties = find_member(*schema, "properties");
  if (properties == nullptr || !properties->is_object()) {
    return {};
  }
  std::string text;
  for (const auto &[key, property] : properties->items()) {
    const std::string *variable = find_string(property, "x-mre-env");
    const Json *secret = find_member(property, "x-mre-secret");
    const Json *fallback = find_member(property, "default");
    std::string setting = variable == nullptr ? key : *variable;
    if (secret != nullptr && *secret == true) {
      setting += " (secret)";
    } else if (fallback != nullptr) {
      setting += " (default " + dump_json(*fallback) + ")";
    }
    const std::string *description = find_string(property, "description");
    text += line(text.empty() ? "settings" : "",
                 setting + (description == nullptr ? "" : ": " + *description));
  }
  return text;
}

} // namespace

int run_plugins(const std::vector<PluginStatus> &statuses, const Output &output) {
  bool is_good = true;
  std::string text;
  for (const PluginStatus &status : statuses) {
    const std::string &version = status.description.version;
    text += status.name + (version.empty() ? "" : " " + version) + "  " +
            std::string(to_word(status.state)) + "\n";
    text += line("id", status.description.id == status.name ? "" : status.description.id) +
            line("file", status.file) +
            line("abi", status.description.id.empty()
                            ? std::string()
                            : "1." + std::to_string(status.description.abi_minor));
    text += line("reason", status.reason) + described(status.description);
    text += line("tools", joined(status.tools)) + line("provides", joined(status.provides));
    is_good =
        is_good && status.state != PluginState::refused && status.state != PluginState::wedged;
  }
  output.out << (statuses.empty() ? std::string("no plugins are on\n") : visible_text(text));
  return is_good ? kOk : kFailed;
}

int run_plugins_info(const std::string &file, const Output &output) {
  const Result<PluginDescription> description = plugin_host::describe(file);
  if (!description) {
    print_error(output, description.error());
    return kFailed;
  }
  std::string text = description->id + " " + description->version + "\n";
  text += line("file", description->file) +
          line("abi", "1." + std::to_string(description->abi_minor)) + described(*description);
  text += settings_of(description->config_schema);
  output.out << visible_text(text);
  return kOk;
}

} // namespace mre::cli
