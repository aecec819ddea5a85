// The folder <state_dir>/spool/<pid>-<random> of this process.
//
// Promise: mode 0700, locked as long as the object lives, removed with it; create() removes the
// folders whose lock nobody holds, which are those of dead processes (also of another container,
// where process ids say nothing). Threads: one. Lifetime: as long as files may be in it.
#pragma once

#include "core/base/result.hpp"
#include "core/base/unique_fd.hpp"

#include <memory>
#include <string>

namespace mre::ssh {

class SpoolFolder {
public:
  static Result<std::unique_ptr<SpoolFolder>> create(const std::string &state_dir);
  // Removes the folders of dead processes in the same place.
  static void remove_dead_ones_beside(const std::string &path);
  ~SpoolFolder();
  SpoolFolder(const SpoolFolder &) = delete;
  SpoolFolder &operator=(const SpoolFolder &) = delete;

  const std::string &path() const { return path_; }

private:
  SpoolFolder(std::string path, UniqueFd lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  UniqueFd lock_;
};

} // namespace mre::ssh
