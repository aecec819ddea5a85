// See local_path.hpp.
#include "core/guard/local_path.hpp"

#include "core/base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>

namespace mre::guard {

namespace {

constexpr int kLinksInARow = 40; // as Linux itself (path_resolution(7))

std::optional<std::string> real_path(const std::string &path) {
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr),
                                                             &std::free);
  return resolved ? std::optional<std::string>(resolved.get()) : std::nullopt;
}

Result<std::string> make_absolute(const std::string &path) {
  if (path.empty()) {
    return Error{Errc::bad_argument, "the local path is empty",
                 "give a path on the machine this server runs on"};
  }
  if (path.find('\0') != std::string::npos) {
    return Error{Errc::bad_argument, "the local path holds a NUL byte",
                 "no file system has such names"};
  }
  MRE_TRY(std::string absolute, expand_tilde(path));
  if (absolute.front() != '/') {
    const auto here = real_path(".");
    if (!here) {
      return error_from_errno(errno, "cannot tell the working directory for " + path);
    }
    absolute = *here + '/' + absolute;
  }
  return absolute;
}

// A folder that may not exist yet: what exists of it is resolved, the rest is appended.
Result<std::string> resolve_folder(const std::string &folder, int links_left);

Result<ResolvedPath> resolve_absolute(const std::string &path, int links_left) {
  const std::size_t slash = path.rfind('/');
  const std::string name = path.substr(slash + 1);
  if (name.empty() || name == "." || name == "..") {
    return Error{Errc::bad_argument, "the local path " + path + " names a folder",
                 "add the file's name"};
  }
  MRE_TRY(std::string folder, resolve_folder(slash == 0 ? "/" : path.substr(0, slash), links_left));
  ResolvedPath resolved{std::move(folder), name};
  std::array<char, PATH_MAX> target{};
  const ssize_t length = ::readlink(resolved.whole().c_str(), target.data(), target.size());
  if (length < 0) {
    return resolved; // no link, or nothing there
  }
  if (links_left == 0) {
    return Error{Errc::bad_argument, path + ": too many symbolic links in a row", {}};
  }
  std::string next(target.data(), static_cast<std::size_t>(length));
  if (next.empty() || next.front() != '/') {
    next = resolved.folder + '/' + next;
  }
  return resolve_absolute(next, links_left - 1);
}

Result<std::string> resolve_folder(const std::string &folder, int links_left) {
  if (const auto existing = real_path(folder)) {
    return *existing;
  }
  if (errno != ENOENT) {
    return error_from_errno(errno, "cannot follow " + folder);
  }
  std::string missing = folder;
  missing.erase(missing.find_last_not_of('/') + 1);
  const std::string name = missing.substr(missing.rfind('/') + 1);
  if (name == "." || name == "..") { // nothing to go up from
    return Error{Errc::not_found, "the local folder " + folder + " does not exist",
                 "give the path without \"" + name + "\""};
  }
  MRE_TRY(const ResolvedPath resolved, resolve_absolute(missing, links_left));
  return resolved.whole();
}

} // namespace

Result<ResolvedPath> resolve_local_path(const std::string &path) {
  MRE_TRY(const std::string absolute, make_absolute(path));
  return resolve_absolute(absolute, kLinksInARow);
}

Result<OpenFolder> open_folder(const std::string &folder, MissingFolders missing) {
  OpenFolder open;
  open.fd.reset(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  std::string_view rest = folder;
  while (true) {
    struct stat info {};
    if (!open.fd && errno == ENOTDIR) {
      return Error{Errc::bad_argument,
                   "the local path " + folder + " is not a folder, or leads through a file",
                   "name a folder"};
    }
    if (!open.fd || ::fstat(open.fd.get(), &info) != 0) {
      return error_from_errno(errno, "cannot open the folder " + folder);
    }
    open.passed.emplace_back(info.st_dev, info.st_ino);
    rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
    if (rest.empty()) {
      return open;
    }
    const std::string name(rest.substr(0, rest.find('/')));
    rest.remove_prefix(name.size());
    constexpr int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    UniqueFd next(::openat(open.fd.get(), name.c_str(), flags));
    if (!next && errno == ENOENT && missing == MissingFolders::make) {
      if (::mkdirat(open.fd.get(), name.c_str(), 0777) != 0 && errno != EEXIST) {
        return error_from_errno(errno, "cannot make the folder " + name + " of " + folder);
      }
      next.reset(::openat(open.fd.get(), name.c_str(), flags));
    }
    open.fd = std::move(next);
  }
}

bool is_inside(const std::string &path, const std::string &folder) {
  if (folder == "/" || path == folder) {
    return true;
  }
  return path.size() > folder.size() && path.compare(0, folder.size(), folder) == 0 &&
         path[folder.size()] == '/';
}

} // namespace mre::guard
