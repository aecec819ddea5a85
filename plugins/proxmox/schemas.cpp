// See schemas.hpp.
#include "schemas.hpp"

#include "guest.hpp"

#include <utility>

namespace proxmox {

namespace {

constexpr std::size_t kPathLength = 4096; // PATH_MAX of Linux
constexpr std::size_t kCommandLength = 10000;
constexpr int kMostWait = 3600;

mre::Schema described(mre::Schema schema, const char *description) {
  if (description != nullptr) {
    schema["description"] = description;
  }
  return schema;
}

} // namespace

mre::Schema text(const char *description) {
  return described({{"type", "string"}}, description);
}

mre::Schema text_or_null() {
  return {{"type", {"string", "null"}}};
}

mre::Schema path() {
  return {{"type", "string"}, {"minLength", 1}, {"maxLength", kPathLength}};
}

mre::Schema flag(const char *description) {
  return described({{"type", "boolean"}, {"default", false}}, description);
}

mre::Schema count() {
  return {{"type", "integer"}, {"minimum", 0}};
}

mre::Schema one_of(const std::vector<std::string> &words) {
  return {{"enum", words}};
}

mre::Schema ctid() {
  return {{"type", "integer"}, {"minimum", kLowestId}, {"maximum", kHighestId}};
}

mre::Schema guest() {
  return {{"type", {"string", "integer"}}, {"description", "id or name"}};
}

mre::Schema wait() {
  return {{"type", "integer"},
          {"minimum", 0},
          {"maximum", kMostWait},
          {"default", 30},
          {"description", "seconds"}};
}

mre::Schema confirm() {
  return {{"type", "boolean"}, {"description", "true: consent; absent: the person is asked"}};
}

mre::Schema permissions() {
  return {{"type", {"integer", "null"}},
          {"minimum", 0},
          {"maximum", 7777},
          {"description", "octal digits: 644"}};
}

mre::Schema verify() {
  return {{"type", "string"}, {"enum", {"auto", "digest", "size"}}, {"default", "auto"}};
}

mre::Schema response_format() {
  return {{"enum", {"text", "json"}}, {"default", "text"}};
}

mre::Schema input(std::initializer_list<const char *> required, mre::Schema properties) {
  mre::Schema schema;
  schema["type"] = "object";
  schema["properties"] = std::move(properties);
  if (required.size() > 0) {
    schema["required"] = required;
  }
  schema["additionalProperties"] = false;
  return schema;
}

mre::Schema output(std::initializer_list<const char *> required, mre::Schema properties) {
  properties["error"] = {{"type", "object"}};
  mre::Schema schema;
  schema["type"] = "object";
  schema["properties"] = std::move(properties);
  schema["anyOf"] = mre::Schema::array({{{"required", {"error"}}}, {{"required", required}}});
  return schema;
}

mre::Schema exec_properties(const mre::Limits &limits) {
  const auto seconds = [](std::chrono::milliseconds span) {
    return std::chrono::duration_cast<std::chrono::seconds>(span).count();
  };
  return {{"command", {{"type", "string"}, {"minLength", 1}, {"maxLength", kCommandLength}}},
          {"host", text()},
          {"timeout",
           {{"type", "integer"},
            {"minimum", 1},
            {"maximum", seconds(limits.max_timeout)},
            {"default", seconds(limits.timeout)},
            {"description", "seconds"}}},
          {"working_directory", text()},
          {"environment",
           {{"type", "object"},
            {"propertyNames", {{"pattern", "^[A-Za-z_][A-Za-z0-9_]*$"}}},
            {"additionalProperties", {{"type", "string"}}}}},
          {"stdin", text()},
          {"response_format", response_format()}};
}

mre::Schema exec_output(const char *id_name) {
  const auto either = [](const char *type) { return mre::Schema{{"type", {type, "null"}}}; };
  mre::Schema properties = {
      {"host", text()},
      {"outcome", one_of({"exited", "signalled", "timed_out", "cancelled", "lost"})},
      {"exit_code", either("integer")},
      {"signal", either("string")},
      {"stdout", text()},
      {"stderr", text()},
      {"stdout_encoding", one_of({"utf-8", "base64"})},
      {"stderr_encoding", one_of({"utf-8", "base64"})},
      {"stdout_bytes", count()},
      {"stderr_bytes", count()},
      {"truncated", {{"type", "boolean"}}},
      {"output_id", either("string")},
      {"duration_ms", count()},
      {"remote_process", one_of({"gone", "still_running", "unknown"})}};
  properties[id_name] = count();
  return output({"host", "outcome", "stdout", "stderr"}, std::move(properties));
}

mre::Schema transfer_output() {
  return output({"ctid", "host", "local_path", "container_path", "bytes", "sha256"},
                {{"ctid", count()},
                 {"host", text()},
                 {"local_path", text()},
                 {"container_path", text()},
                 {"bytes", count()},
                 {"sha256", text()},
                 {"verified", text()},
                 {"permissions", count()},
                 {"overwritten", {{"type", "boolean"}}},
                 {"duration_ms", count()},
                 {"bytes_per_second", count()}});
}

} // namespace proxmox
