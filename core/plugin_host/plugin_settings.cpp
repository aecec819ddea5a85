#include "core/plugin_host/plugin_settings.hpp"

#include "core/base/nearest.hpp"
#include "core/config/names.hpp"
#include "core/config/reader.hpp"
#include "core/tools/json_schema.hpp"

#include <charconv>
#include <optional>

namespace mre::plugin_host {
namespace {

struct Property {
  std::string name, variable;
  const Json *schema = nullptr;
  bool is_secret = false, is_required = false;
  std::string type() const {
    const std::string *word = find_string(*schema, "type");
    return word != nullptr ? *word : "string";
  }
};

template <class Number>
std::optional<Json> parse_number(const std::string &text) {
  Number number{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return Json(number);
}

// Comma-separated, trimmed, without empty parts.
Json split_list(const std::string &text) {
  Json list = Json::array();
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    const std::size_t first = text.find_first_not_of(" \t", begin);
    if (first < comma) {
      list.push_back(text.substr(first, text.find_last_not_of(" \t", comma - 1) - first + 1));
    }
    begin = comma + 1;
  }
  return list;
}

std::optional<Json> to_value(const std::string &type, const std::string &text) {
  if (type == "integer") {
    return parse_number<std::int64_t>(text);
  }
  if (type == "number") {
    return parse_number<double>(text);
  }
  if (type == "boolean") {
    const auto word = config::parse_boolean(text);
    return word ? std::optional<Json>(*word) : std::nullopt;
  }
  if (type == "array") {
    return split_list(text);
  }
  return Json(text);
}

std::string expected_form(const std::string &type) {
  if (type == "integer") {
    return "a whole number";
  }
  if (type == "number") {
    return "a number";
  }
  return type == "boolean" ? "true, false, yes, no, on, off, 1 or 0" : "a text";
}

std::string describe_property(const Property &property) {
  const std::string *description = find_string(*property.schema, "description");
  return description != nullptr && !description->empty() ? " (" + *description + ")"
                                                         : std::string();
}

Result<std::vector<Property>> read_properties(const SettingsRequest &request, const Json &schema) {
  std::vector<Property> properties;
  const Json *members = find_member(schema, "properties");
  if (members == nullptr || !members->is_object()) {
    return properties;
  }
  const Json *required = find_member(schema, "required");
  const std::string prefix = config::plugin_prefix(request.name);
  for (const auto &[name, member] : members->items()) {
    if (!member.is_object()) {
      continue;
    }
    Property property{name, {}, &member, false, false};
    if (const std::string *variable = find_string(member, "x-mre-env")) {
      property.variable = *variable;
    }
    if (!request.is_bundled && !property.variable.empty() &&
        property.variable.rfind(prefix, 0) != 0) {
      return Error{Errc::unsupported,
                   "its setting '" + name + "' reads the variable " + property.variable +
                       ", which does not begin with " + prefix,
                   "its author has to rename the variable, or you the file"};
    }
    const Json *secret = find_member(member, "x-mre-secret");
    property.is_secret = secret != nullptr && secret->is_boolean() && secret->get<bool>();
    property.is_required =
        required != nullptr && required->is_array() &&
        std::find(required->begin(), required->end(), Json(name)) != required->end();
    properties.push_back(std::move(property));
  }
  return properties;
}

// Sets the property, or says what is wrong with its variable.
void read_property(const SettingsRequest &request, const Property &property,
                   PluginSettings &settings) {
  const auto found = property.variable.empty() ? request.variables.end()
                                               : request.variables.find(property.variable);
  if (found == request.variables.end() || found->second.empty()) {
    if (const Json *fallback = find_member(*property.schema, "default")) {
      settings.config[property.name] = *fallback;
    } else if (property.is_required) {
      settings.complaints.push_back(
          (property.variable.empty() ? property.name : property.variable) + " is not set; plugin " +
          request.description.id + " needs it" + describe_property(property));
    }
    return;
  }
  const std::string said = property.is_secret
                               ? property.variable + " (its value is not shown)"
                               : property.variable + "=" + config::shown(found->second);
  const auto value = to_value(property.type(), found->second);
  if (!value) {
    settings.complaints.push_back(said + " is not " + expected_form(property.type()) +
                                  describe_property(property));
    return;
  }
  // Alone first, so that the complaint can name the variable; what needs the whole schema is
  // checked with the whole.
  if (const auto compiled = tools::JsonSchema::compile(*property.schema); compiled) {
    if (const auto fits = (*compiled)->validate(*value); !fits) {
      settings.complaints.push_back(
          said + " is not accepted" +
          (property.is_secret ? std::string() : ": " + fits.error().message) +
          describe_property(property));
      return;
    }
  }
  settings.config[property.name] = *value;
}

// Most likely misspelt: the default would be used, and nobody would know.
std::map<std::string, std::string> find_unknown(const SettingsRequest &request,
                                                const std::vector<Property> &properties) {
  const std::string prefix = config::plugin_prefix(request.name);
  std::vector<std::string> known;
  known.reserve(properties.size());
  for (const Property &property : properties) {
    known.push_back(property.variable);
  }
  std::map<std::string, std::string> unknown;
  for (auto found = request.variables.lower_bound(prefix);
       found != request.variables.end() && found->first.starts_with(prefix); ++found) {
    const std::string &variable = found->first;
    if (config::is_known_variable(variable) || config::is_plugin_digest(variable) ||
        std::find(known.begin(), known.end(), variable) != known.end()) {
      continue;
    }
    const std::string near = nearest_name(variable, known);
    unknown[variable] = variable + " is no setting of plugin " + request.description.id +
                        (near.empty() ? std::string() : "; did you mean " + near + "?");
  }
  return unknown;
}

} // namespace

Result<PluginSettings> read_plugin_settings(const SettingsRequest &request,
                                            guard::Redactor &redactor) {
  PluginSettings settings;
  const std::string &text = request.description.config_schema;
  if (text.empty()) {
    settings.unknown = find_unknown(request, {});
    return settings;
  }
  auto schema = parse_json(text);
  if (!schema) {
    return schema.error().within("its config_schema");
  }
  const auto compiled = tools::JsonSchema::compile(*schema);
  if (!compiled) {
    return compiled.error().within("its config_schema");
  }
  MRE_TRY(const auto properties, read_properties(request, *schema));
  settings.unknown = find_unknown(request, properties);
  for (const Property &property : properties) {
    if (const auto found = request.variables.find(property.variable);
        property.is_secret && found != request.variables.end()) {
      redactor.add(found->second);
    }
  }
  for (const Property &property : properties) {
    read_property(request, property, settings);
  }
  if (settings.complaints.empty()) {
    if (const auto fits = (*compiled)->validate(settings.config); !fits) {
      settings.complaints.push_back(
          "the settings of plugin " + request.description.id +
          " do not fit together: " + redactor.redact(fits.error().message));
    }
  }
  return settings;
}

} // namespace mre::plugin_host
