// What the process finds around itself at start: environment, folders, its own place.
// Threads: call before there is a second thread (it reads environ).
#pragma once

#include "core/config/load.hpp"

#include <optional>
#include <string>

namespace mre::app {

config::LoadRequest surroundings(const std::optional<std::string> &env_file);

// As many open files as the system admits: the usual soft limit (1024) is a fleet of 300 hosts with
// three connections each. Nothing here uses select(), for which that limit was made.
void raise_file_limit();

} // namespace mre::app
