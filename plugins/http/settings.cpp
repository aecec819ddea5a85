#include "settings.hpp"

#include "request_head.hpp"

#include <unistd.h>

#include <algorithm>

namespace mre_http {
namespace {

using mre::json;

json text_setting(const char *variable) {
  return {{"type", "string"}, {"x-mre-env", variable}};
}

json number_setting(const char *variable, std::int64_t low, std::int64_t high, std::int64_t usual) {
  return {{"type", "integer"},
          {"x-mre-env", variable},
          {"minimum", low},
          {"maximum", high},
          {"default", usual}};
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (const std::string_view item = trim(text.substr(0, comma)); !item.empty()) {
      items.emplace_back(item);
    }
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

void check_origins(const std::vector<std::string> &origins) {
  for (const auto &origin : origins) {
    const std::size_t scheme = origin.find("://");
    const bool is_origin = scheme != std::string::npos && scheme > 0 &&
                           origin.size() > scheme + 3 &&
                           origin.find('/', scheme + 3) == std::string::npos;
    if (!is_origin) {
      throw mre::Error(
          MRE_BAD_ARGUMENT, "HTTP_ALLOWED_ORIGINS: '" + origin + "' is not an origin",
          "an origin is scheme and authority without a path, as https://app.example:8443");
    }
  }
}

// A token that no header can carry would lock everybody out (RFC 6750 section 2.1).
void check_token(const std::string &token) {
  const bool fits = std::all_of(token.begin(), token.end(),
                                [](char c) { return c > ' ' && c < '\x7f' && c != ','; });
  if (!fits) {
    throw mre::Error(MRE_BAD_ARGUMENT,
                     "HTTP_TOKEN holds a blank, a comma or a character beyond ASCII, which no "
                     "Authorization header can carry",
                     "take one of letters and digits, for instance of `openssl rand -hex 32`");
  }
}

// systemd passes sockets to the process it names and nobody else (sd_listen_fds(3)).
int count_inherited(const json &config) {
  const bool is_ours = config.value("listen_pid", std::int64_t{0}) == ::getpid();
  return is_ours ? config.value("listen_fds", 0) : 0;
}

} // namespace

std::string settings_schema() {
  json token = text_setting("HTTP_TOKEN");
  token["x-mre-secret"] = true;
  token["minLength"] = 16;
  token["description"] = "16 characters or more, for instance of `openssl rand -hex 32`";
  json host = text_setting("HTTP_HOST");
  host["default"] = "127.0.0.1";
  return mre::dump(
      json{{"type", "object"},
           {"additionalProperties", false},
           {"properties",
            {{"host", host},
             {"port", number_setting("HTTP_PORT", 0, 65535, 8080)},
             {"token", token},
             {"allowed_origins", text_setting("HTTP_ALLOWED_ORIGINS")},
             {"allowed_hosts", text_setting("HTTP_ALLOWED_HOSTS")},
             {"tls_certificate", text_setting("HTTP_TLS_CERT")},
             {"tls_key", text_setting("HTTP_TLS_KEY")},
             {"max_connections", number_setting("HTTP_MAX_CONNECTIONS", 8, 65535, 1024)},
             {"max_streams", number_setting("HTTP_MAX_STREAMS", 1, 65535, 512)},
             {"requests_per_minute", number_setting("HTTP_RATE_LIMIT", 0, 10000000, 0)},
             {"listen_fds", number_setting("LISTEN_FDS", 0, 64, 0)},
             {"listen_pid", number_setting("LISTEN_PID", 0, 2147483647, 0)}}}});
}

bool is_loopback_name(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return is_same_word(host, "localhost") || host == "::1" ||
         (host.substr(0, 4) == "127." &&
          host.find_first_not_of("0123456789.") == std::string_view::npos);
}

Settings read_settings(const json &config) {
  Settings settings;
  settings.host = config.value("host", "127.0.0.1");
  settings.port = config.value("port", std::uint16_t{8080});
  settings.token = config.value("token", "");
  settings.allowed_origins = split_list(config.value("allowed_origins", ""));
  settings.allowed_hosts = split_list(config.value("allowed_hosts", ""));
  settings.tls_certificate = config.value("tls_certificate", "");
  settings.tls_key = config.value("tls_key", "");
  settings.max_connections = config.value("max_connections", std::size_t{1024});
  settings.max_streams = config.value("max_streams", std::size_t{512});
  settings.requests_per_minute = config.value("requests_per_minute", 0.0);
  settings.inherited_sockets = count_inherited(config);
  check_origins(settings.allowed_origins);
  check_token(settings.token);
  if (settings.tls_certificate.empty() != settings.tls_key.empty()) {
    throw mre::Error(MRE_BAD_ARGUMENT,
                     std::string(settings.tls_key.empty()
                                     ? "HTTP_TLS_CERT is set and HTTP_TLS_KEY"
                                     : "HTTP_TLS_KEY is set and HTTP_TLS_CERT") +
                         " is not",
                     "set both for HTTPS, or neither");
  }
  if (settings.token.empty() && settings.inherited_sockets == 0 &&
      !is_loopback_name(settings.host)) {
    throw mre::Error(MRE_DENIED,
                     "HTTP_HOST=" + settings.host +
                         " can be reached by others, and HTTP_TOKEN is not set",
                     "set HTTP_TOKEN (16 characters or more), or bind to 127.0.0.1");
  }
  return settings;
}

} // namespace mre_http
