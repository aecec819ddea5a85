// Which requests go through a proxy, as curl and most programs read the environment.
//
// Threads: pure functions.
#pragma once

#include "settings.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace imagekit {

struct Proxy {
  std::string host;
  std::uint16_t port = 0;
  std::string user, password;
};

// Nothing: go straight. Throws mre::Error for a proxy of a kind that cannot be used.
std::optional<Proxy> proxy_for(const ProxySettings &settings, const std::string &host);

} // namespace imagekit
