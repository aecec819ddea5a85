// mre/cpp/schema.hpp - JSON Schema in words, for tools whose arguments are not a struct with
// fields() (mre/cpp/typed.hpp) because they depend on settings or on each other.
//
//   using namespace mre::schema;
//   tool.input = input({"path"}, {{"path", path()},
//                                 {"host", text()},
//                                 {"limit", integer(1, 500, "lines")},
//                                 {"overwrite", flag()}});
//   tool.output = output({"path", "lines"}, {{"path", text()}, {"lines", list_of(text())}});
//
// Every client pays for each word of a schema in every conversation: they are as short as can be.
// Promise: members keep the order in which they are written. Threads: pure functions.
#pragma once

#include <mre/cpp/basic.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#pragma GCC visibility push(hidden) // private to each plugin, whatever its flags
namespace mre {
inline namespace v1 {
namespace schema {

constexpr std::size_t kPathLength = 4096; // PATH_MAX of Linux

// A copy that says what it is for; an empty description says nothing.
inline Schema described(Schema value, const std::string &description) {
  if (!description.empty()) {
    value["description"] = description;
  }
  return value;
}
template <class Value>
Schema with_default(Schema value, Value &&fallback) {
  value["default"] = std::forward<Value>(fallback);
  return value;
}
// Also admits null: clients that fill in every argument send it for "nothing".
inline Schema or_null(Schema value) {
  value["type"] = Schema::array({value.at("type"), "null"});
  return value;
}

inline Schema text(const std::string &description = "") {
  return described({{"type", "string"}}, description);
}
inline Schema text_or_null() {
  return or_null(text());
}
inline Schema path() { // a text that is not empty
  return {{"type", "string"}, {"minLength", 1}, {"maxLength", kPathLength}};
}
inline Schema truth(const std::string &description = "") {
  return described({{"type", "boolean"}}, description);
}
inline Schema flag(const std::string &description = "") { // false unless given
  return described(with_default(truth(), false), description);
}
inline Schema count(const std::string &description = "") { // 0 or more
  return described({{"type", "integer"}, {"minimum", 0}}, description);
}
inline Schema integer(std::int64_t least, std::int64_t most, const std::string &description = "") {
  return described({{"type", "integer"}, {"minimum", least}, {"maximum", most}}, description);
}
inline Schema one_of(const std::vector<std::string> &words) { // texts, so no type is needed
  return {{"enum", words}};
}
inline Schema list_of(Schema items) {
  Schema list = {{"type", "array"}};
  list["items"] = std::move(items);
  return list;
}
// An object in a result; every member may be missing.
inline Schema object_of(Schema properties) {
  Schema object = {{"type", "object"}};
  object["properties"] = std::move(properties);
  return object;
}

// Arguments that mean the same in every tool; mre/cpp/arguments.hpp reads them.
inline Schema permissions() { // permissions_of()
  return described(or_null(integer(0, 7777)), "octal digits: 644");
}
inline Schema verify() { // verify_of()
  return {{"type", "string"}, {"enum", {"auto", "digest", "size"}}, {"default", "auto"}};
}
inline Schema response_format() { // wants_json()
  return with_default(one_of({"text", "json"}), "text");
}

// The arguments of a tool: an unknown argument is an error, not a wish that nobody hears.
inline Schema input(std::initializer_list<const char *> required, Schema properties) {
  Schema schema = object_of(std::move(properties));
  if (required.size() > 0) {
    schema["required"] = required;
  }
  schema["additionalProperties"] = false;
  return schema;
}
// The result of a tool. Also admits the form that a failure has, {"error": …} beside what is known:
// a client that validates results would trip over errors otherwise.
inline Schema output_of(Schema required, Schema properties) {
  properties["error"] = {{"type", "object"}};
  Schema failed = Schema::object();
  failed["required"] = Schema::array({"error"});
  Schema whole = Schema::object();
  whole["required"] = std::move(required);
  Schema schema = object_of(std::move(properties));
  schema["anyOf"] = Schema::array({std::move(failed), std::move(whole)});
  return schema;
}
inline Schema output(std::initializer_list<const char *> required, Schema properties) {
  return output_of(required, std::move(properties));
}

} // namespace schema
} // namespace v1
} // namespace mre
#pragma GCC visibility pop
