#include "settings.hpp"
#include "tests/support/catch.hpp"

using namespace imagekit;

namespace {

mre::json config_with(const mre::json &more = mre::json::object()) {
  mre::json config = {{"public_key", "public_x"},
                      {"private_key", "private_x"},
                      {"url_endpoint", "https://ik.imagekit.io/acct/"}};
  config.update(more);
  return config;
}

} // namespace

TEST_CASE("the defaults are the service's own addresses") {
  const Settings settings = read_settings(config_with());
  CHECK(settings.url_endpoint == "https://ik.imagekit.io/acct");
  CHECK(settings.upload_url == "https://upload.imagekit.io/api/v1/files/upload");
  CHECK(settings.api_url == "https://api.imagekit.io");
  CHECK(settings.transfer_timeout == std::chrono::seconds(3540));
  CHECK(settings.max_object_bytes == 25000000);
  CHECK(read_settings(config_with({{"api_version", "v2"}})).upload_url ==
        "https://upload.imagekit.io/api/v2/files/upload");
}

TEST_CASE("a folder is the same however it is written") {
  for (const char *written : {"a/b", "/a/b", "//a//b/", "/a/b/"}) {
    const Settings settings = read_settings(config_with({{"folder", written}}));
    CHECK(settings.folder == "/a/b");
    CHECK(settings.path_of("x.bin") == "a/b/x.bin");
  }
  CHECK(read_settings(config_with({{"folder", "/"}})).path_of("x.bin") == "x.bin");
}

TEST_CASE(
    "the lower-case proxy variable wins over the upper-case one, and both over the general one") {
  const auto proxy = [](const mre::json &more) {
    return read_settings(config_with(more)).proxy.url;
  };
  CHECK(proxy({{"proxy_upper", "U"}, {"proxy_lower", "l"}, {"proxy_all_lower", "a"}}) == "l");
  CHECK(proxy({{"proxy_upper", "U"}, {"proxy_all_lower", "a"}}) == "U");
  CHECK(proxy({{"proxy_all_upper", "A"}}) == "A");
  CHECK(proxy(mre::json::object()).empty());
}

TEST_CASE(
    "the schema names a variable for every setting, and the private key and proxies are secret") {
  const mre::json schema = mre::json::parse(config_schema());
  for (const auto &[name, property] : schema.at("properties").items()) {
    INFO(name);
    CHECK(property.contains("x-mre-env"));
    const bool is_secret = name == "private_key" || name.rfind("proxy", 0) == 0;
    CHECK(property.value("x-mre-secret", false) == is_secret);
  }
}
