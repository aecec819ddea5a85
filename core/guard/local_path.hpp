// Where a path of this machine really leads, and getting there without being led elsewhere in
// between.
//
// Promise: after open_folder() the folder is the one that was judged: the walk follows no symbolic
// link, so swapping one in meanwhile is an error, never another place. Threads: any; functions over
// the file system.
#pragma once

#include "core/base/result.hpp"
#include "core/base/unique_fd.hpp"

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

namespace mre::guard {

// A file by what it is, not by what it is called.
using FileIdentity = std::pair<dev_t, ino_t>;

// A path without symbolic links: the folder it is in, and its last name. What does not exist yet
// keeps its name.
struct ResolvedPath {
  std::string folder;
  std::string name;
  std::string whole() const { return (folder == "/" ? "" : folder) + '/' + name; }
};

// Tilde expanded, relative paths from the working directory, links followed (also one that points
// nowhere yet).
Result<ResolvedPath> resolve_local_path(const std::string &path);

enum class MissingFolders { refuse, make };

struct OpenFolder {
  UniqueFd fd;
  std::vector<FileIdentity> passed; // every folder on the way, the last one too
};

// Opens an absolute folder without links in it, name by name.
Result<OpenFolder> open_folder(const std::string &folder, MissingFolders missing);

// Is `path` the folder itself or inside it? Both absolute and without links.
bool is_inside(const std::string &path, const std::string &folder);

} // namespace mre::guard
