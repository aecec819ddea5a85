#include "core/config/environment.hpp"

#include <unistd.h>

#include <string_view>

namespace mre::config {

std::map<std::string, std::string> snapshot_environment() {
  std::map<std::string, std::string> variables;
  for (char **entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view line = *entry;
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos && equals > 0) {
      // The first of two entries with one name is the one getenv() finds.
      variables.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
  }
  return variables;
}

} // namespace mre::config
