// What the operator set for the HTTP transport, read once.
//
// Promise: settings that are dangerous together are refused with the way out: an address that
// others can reach needs a token. Threads: immutable.
#pragma once

#include <mre/plugin.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mre_http {

struct Settings {
  std::string host;
  std::uint16_t port = 0;
  std::string token; // empty: anybody who reaches the port
  std::vector<std::string> allowed_origins;
  std::vector<std::string> allowed_hosts;
  std::string tls_certificate, tls_key;
  std::size_t max_connections = 0;
  std::size_t max_streams = 0;
  double requests_per_minute = 0;
  int inherited_sockets = 0; // by socket activation, from descriptor 3 on

  bool has_tls() const { return !tls_certificate.empty(); }
};

// The JSON Schema of the settings, with the variables they are read from.
std::string settings_schema();

// Throws mre::Error for what does not fit together.
Settings read_settings(const mre::json &config);

// "localhost", 127.0.0.0/8 or ::1, with or without brackets.
bool is_loopback_name(std::string_view host);

} // namespace mre_http
