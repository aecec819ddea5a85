// The settings of the plugin, read once and handed around as one immutable value.
//
// Promise: what stands in a Settings was checked; complaints name the variable and never a secret.
// Threads: pure; a Settings is shared as a pointer to const.
#pragma once

#include <mre/plugin.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace imagekit {

enum class ApiVersion { v1, v2 };

// As the environment says it; empty texts are unset.
struct ProxySettings {
  std::string url;    // of the proxy for https
  std::string exempt; // NO_PROXY: names, domains, addresses, or *
};

struct Settings {
  std::string public_key, private_key;
  std::string url_endpoint; // https, without a trailing slash
  std::string folder;       // "/a/b", or "/" for the root
  std::chrono::seconds transfer_timeout{0};
  std::uint64_t max_object_bytes = 0;
  ApiVersion api_version = ApiVersion::v1;
  std::string upload_url; // the whole URL
  std::string api_url;    // without a trailing slash
  std::string ca_file;    // beside the system's; may be empty
  ProxySettings proxy;

  // The object's path below the endpoint, without a leading slash.
  std::string path_of(const std::string &object_name) const;
};

// JSON Schema text with the variables.
std::string config_schema();
// Of an object that satisfies the schema.
Settings read_settings(const mre::json &config);

} // namespace imagekit
