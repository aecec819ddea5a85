// See proxy.hpp.
#include "proxy.hpp"

#include <Poco/Exception.h>
#include <Poco/String.h>
#include <Poco/URI.h>

#include <algorithm>
#include <string_view>

namespace imagekit {

namespace {

constexpr std::uint16_t kUsualProxyPort = 1080; // curl's default when the URL names none

std::string lower(std::string_view text) {
  return Poco::toLower(std::string(text));
}

// An entry is *, a name, or a domain with or without its leading dot; a port behind it is ignored.
bool is_exempt(const std::string &host, const std::string &entry) {
  const std::string name = lower(entry.substr(0, entry.rfind(':')));
  if (name.empty()) {
    return false;
  }
  if (name == "*" || name == host) {
    return true;
  }
  const std::string domain = name.front() == '.' ? name : "." + name;
  return host.size() > domain.size() &&
         host.compare(host.size() - domain.size(), domain.size(), domain) == 0;
}

bool is_exempt_by_any(const std::string &host, const std::string &list) {
  std::size_t begin = 0;
  while (begin <= list.size()) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    if (is_exempt(host, Poco::trim(list.substr(begin, end - begin)))) {
      return true;
    }
    begin = end + 1;
  }
  return false;
}

bool names_port(const std::string &url) {
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  const std::string authority = url.substr(begin, url.find('/', begin) - begin);
  const std::size_t colon = authority.rfind(':');
  const std::size_t before = std::max(authority.rfind('@') + 1, authority.rfind(']') + 1);
  return colon != std::string::npos && colon >= before;
}

[[noreturn]] void refuse() {
  throw mre::Error(MRE_UNSUPPORTED, "the proxy named by https_proxy or all_proxy cannot be used",
                   "give http://[user:password@]host:port, or name the host in no_proxy");
}

} // namespace

std::optional<Proxy> proxy_for(const ProxySettings &settings, const std::string &host) {
  if (settings.url.empty() || is_exempt_by_any(lower(host), settings.exempt)) {
    return std::nullopt;
  }
  try {
    const bool has_scheme = settings.url.find("://") != std::string::npos;
    const Poco::URI uri(has_scheme ? settings.url : "http://" + settings.url);
    if (uri.getScheme() != "http" || uri.getHost().empty()) {
      refuse();
    }
    Proxy proxy;
    proxy.host = uri.getHost();
    // The URI class assumes 80 for http and hides whether it was written.
    proxy.port = names_port(settings.url) ? uri.getPort() : kUsualProxyPort;
    const std::string &user = uri.getUserInfo();
    const std::size_t colon = std::min(user.find(':'), user.size());
    Poco::URI::decode(user.substr(0, colon), proxy.user);
    if (colon < user.size()) {
      Poco::URI::decode(user.substr(colon + 1), proxy.password);
    }
    return proxy;
  } catch (const Poco::Exception &) {
    refuse();
  }
}

} // namespace imagekit
