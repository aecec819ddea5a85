// See host_key_order.hpp.
#include "core/ssh/host_key_order.hpp"

#include <algorithm>
#include <array>

namespace mre::ssh {

namespace {

// An RSA key is one type with three signature algorithms; SHA-1 only where the server has no other.
constexpr std::array kDefaultOrder{"ssh-ed25519",
                                   "ecdsa-sha2-nistp256",
                                   "ecdsa-sha2-nistp384",
                                   "ecdsa-sha2-nistp521",
                                   "rsa-sha2-512",
                                   "rsa-sha2-256",
                                   "ssh-rsa"};

} // namespace

std::vector<std::string> host_key_order(const std::vector<std::string> &recorded_types,
                                        const std::vector<std::string> &supported) {
  std::vector<std::string> wanted;
  for (const auto &type : recorded_types) {
    if (type == "ssh-rsa") {
      wanted.insert(wanted.end(), {"rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"});
    } else {
      wanted.push_back(type);
    }
  }
  wanted.insert(wanted.end(), kDefaultOrder.begin(), kDefaultOrder.end());
  std::vector<std::string> order;
  for (const auto &name : wanted) {
    const auto is_in = [&](const std::vector<std::string> &list) {
      return std::find(list.begin(), list.end(), name) != list.end();
    };
    if (name != "ssh-dss" && is_in(supported) && !is_in(order)) {
      order.push_back(name);
    }
  }
  return order;
}

} // namespace mre::ssh
