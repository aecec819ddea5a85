#include "plugins/http/settings.hpp"
#include "tests/support/catch.hpp"

#include <unistd.h>

#include <string>

using namespace mre_http;
using mre::json;

namespace {

constexpr const char *kToken = "sixteen-or-more!";

std::string complaint(const json &config) {
  try {
    static_cast<void>(read_settings(config));
  } catch (const mre::Error &error) {
    return error.what();
  }
  return "";
}

} // namespace

TEST_CASE("an address that others reach needs a token") {
  for (const char *host : {"0.0.0.0", "::", "192.0.2.1", "mcp.example", "127.0.0.1.example"}) {
    CHECK(complaint({{"host", host}}).find("HTTP_TOKEN") != std::string::npos);
    CHECK(complaint({{"host", host}, {"token", kToken}}).empty());
  }
  for (const char *host : {"127.0.0.1", "127.9.9.9", "::1", "localhost"}) {
    CHECK(complaint({{"host", host}}).empty());
  }
}

TEST_CASE("a token that no header can carry is refused, without being shown") {
  for (const char *token :
       {"a token with blanks in it", "a-token,with-a-comma", "ein-schlüssel-mit-umlaut"}) {
    const std::string said = complaint({{"token", token}});
    CHECK(said.find("HTTP_TOKEN") != std::string::npos);
    CHECK(said.find(token) == std::string::npos);
  }
  CHECK(complaint({{"token", "AZaz09-._~+/=-long"}}).empty());
}

TEST_CASE("certificate and key come together") {
  CHECK(complaint({{"tls_certificate", "/a"}}).find("HTTP_TLS_KEY is not") != std::string::npos);
  CHECK(complaint({{"tls_key", "/a"}}).find("HTTP_TLS_CERT is not") != std::string::npos);
  CHECK(complaint({{"tls_certificate", "/a"}, {"tls_key", "/b"}}).empty());
}

TEST_CASE("origins are origins") {
  CHECK(complaint({{"allowed_origins", "https://a.example, http://b.example:81,"}}).empty());
  for (const char *origin : {"a.example", "https://", "https://a.example/", "*"}) {
    CHECK(complaint({{"allowed_origins", origin}}).find(origin) != std::string::npos);
  }
}

TEST_CASE("sockets are inherited by the process they were passed to") {
  CHECK(read_settings({{"listen_fds", 2}, {"listen_pid", ::getpid()}}).inherited_sockets == 2);
  CHECK(read_settings({{"listen_fds", 2}, {"listen_pid", ::getpid() + 1}}).inherited_sockets == 0);
}

TEST_CASE("the schema of the settings is JSON and marks the token as a secret") {
  const json schema = json::parse(settings_schema());
  CHECK(schema.at("properties").at("token").at("x-mre-secret") == true);
  CHECK(schema.at("properties").at("port").at("default") == 8080);
  // A secret's value is never shown: what would be accepted has to be.
  CHECK(schema.at("properties").at("token").at("description").get<std::string>().find("16") == 0);
}
