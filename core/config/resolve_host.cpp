// resolve_host(): which host a tool's optional `host` argument stands for.
#include "core/base/nearest.hpp"
#include "core/config/names.hpp"
#include "core/config/settings.hpp"

#include <algorithm>
#include <vector>

namespace mre::config {
namespace {

// Enough to choose from; a fleet's whole list would drown the message, and ssh_list_hosts has it.
constexpr std::size_t kNamesShown = 20;

std::string names_of(const std::vector<std::string> &names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kNamesShown); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > kNamesShown) {
    text +=
        " and " + std::to_string(names.size() - kNamesShown) + " more (ssh_list_hosts shows all)";
  }
  return text;
}

} // namespace

Result<HostConfig> resolve_host(const HostBook &book, std::string_view name) {
  if (book.hosts.empty()) {
    return Error{Errc::not_found, "no host is configured", "set HOST, or write a host book"};
  }
  std::vector<std::string> names;
  for (const auto &[key, host] : book.hosts) {
    names.push_back(key);
  }
  if (name.empty()) {
    if (const auto found = book.hosts.find("default"); found != book.hosts.end()) {
      return found->second;
    }
    if (book.hosts.size() == 1) {
      return book.hosts.begin()->second;
    }
    return Error{Errc::bad_argument,
                 "host is required here: there are several and none is called default",
                 "name one of: " + names_of(names)};
  }
  if (const auto found = book.hosts.find(std::string(name)); found != book.hosts.end()) {
    return found->second;
  }
  const std::string near = nearest_name(name, names);
  return Error{Errc::not_found, "there is no host " + shown(name),
               (near.empty() ? std::string() : "did you mean " + near + "? ") +
                   "configured: " + names_of(names)};
}

} // namespace mre::config
