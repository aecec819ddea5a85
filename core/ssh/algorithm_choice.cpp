// See algorithm_choice.hpp.
#include "core/ssh/algorithm_choice.hpp"

#include "core/base/wildcard.hpp"
#include "core/ssh/host_key_order.hpp"
#include "core/ssh/place.hpp"

#include <algorithm>
#include <utility>

namespace mre::ssh {

namespace {

// No algorithms, but extensions that travel in the same list (RFC 8308; OpenSSH PROTOCOL 1.10).
constexpr std::string_view kExtensions = "ext-info-c,kex-strict-c-v00@openssh.com";
// Offered only to who asks for them by name: broken, or never seen any more.
constexpr std::string_view kLegacy =
    "*-cbc,*-cbc@*,arcfour*,*-md5*,*-ripemd160*,*-sha1-96,diffie-hellman-group1-sha1,"
    "diffie-hellman-group14-sha1,diffie-hellman-group-exchange-sha1,ssh-dss";

bool is_in(std::string_view list, const std::string &name) {
  return match_pattern_list(list, name) == ListMatch::matched;
}

// Of `from` what the list names, in the order of the list.
std::vector<std::string> named_in(std::string_view list, const std::vector<std::string> &from) {
  std::vector<std::string> names;
  while (!list.empty()) {
    const std::string_view pattern = list.substr(0, list.find(','));
    list.remove_prefix(std::min(pattern.size() + 1, list.size()));
    for (const std::string &name : from) {
      if (matches_wildcard(pattern, name) &&
          std::find(names.begin(), names.end(), name) == names.end()) {
        names.push_back(name);
      }
    }
  }
  return names;
}

std::string joined(const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names) {
    text += (text.empty() ? "" : ",") + name;
  }
  return text;
}

struct Choice {
  std::string_view keyword;
  const std::string &wish;
  int kind;
};

// The list for one kind; empty when nothing is asked for.
Result<std::vector<std::string>> choose(LIBSSH2_SESSION *session, const config::HostConfig &host,
                                        const Choice &choice) {
  if (choice.wish.empty()) {
    return std::vector<std::string>();
  }
  std::vector<std::string> supported = supported_algorithms(session, choice.kind);
  std::erase_if(supported, [](const std::string &name) { return is_in(kExtensions, name); });
  std::vector<std::string> usual = supported;
  std::erase_if(usual, [](const std::string &name) { return is_in(kLegacy, name); });
  std::vector<std::string> names = choose_algorithms(choice.wish, supported, usual);
  if (names.empty()) {
    return Error{Errc::unsupported,
                 place(host) + ": " + std::string(choice.keyword) + " asks for " + choice.wish +
                     ", and none of that is available here",
                 "available are " + joined(usual)};
  }
  return names;
}

} // namespace

std::vector<std::string> choose_algorithms(std::string_view wish,
                                           const std::vector<std::string> &supported,
                                           const std::vector<std::string> &usual) {
  const char sign = wish.empty() ? '\0' : wish.front();
  const bool is_relative = sign == '+' || sign == '-' || sign == '^';
  std::vector<std::string> named =
      named_in(wish.substr(is_relative ? 1 : 0), sign == '-' ? usual : supported);
  if (!is_relative) {
    return named;
  }
  std::vector<std::string> chosen = sign == '^' ? named : std::vector<std::string>();
  for (const auto *part : {&usual, &std::as_const(named)}) {
    for (const std::string &name : *part) {
      const bool is_dropped =
          std::find(chosen.begin(), chosen.end(), name) != chosen.end() ||
          (sign == '-' && std::find(named.begin(), named.end(), name) != named.end());
      if (!is_dropped) {
        chosen.push_back(name);
      }
    }
  }
  return chosen;
}

std::vector<std::string> supported_algorithms(LIBSSH2_SESSION *session, int kind) {
  const char **names = nullptr;
  const int count = libssh2_session_supported_algs(session, kind, &names);
  if (count <= 0) {
    return {};
  }
  std::vector<std::string> supported(names, names + count);
  libssh2_free(session, names);
  return supported;
}

Result<void> prefer_algorithms(LIBSSH2_SESSION *session, const config::HostConfig &host,
                               const std::vector<std::string> &recorded_types) {
  const auto &wishes = host.algorithms;
  MRE_TRY(std::vector<std::string> key_exchange,
          choose(session, host, {"KexAlgorithms", wishes.key_exchange, LIBSSH2_METHOD_KEX}));
  MRE_TRY(const std::vector<std::string> ciphers,
          choose(session, host, {"Ciphers", wishes.ciphers, LIBSSH2_METHOD_CRYPT_CS}));
  MRE_TRY(const std::vector<std::string> macs,
          choose(session, host, {"MACs", wishes.macs, LIBSSH2_METHOD_MAC_CS}));
  MRE_TRY(std::vector<std::string> host_keys,
          choose(session, host, {"HostKeyAlgorithms", wishes.host_keys, LIBSSH2_METHOD_HOSTKEY}));
  const auto prefer = [&](int kind, const std::vector<std::string> &names) {
    if (!names.empty()) {
      libssh2_session_method_pref(session, kind, joined(names).c_str());
    }
  };
  if (!key_exchange.empty()) {
    const auto extensions =
        named_in(kExtensions, supported_algorithms(session, LIBSSH2_METHOD_KEX));
    key_exchange.insert(key_exchange.end(), extensions.begin(), extensions.end());
    prefer(LIBSSH2_METHOD_KEX, key_exchange);
  }
  prefer(LIBSSH2_METHOD_CRYPT_CS, ciphers);
  prefer(LIBSSH2_METHOD_CRYPT_SC, ciphers);
  prefer(LIBSSH2_METHOD_MAC_CS, macs);
  prefer(LIBSSH2_METHOD_MAC_SC, macs);
  const bool is_whole_list =
      !wishes.host_keys.empty() &&
      std::string_view("+-^").find(wishes.host_keys[0]) == std::string_view::npos;
  if (!is_whole_list) {
    host_keys = host_key_order(
        recorded_types,
        host_keys.empty() ? supported_algorithms(session, LIBSSH2_METHOD_HOSTKEY) : host_keys);
  }
  prefer(LIBSSH2_METHOD_HOSTKEY, host_keys);
  return {};
}

} // namespace mre::ssh
