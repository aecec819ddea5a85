// mre/cpp/typed.hpp - arguments and results of a tool as plain structs, declared once: the JSON
// Schema the client sees, the check and the conversion all come from one list of fields.
//
//   struct Greet {
//     std::string name;
//     int times = 1;
//     static auto fields() {
//       return mre::fields(mre::required("name", &Greet::name, "whom to greet").length(1, 80),
//                          mre::optional("times", &Greet::times, "how often").between(1, 10));
//     }
//   };
//
// Members may be bool, integers, floating point, std::string, std::vector, std::map with string
// keys, std::optional, mre::json, and structs with fields() of their own. optional(): the value the
// member has in a fresh struct is the default and is told to the client.
// Promise: the host checked the arguments against the schema before the tool runs. Threads: pure.
#pragma once

#include <mre/cpp/basic.hpp>

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#pragma GCC visibility push(hidden) // private to each plugin, whatever its flags
namespace mre {
inline namespace v1 {

template <class T, class = void>
struct HasFields : std::false_type {};
template <class T>
struct HasFields<T, std::void_t<decltype(T::fields())>> : std::true_type {};

template <class T>
Schema schema_of();
template <class T>
Schema result_schema_of();
template <class T>
void from_json_value(const json &value, T &target);
template <class T>
json to_json_value(const T &value);

namespace detail {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class T>
struct IsMap<std::map<std::string, T>> : std::true_type {};
template <class T>
Schema integer_schema() {
  Schema schema = {{"type", "integer"}};
  if (sizeof(T) < sizeof(std::int64_t)) {
    schema["minimum"] = std::numeric_limits<T>::min();
    schema["maximum"] = std::numeric_limits<T>::max();
  } else if (std::is_unsigned<T>::value) {
    schema["minimum"] = 0;
  }
  return schema;
}

} // namespace detail

// One member of a struct and what the schema says about it. The functions return the field itself,
// to be written in a row.
template <class Struct, class T>
class Field {
public:
  Field(const char *name, T Struct::*member, const char *description, bool is_required)
      : name_(name), member_(member), is_required_(is_required) {
    if (description != nullptr && description[0] != '\0') {
      keywords_["description"] = description;
    }
  }
  // Numbers: both ends belong to it.
  template <class Number>
  Field between(Number least, Number most) && {
    return std::move(*this).with("minimum", least).with("maximum", most);
  }
  // Text: characters; lists: items.
  Field length(std::size_t least, std::size_t most) && {
    const bool is_list = detail::IsVector<T>::value;
    return std::move(*this)
        .with(is_list ? "minItems" : "minLength", least)
        .with(is_list ? "maxItems" : "maxLength", most);
  }
  Field one_of(std::initializer_list<const char *> words) && {
    return std::move(*this).with("enum",
                                 Schema(std::vector<std::string>(words.begin(), words.end())));
  }
  Field matching(const char *pattern) && { return std::move(*this).with("pattern", pattern); }
  // Any further keyword of JSON Schema.
  template <class Value>
  Field with(const char *keyword, Value &&value) && {
    keywords_[keyword] = std::forward<Value>(value);
    return std::move(*this);
  }

  void describe(Schema &properties, Schema &required, bool with_defaults) const {
    Schema schema = schema_of<T>();
    for (const auto &keyword : keywords_.items()) {
      schema[keyword.key()] = keyword.value();
    }
    if constexpr (!detail::IsOptional<T>::value) {
      if (with_defaults && !is_required_) {
        schema["default"] = Schema::parse(dump(to_json_value(Struct{}.*member_)));
      }
    }
    properties[name_] = std::move(schema);
    if (is_required_) {
      required.push_back(name_);
    }
  }
  void read(const json &object, Struct &target) const {
    const auto found = object.find(name_);
    if (found != object.end()) {
      from_json_value(*found, target.*member_);
    }
  }
  void write(const Struct &source, json &object) const {
    object[name_] = to_json_value(source.*member_);
  }

private:
  const char *name_;
  T Struct::*member_;
  bool is_required_;
  Schema keywords_ = Schema::object();
};

template <class Struct, class T>
Field<Struct, T> required(const char *name, T Struct::*member, const char *description = "") {
  return {name, member, description, true};
}
template <class Struct, class T>
Field<Struct, T> optional(const char *name, T Struct::*member, const char *description = "") {
  return {name, member, description, false};
}
template <class... Fields>
std::tuple<Fields...> fields(Fields... all) {
  return {std::move(all)...};
}

template <class T>
void from_json_value(const json &value, T &target) {
  if constexpr (std::is_same<T, json>::value) {
    target = value;
  } else if constexpr (detail::IsOptional<T>::value) {
    if (value.is_null()) {
      target.reset();
    } else {
      from_json_value(value, target.emplace());
    }
  } else if constexpr (detail::IsVector<T>::value) {
    target.clear();
    for (const auto &item : value) {
      typename T::value_type made{};
      from_json_value(item, made);
      target.push_back(std::move(made));
    }
  } else if constexpr (detail::IsMap<T>::value) {
    target.clear();
    for (const auto &item : value.items()) {
      from_json_value(item.value(), target[item.key()]);
    }
  } else if constexpr (HasFields<T>::value) {
    std::apply([&](const auto &...field) { (field.read(value, target), ...); }, T::fields());
  } else {
    // JSON Schema takes 1.0 for an integer; so does this.
    target = value.get<T>();
  }
}

template <class T>
json to_json_value(const T &value) {
  if constexpr (detail::IsOptional<T>::value) {
    return value ? to_json_value(*value) : json();
  } else if constexpr (detail::IsVector<T>::value) {
    json list = json::array();
    for (const auto &item : value) {
      list.push_back(to_json_value(item));
    }
    return list;
  } else if constexpr (detail::IsMap<T>::value) {
    json object = json::object();
    for (const auto &item : value) {
      object[item.first] = to_json_value(item.second);
    }
    return object;
  } else if constexpr (HasFields<T>::value) {
    json object = json::object();
    std::apply([&](const auto &...field) { (field.write(value, object), ...); }, T::fields());
    return object;
  } else {
    return json(value);
  }
}

namespace detail {

template <class T>
Schema object_schema(bool with_defaults, bool is_result) {
  Schema properties = Schema::object();
  Schema needed = Schema::array();
  std::apply(
      [&](const auto &...field) { (field.describe(properties, needed, with_defaults), ...); },
      T::fields());
  Schema schema = {{"type", "object"}};
  schema["properties"] = std::move(properties);
  if (!needed.empty()) {
    schema["required"] = std::move(needed);
  }
  if (!is_result) {
    schema["additionalProperties"] = false;
  }
  return schema;
}

} // namespace detail

// What a value of this type looks like.
template <class T>
Schema schema_of() {
  if constexpr (std::is_same<T, json>::value) {
    return Schema::object();
  } else if constexpr (std::is_same<T, bool>::value) {
    return {{"type", "boolean"}};
  } else if constexpr (std::is_integral<T>::value) {
    return detail::integer_schema<T>();
  } else if constexpr (std::is_floating_point<T>::value) {
    return {{"type", "number"}};
  } else if constexpr (std::is_same<T, std::string>::value) {
    return {{"type", "string"}};
  } else if constexpr (detail::IsOptional<T>::value) {
    Schema schema = schema_of<typename T::value_type>();
    const auto type = schema.find("type");
    if (type != schema.end() && type->is_string()) {
      *type = Schema::array({type->get<std::string>(), "null"});
    }
    return schema;
  } else if constexpr (detail::IsVector<T>::value) {
    return {{"type", "array"}, {"items", schema_of<typename T::value_type>()}};
  } else if constexpr (detail::IsMap<T>::value) {
    return {{"type", "object"}, {"additionalProperties", schema_of<typename T::mapped_type>()}};
  } else {
    static_assert(HasFields<T>::value, "this type needs a static function fields()");
    return detail::object_schema<T>(true, false);
  }
}

// The same for a result: a failed call of the tool fits it as well, as every client expects.
template <class T>
Schema result_schema_of() {
  static_assert(HasFields<T>::value, "a result needs a static function fields()");
  Schema schema = detail::object_schema<T>(false, true);
  schema["properties"]["error"] = {{"type", "object"}};
  if (schema.contains("required")) {
    Schema whole = Schema::object();
    whole["required"] = schema["required"];
    Schema failed = Schema::object();
    failed["required"] = Schema::array({"error"});
    schema.erase("required");
    schema["anyOf"] = Schema::array({std::move(whole), std::move(failed)});
  }
  return schema;
}

} // namespace v1
} // namespace mre
#pragma GCC visibility pop
