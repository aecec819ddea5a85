// The process environment as it was at one moment.
//
// Promise: taken once at start and passed on as a value, so that a reload sees the same environment
// and tests need none.
// Threads: call before a second thread could change the environment.
#pragma once

#include <map>
#include <string>

namespace mre::config {

std::map<std::string, std::string> snapshot_environment();

} // namespace mre::config
