#include "core/app/surroundings.hpp"

#include "core/config/environment.hpp"

#include <sys/resource.h>

#include <filesystem>
#include <system_error>

namespace mre::app {

config::LoadRequest surroundings(const std::optional<std::string> &env_file) {
  std::error_code
      ignored; // a folder that cannot be told stays empty; whatever needs it says so by name
  return {.env_file = env_file,
          .environment = config::snapshot_environment(),
          .working_directory = std::filesystem::current_path(ignored).string(),
          .executable_directory =
              std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path().string()};
}

void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit); // else it stays: whatever finds none left says so
  }
}

} // namespace mre::app
