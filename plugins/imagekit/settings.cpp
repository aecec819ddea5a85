// See settings.hpp.
#include "settings.hpp"

namespace imagekit {

namespace {

constexpr const char *kHttpsPattern = "^https://[^/?#@ ]+(/[^?# ]*)?$";

mre::Schema variable(const char *name, mre::Schema schema) {
  schema["x-mre-env"] = name;
  return schema;
}

mre::Schema url_setting(const char *name, const char *description) {
  return variable(name,
                  {{"type", "string"}, {"pattern", kHttpsPattern}, {"description", description}});
}

mre::Schema text_setting(const char *name, const char *description) {
  return variable(name, {{"type", "string"}, {"description", description}});
}

// As curl reads the environment: the lower-case name first, then the upper-case one, then the one
// for every scheme. They may hold a password.
mre::Schema proxy_setting(const char *name) {
  mre::Schema schema = text_setting(name, "URL of the proxy for https");
  schema["x-mre-secret"] = true;
  return schema;
}

std::string first_of(const mre::json &config, std::initializer_list<const char *> names) {
  for (const char *name : names) {
    if (std::string value = config.value(name, std::string()); !value.empty()) {
      return value;
    }
  }
  return {};
}

std::string without_end_slashes(std::string text) {
  while (!text.empty() && text.back() == '/') {
    text.pop_back();
  }
  return text;
}

// "a//b/" and "/a/b" are the same folder; the root stays "/".
std::string clean_folder(const std::string &written) {
  std::string folder;
  for (const char c : "/" + written) {
    if (c != '/' || folder.empty() || folder.back() != '/') {
      folder += c;
    }
  }
  folder = without_end_slashes(folder);
  return folder.empty() ? "/" : folder;
}

} // namespace

std::string config_schema() {
  mre::Schema properties;
  properties["public_key"] =
      variable("IMAGEKIT_PUBLIC_KEY",
               {{"type", "string"}, {"description", "from the account's developer options"}});
  properties["private_key"] =
      variable("IMAGEKIT_PRIVATE_KEY", {{"type", "string"},
                                        {"x-mre-secret", true},
                                        {"description", "from the account's developer options"}});
  properties["url_endpoint"] =
      url_setting("IMAGEKIT_URL_ENDPOINT", "https://ik.imagekit.io/<account id>");
  properties["folder"] = variable("IMAGEKIT_FOLDER", {{"type", "string"},
                                                      {"pattern", "^[A-Za-z0-9/_-]+$"},
                                                      {"default", "/mcp-remote-exec"},
                                                      {"description", "letters, digits, / _ -"}});
  // ImageKit takes no upload token an hour ahead or more; a minute is left for clocks that differ.
  properties["transfer_timeout"] =
      variable("IMAGEKIT_TRANSFER_TIMEOUT", {{"type", "integer"},
                                             {"minimum", 5},
                                             {"maximum", 3540},
                                             {"default", 3540},
                                             {"description", "seconds, 5 to 3540"}});
  // The free plan's limit for files that are no videos; MB taken as 10^6.
  properties["max_object_bytes"] =
      variable("IMAGEKIT_MAX_OBJECT_BYTES", {{"type", "integer"},
                                             {"minimum", 1},
                                             {"default", 25000000},
                                             {"description", "bytes, the plan's limit"}});
  properties["api_version"] = variable(
      "IMAGEKIT_API_VERSION", {{"type", "string"}, {"enum", {"v1", "v2"}}, {"default", "v1"}});
  properties["upload_url"] =
      url_setting("IMAGEKIT_UPLOAD_URL", "https, the whole URL of the upload call");
  mre::Schema api = url_setting("IMAGEKIT_API_URL", "https, the base of the other calls");
  api["default"] = "https://api.imagekit.io";
  properties["api_url"] = api;
  properties["ca_file"] =
      text_setting("IMAGEKIT_CA_FILE", "a PEM file of authorities to trust beside the system's");
  properties["proxy_lower"] = proxy_setting("https_proxy");
  properties["proxy_upper"] = proxy_setting("HTTPS_PROXY");
  properties["proxy_all_lower"] = proxy_setting("all_proxy");
  properties["proxy_all_upper"] = proxy_setting("ALL_PROXY");
  properties["no_proxy_lower"] = text_setting("no_proxy", "hosts to reach without the proxy");
  properties["no_proxy_upper"] = text_setting("NO_PROXY", "hosts to reach without the proxy");
  mre::Schema schema;
  schema["type"] = "object";
  schema["properties"] = std::move(properties);
  schema["required"] = {"public_key", "private_key", "url_endpoint"};
  return mre::dump(schema);
}

Settings read_settings(const mre::json &config) {
  Settings settings;
  settings.public_key = config.value("public_key", "");
  settings.private_key = config.value("private_key", "");
  settings.url_endpoint = without_end_slashes(config.value("url_endpoint", ""));
  settings.folder = clean_folder(config.value("folder", "/"));
  settings.transfer_timeout = std::chrono::seconds(config.value("transfer_timeout", 3540));
  settings.max_object_bytes = config.value("max_object_bytes", std::uint64_t{25000000});
  settings.api_version =
      config.value("api_version", "v1") == "v2" ? ApiVersion::v2 : ApiVersion::v1;
  settings.upload_url = config.value("upload_url", "");
  if (settings.upload_url.empty()) {
    settings.upload_url = settings.api_version == ApiVersion::v2
                              ? "https://upload.imagekit.io/api/v2/files/upload"
                              : "https://upload.imagekit.io/api/v1/files/upload";
  }
  settings.api_url = without_end_slashes(config.value("api_url", "https://api.imagekit.io"));
  settings.ca_file = config.value("ca_file", "");
  settings.proxy.url =
      first_of(config, {"proxy_lower", "proxy_upper", "proxy_all_lower", "proxy_all_upper"});
  settings.proxy.exempt = first_of(config, {"no_proxy_lower", "no_proxy_upper"});
  return settings;
}

std::string Settings::path_of(const std::string &object_name) const {
  return folder == "/" ? object_name : folder.substr(1) + "/" + object_name;
}

} // namespace imagekit
