#include "core/config/jump_route.hpp"

#include "core/base/nearest.hpp"
#include "core/config/names.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace mre::config {
namespace {

Error missing(const HostBook &book, const std::string &jump) {
  std::vector<std::string> names;
  for (const auto &[name, host] : book.hosts) {
    names.push_back(name);
  }
  const std::string near = nearest_name(jump, names);
  return {Errc::not_found,
          "names " + shown(jump) + ", which is no host that is enabled" +
              (near.empty() ? std::string() : "; did you mean " + shown(near) + "?"),
          "name a host of the host book"};
}

} // namespace

Result<std::vector<HostConfig>> jump_route(const HostBook &book, const HostConfig &host) {
  std::vector<HostConfig> backwards;
  std::set<std::string> passed{host.name};
  const HostConfig *from = &host;
  while (!from->jumps.empty()) {
    const auto &jumps = from->jumps;
    for (auto name = jumps.rbegin(); name != jumps.rend(); ++name) {
      const HostConfig *jump = book.find(*name);
      if (jump == nullptr) {
        return missing(book, *name);
      }
      if (!passed.insert(*name).second) {
        return Error{Errc::bad_argument,
                     *name == host.name ? "leads back to itself"
                                        : "leads into a loop at " + shown(*name),
                     "let one of these hosts be reached directly"};
      }
      backwards.push_back(*jump);
      from = jump;
    }
  }
  std::reverse(backwards.begin(), backwards.end());
  for (const HostConfig &jump : backwards) {
    if (jump.obstacle) {
      return *jump.obstacle;
    }
  }
  return backwards;
}

} // namespace mre::config
