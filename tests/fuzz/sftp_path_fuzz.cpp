// Remote paths as a client writes them: never empty, never with a NUL once accepted, a tilde only
// means the login's folder, and the folder of a path is a part of it.
#include "core/ssh/files.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string asked(data, data + size);
  const auto path = mre::ssh::remote_path(asked);
  if (!path) {
    return 0;
  }
  if (path->empty() || path->find('\0') != std::string::npos) {
    std::abort();
  }
  const bool is_absolute = asked[0] == '/';
  if (is_absolute && *path != asked) {
    std::abort(); // an absolute path is taken as it is
  }
  if (!is_absolute && (*path)[0] == '/') {
    std::abort(); // and a relative one never becomes absolute
  }
  const std::string folder = mre::ssh::folder_of(*path);
  if (folder != "." && path->compare(0, folder.size(), folder) != 0) {
    std::abort();
  }
  return 0;
}
