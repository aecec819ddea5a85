// See arguments.hpp.
#include "arguments.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>

namespace imagekit {

namespace {

constexpr std::size_t kPathLength = 4096; // PATH_MAX of Linux

bool is_given(const mre::json &arguments, const char *name) {
  const auto found = arguments.find(name);
  return found != arguments.end() && !found->is_null();
}

} // namespace

FarFile far_file_of(mre::Host host, const mre::json &arguments) {
  FarFile file;
  file.path = arguments.at("remote_path");
  if (file.path.find('\0') != std::string::npos) {
    throw mre::Error(MRE_BAD_ARGUMENT, "/remote_path: a path holds no NUL", "leave it out");
  }
  if (is_given(arguments, "ctid")) {
    file.ctid = arguments.at("ctid").get<std::uint32_t>();
    if (file.path.front() != '/') {
      throw mre::Error(MRE_BAD_ARGUMENT,
                       "/remote_path: " + file.path + " is not absolute, as in a container it must",
                       "begin it with /");
    }
  }
  const std::string name =
      is_given(arguments, "host") ? arguments.at("host").get<std::string>() : "";
  file.host = mre::Hosts(host).resolve(name).name;
  return file;
}

std::optional<std::uint64_t> size_of(const mre::json &arguments) {
  return is_given(arguments, "size") ? std::optional(arguments.at("size").get<std::uint64_t>())
                                     : std::nullopt;
}

std::optional<std::string> sha256_of(const mre::json &arguments) {
  if (!is_given(arguments, "sha256")) {
    return std::nullopt;
  }
  std::string digest = arguments.at("sha256");
  std::transform(digest.begin(), digest.end(), digest.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return digest;
}

std::string size_text(std::uint64_t bytes) {
  constexpr double kMega = 1e6;
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), " bytes (%.1f MB)",
                static_cast<double>(bytes) / kMega);
  return std::to_string(bytes) + buffer.data();
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

mre::Schema text() {
  return {{"type", "string"}};
}

mre::Schema text_or_null() {
  return {{"type", {"string", "null"}}};
}

mre::Schema count() {
  return {{"type", "integer"}, {"minimum", 0}};
}

mre::Schema far_path() {
  return {{"type", "string"}, {"minLength", 1}, {"maxLength", kPathLength}};
}

mre::Schema container_id() {
  // Proxmox VE's own range of guest ids.
  return {{"type", {"integer", "null"}},
          {"minimum", 100},
          {"maximum", 999999999},
          {"description", "the file is in this container"}};
}

mre::Schema transfer_id() {
  return {{"type", "string"}, {"minLength", 1}, {"maxLength", 128}};
}

} // namespace imagekit
