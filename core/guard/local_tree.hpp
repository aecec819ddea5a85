// A folder of this machine with everything in it, for transfers of whole folders.
//
// Promise: nothing outside the folder is ever read or written: names are relative, walked one by
// one, and no symbolic link is followed on the way or at the end (one that stands where a file is
// to go is replaced, never written through). TRANSFER_ROOT and the protected files count as for
// single files. Threads: one at a time. Lifetime: the settings' snapshot is held.
#pragma once

#include "core/guard/local_files.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mre::guard {

struct LocalEntry {
  enum class Kind { other, regular, directory, link };
  std::string name;
  Kind kind = Kind::other;
  std::uint32_t permissions = 0; // the low 12 bits of st_mode
  std::uint64_t bytes = 0;
  std::int64_t modified = 0;
  std::string target; // of a link
};

class LocalTree {
public:
  static Result<LocalTree> open(LocalFiles files, const std::string &path, MissingFolders missing);

  const std::string &path() const { return path_; } // links followed

  // Empty: the folder itself. A folder of more entries than are allowed is an error.
  Result<std::vector<LocalEntry>> list(std::string_view name) const;
  Result<LocalSource> open_source(std::string_view name) const;
  // Its folder must be there.
  Result<LocalTarget> open_target(std::string_view name, Overwrite overwrite) const;
  // One that is there already is fine.
  Result<void> make_directory(std::string_view name) const;
  Result<void> make_link(std::string_view name, const std::string &target,
                         Overwrite overwrite) const;
  Result<void> set_permissions(std::string_view folder, std::uint32_t permissions) const;

private:
  struct Place {
    UniqueFd folder;
    std::string name;
    std::string whole; // for messages
  };

  LocalTree(LocalFiles files, UniqueFd root, std::string path)
      : files_(std::move(files)), root_(std::move(root)), path_(std::move(path)) {}
  Result<UniqueFd> walk(std::string_view folder) const;
  Result<Place> place_of(std::string_view name) const;
  Result<void> make_way(const Place &place, Overwrite overwrite) const;

  LocalFiles files_;
  UniqueFd root_;
  std::string path_;
};

} // namespace mre::guard
