// How messages name a host. Threads: pure functions.
#pragma once

#include "core/base/error.hpp"
#include "core/config/host.hpp"

#include <string>
#include <utility>

namespace mre::ssh {

inline std::string address_and_port(const config::HostConfig &host) {
  const bool is_ipv6 = host.address.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host.address + "]" : host.address) + ":" + std::to_string(host.port);
}

// "web-1 (10.0.0.5:22)", or the address alone where the name says nothing more.
inline std::string place(const config::HostConfig &host) {
  const auto where = address_and_port(host);
  return host.name.empty() || host.name == host.address ? where : host.name + " (" + where + ")";
}

inline std::string user_at(const config::HostConfig &host) {
  return host.user + "@" + address_and_port(host);
}

inline Error unreachable(const config::HostConfig &host, const std::string &reason,
                         std::string hint) {
  return {Errc::unreachable, "cannot reach " + place(host) + ": " + reason, std::move(hint)};
}

} // namespace mre::ssh
