// See schemas.hpp.
#include "schemas.hpp"

#include <utility>

namespace sftp {

namespace {

constexpr std::size_t kPathLength = 4096; // PATH_MAX of Linux

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

mre::Schema path() {
  return {{"type", "string"}, {"minLength", 1}, {"maxLength", kPathLength}};
}

mre::Schema flag(const char *description) {
  return described({{"type", "boolean"}, {"default", false}}, description);
}

mre::Schema count() {
  return {{"type", "integer"}, {"minimum", 0}};
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

mre::Schema input(std::initializer_list<const char *> required, mre::Schema properties) {
  mre::Schema schema;
  schema["type"] = "object";
  schema["properties"] = std::move(properties);
  schema["required"] = required;
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

mre::Schema transfer_output() {
  return output({"host", "local_path", "remote_path", "bytes", "sha256"},
                {{"host", text()},
                 {"local_path", text()},
                 {"remote_path", text()},
                 {"bytes", count()},
                 {"sha256", text()},
                 {"verified", text()},
                 {"permissions", count()},
                 {"overwritten", {{"type", "boolean"}}},
                 {"duration_ms", count()},
                 {"bytes_per_second", count()}});
}

} // namespace sftp
