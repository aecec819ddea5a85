// All settings from all sources, with everything that is wrong said at once.
//
// Promise: no complaint means the settings are complete and within their ranges. With complaints
// the settings are a best effort: good enough to check the plugins' own settings against, so that
// their complaints come in the same breath.
// Threads: pure over its request and the file system.
#pragma once

#include "core/config/host_book.hpp"
#include "core/config/settings.hpp"
#include "core/config/sources.hpp"

#include <string>
#include <vector>

namespace mre::config {

struct LoadResult {
  SettingsPtr settings; // never null
  HostBookInput hosts;  // for FileHostSource
  std::vector<std::string> complaints;
};

LoadResult load(const LoadRequest &request);

} // namespace mre::config
