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

void prefer_host_keys(LIBSSH2_SESSION *session, const std::vector<std::string> &recorded_types) {
  const char **names = nullptr;
  const int count = libssh2_session_supported_algs(session, LIBSSH2_METHOD_HOSTKEY, &names);
  if (count <= 0) {
    return; // the library's own order then
  }
  const std::vector<std::string> supported(names, names + count);
  libssh2_free(session, names);
  std::string list;
  for (const auto &name : host_key_order(recorded_types, supported)) {
    list += (list.empty() ? "" : ",") + name;
  }
  libssh2_session_method_pref(session, LIBSSH2_METHOD_HOSTKEY, list.c_str());
}

} // namespace mre::ssh
