// Values that fit a schema, the plainest one or one by chance; and instances on a fake host.
#include "tools/mre_check/check.hpp"

#include <cmath>
#include <random>

namespace mre_check {
namespace {

constexpr int kTries = 50;
constexpr int kDepth = 16;

// Words that have broken programs before: quotes, options, shells, formats, long and foreign text.
const std::vector<std::string> kNastyTexts = {"",
                                              " ",
                                              "'",
                                              "\"",
                                              "-rf",
                                              "$(reboot)",
                                              "`id`",
                                              "a\nb",
                                              "a\\b",
                                              "%s%n",
                                              "../../etc/passwd",
                                              "\xF0\x9F\x92\xA5",
                                              "\xC3\xA9t\xC3\xA9",
                                              "NULL",
                                              "0",
                                              "-1",
                                              "9999999999999999999",
                                              std::string(5000, 'x')};

const Json *find_member(const Json &object, const char *name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() ? &*found : nullptr;
}

class Maker {
public:
  explicit Maker(std::uint64_t seed) : is_plain_(seed == 0), random_(seed) {}

  Json make(const Json &schema, int depth = 0) {
    if (!schema.is_object() || depth > kDepth) {
      return is_plain_ ? Json("x") : Json(nullptr);
    }
    if (const Json *value = find_member(schema, "const")) {
      return *value;
    }
    if (const Json *words = find_member(schema, "enum"); words != nullptr && !words->empty()) {
      return (*words)[pick(words->size())];
    }
    for (const char *keyword : {"anyOf", "oneOf", "allOf"}) {
      const Json *choices = find_member(schema, keyword);
      if (choices != nullptr && !choices->empty() && find_member(schema, "type") == nullptr) {
        return make((*choices)[pick(choices->size())], depth + 1);
      }
    }
    return of_type(type_of(schema), schema, depth);
  }

private:
  std::size_t pick(std::size_t count) { return is_plain_ ? 0 : random_() % count; }
  bool chance() { return !is_plain_ && random_() % 2 == 0; }

  std::string type_of(const Json &schema) {
    const Json *type = find_member(schema, "type");
    if (type != nullptr && type->is_array() && !type->empty()) {
      const Json &one = (*type)[pick(type->size())];
      return one.is_string() ? one.get<std::string>() : "string";
    }
    if (type != nullptr && type->is_string()) {
      return type->get<std::string>();
    }
    return find_member(schema, "properties") != nullptr ? "object" : "string";
  }
  static std::int64_t number(const Json &schema, const char *keyword, std::int64_t otherwise) {
    const Json *value = find_member(schema, keyword);
    return value != nullptr && value->is_number()
               ? static_cast<std::int64_t>(std::ceil(value->get<double>()))
               : otherwise;
  }
  Json of_type(const std::string &type, const Json &schema, int depth) {
    if (type == "object") {
      return object(schema, depth);
    }
    if (type == "array") {
      return array(schema, depth);
    }
    if (type == "integer" || type == "number") {
      const std::int64_t least = number(schema, "minimum", is_plain_ ? 0 : -1000000);
      const std::int64_t most = number(schema, "maximum", std::max<std::int64_t>(least, 1000000));
      const std::int64_t ends[] = {least, most, (least / 2) + (most / 2)};
      return ends[pick(3)];
    }
    if (type == "boolean") {
      return chance();
    }
    return type == "null" ? Json() : Json(text(schema));
  }
  Json object(const Json &schema, int depth) {
    Json made = Json::object();
    const Json *properties = find_member(schema, "properties");
    const Json *required = find_member(schema, "required");
    if (properties == nullptr) {
      return made;
    }
    for (const auto &[name, property] : properties->items()) {
      const bool is_needed = required != nullptr && std::find(required->begin(), required->end(),
                                                              Json(name)) != required->end();
      if (is_needed || chance()) {
        // A host that is not configured would only be refused.
        made[name] = name == "host" ? Json("default") : make(property, depth + 1);
      }
    }
    return made;
  }
  Json array(const Json &schema, int depth) {
    Json made = Json::array();
    const std::int64_t least = number(schema, "minItems", 0);
    const std::int64_t most = number(schema, "maxItems", least + 3);
    const Json *items = find_member(schema, "items");
    const auto count =
        least + static_cast<std::int64_t>(pick(static_cast<std::size_t>(most - least) + 1));
    for (std::int64_t i = 0; i < count && i < 100; ++i) {
      made.push_back(make(items != nullptr ? *items : Json::object(), depth + 1));
    }
    return made;
  }
  std::string text(const Json &schema) {
    const auto least = static_cast<std::size_t>(number(schema, "minLength", 0));
    const auto most = static_cast<std::size_t>(number(schema, "maxLength", 1 << 20));
    std::string made = is_plain_ ? "x" : kNastyTexts[pick(kNastyTexts.size())];
    const Json *examples = find_member(schema, "examples");
    if (examples != nullptr && !examples->empty() && (*examples)[0].is_string()) {
      made = (*examples)[0].get<std::string>();
    }
    made.resize(std::max(least, std::min(made.size(), most)), 'x');
    return made;
  }

  const bool is_plain_;
  std::mt19937_64 random_;
};

} // namespace

std::optional<Json> made_up_value(const std::string &schema, std::uint64_t seed) {
  const Json parsed = Json::parse(schema, nullptr, false);
  if (parsed.is_discarded() || schema_complaint(schema)) {
    return std::nullopt;
  }
  for (int i = 0; i < kTries; ++i) {
    const std::uint64_t chosen =
        seed == 0 && i == 0 ? 0 : seed * kTries + static_cast<std::uint64_t>(i) + 1;
    Json made = Maker(chosen).make(parsed);
    if (!misfit(schema, made)) {
      return made;
    }
  }
  return std::nullopt;
}

Json made_up_settings(const Plugin &plugin) {
  const char *const text = plugin.descriptor->config_schema;
  if (text == nullptr || text[0] == '\0') {
    return Json::object();
  }
  Json settings = Json::object();
  const Json schema = Json::parse(text, nullptr, false);
  const Json *properties = find_member(schema, "properties");
  if (const auto made = made_up_value(text, 0)) {
    settings = *made;
  }
  const Json none = Json::object();
  for (const auto &[name, property] : (properties != nullptr ? *properties : none).items()) {
    if (const Json *fallback = find_member(property, "default")) {
      settings[name] = *fallback; // as the server fills them in
    }
  }
  return settings;
}

Started::Started(const Plugin &from) {
  const Json settings = made_up_settings(from);
  for (const auto &[name, value] : settings.items()) {
    host.setting(name, value);
  }
  for (const auto &[name, value] : from.settings.items()) {
    host.setting(name, value);
  }
  host.otherwise().prints("").exits(0);
  try {
    plugin = std::make_unique<testing::FakePlugin>(host, from.descriptor);
  } catch (const mre::Error &error) {
    throw Failed(std::string("it does not start: ") + error.what());
  }
}

void demand_manners(const testing::FakeHost &host) {
  const auto misbehaviour = host.misbehaviour();
  demand(misbehaviour.empty(), misbehaviour.empty() ? "" : "it " + misbehaviour.front());
}

} // namespace mre_check
