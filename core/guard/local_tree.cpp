// See local_tree.hpp.
#include "core/guard/local_tree.hpp"

#include "core/guard/limits.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <memory>

namespace mre::guard {
namespace {

constexpr mode_t kPrivateFolder = 0700; // until set_permissions()

Error no_name(std::string_view name) {
  return {Errc::bad_argument, "'" + std::string(name) + "' is no name inside a folder",
          "names are relative, without empty parts, . and .."};
}

bool is_name(std::string_view part) {
  return !part.empty() && part != "." && part != ".." && part.size() <= NAME_MAX &&
         part.find('\0') == std::string_view::npos;
}

std::string link_target(int folder, const char *name) {
  std::array<char, PATH_MAX> buffer{};
  const ssize_t length = ::readlinkat(folder, name, buffer.data(), buffer.size());
  return length < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(length));
}

LocalEntry entry_of(int folder, const char *name, const struct stat &info) {
  LocalEntry entry;
  entry.name = name;
  entry.kind = S_ISREG(info.st_mode)   ? LocalEntry::Kind::regular
               : S_ISDIR(info.st_mode) ? LocalEntry::Kind::directory
               : S_ISLNK(info.st_mode) ? LocalEntry::Kind::link
                                       : LocalEntry::Kind::other;
  entry.permissions = info.st_mode & 07777U;
  entry.bytes = S_ISREG(info.st_mode) ? static_cast<std::uint64_t>(info.st_size) : 0;
  entry.modified = info.st_mtim.tv_sec;
  if (entry.kind == LocalEntry::Kind::link) {
    entry.target = link_target(folder, name);
  }
  return entry;
}

} // namespace

Result<LocalTree> LocalTree::open(LocalFiles files, const std::string &path,
                                  MissingFolders missing) {
  // The folder itself may be reached by links: it is what the caller named.
  MRE_TRY(const ResolvedPath resolved, resolve_local_path(path));
  const std::string whole = resolved.name.empty() ? resolved.folder : resolved.whole();
  const ResolvedPath inside{whole, "x"}; // what TRANSFER_ROOT must hold is what lies in it
  MRE_TRY_VOID(files.check_root(inside));
  MRE_TRY(OpenFolder folder, open_folder(whole, missing));
  MRE_TRY_VOID(files.check_folders(inside, folder));
  return LocalTree(std::move(files), std::move(folder.fd), whole);
}

Result<UniqueFd> LocalTree::walk(std::string_view folder) const {
  UniqueFd at(::openat(root_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::string_view rest = folder;
  while (at && !rest.empty()) {
    const std::string part(rest.substr(0, rest.find('/')));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    if (!is_name(part)) {
      return no_name(folder);
    }
    at.reset(::openat(at.get(), part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  }
  if (!at) {
    const bool is_link = errno == ELOOP || errno == ENOTDIR;
    return is_link ? Error{Errc::denied,
                           path_ + "/" + std::string(folder) +
                               " leads through a symbolic link or "
                               "a file",
                           "remove what stands there, or choose another folder"}
                   : error_from_errno(errno, "cannot open " + path_ + "/" + std::string(folder));
  }
  return at;
}

Result<LocalTree::Place> LocalTree::place_of(std::string_view name) const {
  const std::size_t slash = name.rfind('/');
  const std::string_view folder =
      slash == std::string_view::npos ? std::string_view() : name.substr(0, slash);
  Place place;
  place.name = name.substr(slash == std::string_view::npos ? 0 : slash + 1);
  place.whole = path_ + "/" + std::string(name);
  if (!is_name(place.name)) {
    return no_name(name);
  }
  MRE_TRY(place.folder, walk(folder));
  return place;
}

Result<std::vector<LocalEntry>> LocalTree::list(std::string_view name) const {
  MRE_TRY(UniqueFd folder, walk(name));
  const int descriptor = folder.get();
  const std::unique_ptr<DIR, int (*)(DIR *)> stream(::fdopendir(folder.release()), &::closedir);
  if (!stream) {
    return error_from_errno(errno, "cannot list " + path_ + "/" + std::string(name));
  }
  std::vector<LocalEntry> entries;
  while (const dirent *item = ::readdir(stream.get())) {
    const std::string_view found = item->d_name;
    struct stat info {};
    if (found == "." || found == ".." ||
        ::fstatat(descriptor, item->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
      continue; // gone meanwhile
    }
    if (entries.size() == limits::kDirectoryEntries) {
      return Error{Errc::too_large, path_ + "/" + std::string(name) + " has too many entries",
                   "pack it into an archive first"};
    }
    entries.push_back(entry_of(descriptor, item->d_name, info));
  }
  std::sort(entries.begin(), entries.end(),
            [](const LocalEntry &a, const LocalEntry &b) { return a.name < b.name; });
  return entries;
}

Result<LocalSource> LocalTree::open_source(std::string_view name) const {
  MRE_TRY(const Place place, place_of(name));
  LocalSource source;
  source.path_ = place.whole;
  source.file_.reset(::openat(place.folder.get(), place.name.c_str(),
                              O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat info {};
  if (!source.file_ || ::fstat(source.file_.get(), &info) != 0) {
    return error_from_errno(errno, "cannot read the local file " + place.whole);
  }
  if (!S_ISREG(info.st_mode)) {
    return Error{Errc::bad_argument, place.whole + " is not a regular file", {}};
  }
  const ResolvedPath resolved{place.whole.substr(0, place.whole.rfind('/')), place.name};
  MRE_TRY_VOID(files_.check_not_protected(resolved, {info.st_dev, info.st_ino}));
  source.bytes_ = static_cast<std::uint64_t>(info.st_size);
  source.permissions_ = info.st_mode & 07777U;
  return source;
}

// Whatever stands at the name and may be replaced by something that is no such thing goes: a link
// must not be written through.
Result<void> LocalTree::make_way(const Place &place, Overwrite overwrite) const {
  struct stat info {};
  if (::fstatat(place.folder.get(), place.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return {};
  }
  if (overwrite == Overwrite::refuse) {
    return Error{Errc::already_exists, place.whole + " exists",
                 "set overwrite=true, or choose another folder"};
  }
  if (S_ISDIR(info.st_mode)) {
    return Error{Errc::conflict, place.whole + " is a folder here and none on the other side",
                 "remove it, or choose another folder"};
  }
  const ResolvedPath resolved{place.whole.substr(0, place.whole.rfind('/')), place.name};
  MRE_TRY_VOID(files_.check_not_protected(resolved, {info.st_dev, info.st_ino}));
  if (!S_ISREG(info.st_mode) && ::unlinkat(place.folder.get(), place.name.c_str(), 0) != 0) {
    return error_from_errno(errno, "cannot replace " + place.whole);
  }
  return {};
}

Result<LocalTarget> LocalTree::open_target(std::string_view name, Overwrite overwrite) const {
  MRE_TRY(Place place, place_of(name));
  LocalTarget target;
  struct stat info {};
  target.existed_ =
      ::fstatat(place.folder.get(), place.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
  MRE_TRY_VOID(make_way(place, overwrite));
  target.path_ = {place.whole.substr(0, place.whole.rfind('/')), place.name};
  MRE_TRY_VOID(target.begin(std::move(place.folder), overwrite));
  return target;
}

Result<void> LocalTree::make_directory(std::string_view name) const {
  MRE_TRY(const Place place, place_of(name));
  if (::mkdirat(place.folder.get(), place.name.c_str(), kPrivateFolder) == 0) {
    return {};
  }
  const int problem = errno;
  struct stat info {};
  const bool is_there =
      ::fstatat(place.folder.get(), place.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
  if (problem == EEXIST && is_there && S_ISDIR(info.st_mode)) {
    return {};
  }
  if (problem == EEXIST) {
    return Error{Errc::conflict, place.whole + " is a folder there and none here",
                 "remove what stands here, or choose another folder"};
  }
  return error_from_errno(problem, "cannot make the folder " + place.whole);
}

Result<void> LocalTree::make_link(std::string_view name, const std::string &target,
                                  Overwrite overwrite) const {
  MRE_TRY(const Place place, place_of(name));
  MRE_TRY_VOID(make_way(place, overwrite));
  ::unlinkat(place.folder.get(), place.name.c_str(), 0); // a file that make_way() let stand
  if (::symlinkat(target.c_str(), place.folder.get(), place.name.c_str()) != 0) {
    return error_from_errno(errno, "cannot make the link " + place.whole);
  }
  return {};
}

Result<void> LocalTree::set_permissions(std::string_view folder, std::uint32_t permissions) const {
  MRE_TRY(const UniqueFd place, walk(folder));
  // Never set-id on this machine.
  if (::fchmod(place.get(), static_cast<mode_t>(permissions & 0777U)) != 0) {
    return error_from_errno(errno,
                            "cannot set the permissions of " + path_ + "/" + std::string(folder));
  }
  return {};
}

} // namespace mre::guard
