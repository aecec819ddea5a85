// What the process finds around itself at start: environment, folders, its own place.
// Threads: call before there is a second thread (it reads environ).
#pragma once

#include "core/config/load.hpp"

#include <optional>
#include <string>

namespace mre::app {

config::LoadRequest surroundings(const std::optional<std::string> &env_file);

} // namespace mre::app
