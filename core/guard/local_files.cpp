// See local_files.hpp.
#include "core/guard/local_files.hpp"

#include "core/base/digest.hpp"
#include "core/base/file.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace mre::guard {

namespace {

constexpr std::uint32_t kAllPermissions = 07777;
constexpr std::size_t kTemporaryNameBytes = 8; // of randomness: two writers never meet
constexpr std::size_t kProcessStatusBytes = 65536;

// umask(2) can only be read by changing it, which other threads would notice; the kernel also tells
// it here.
mode_t current_umask() {
  constexpr mode_t cautious = 077;
  const auto status = read_file("/proc/self/status", kProcessStatusBytes);
  const std::size_t at = status ? status->find("\nUmask:") : std::string::npos;
  return at == std::string::npos
             ? cautious
             : static_cast<mode_t>(std::strtoul(status->c_str() + at + 7, nullptr, 8)) & 0777;
}

// Without glibc's wrapper, which is newer than the oldest C library this builds on.
int rename_new(int folder, const char *from, const char *to) {
  return static_cast<int>(::syscall(SYS_renameat2, folder, from, folder, to, RENAME_NOREPLACE));
}

Error already_exists(const std::string &path) {
  return {Errc::already_exists, "the local file " + path + " exists already",
          "set overwrite to true, or choose another path"};
}

Error is_folder(const std::string &path) {
  return {Errc::bad_argument, "the local path " + path + " is a folder", "add the file's name"};
}

Error not_regular(const std::string &path) {
  return {Errc::bad_argument, path + " is not a regular file (a device, pipe or socket)",
          "name a regular file"};
}

Error is_protected(const std::string &path) {
  return {Errc::denied,
          path +
              " belongs to this server (keys, settings, hosts or state) and is never transferred",
          "choose another file"};
}

} // namespace

Result<std::size_t> LocalSource::read(char *buffer, std::size_t capacity) {
  while (true) {
    const ssize_t got = ::read(file_.get(), buffer, capacity);
    if (got >= 0) {
      return static_cast<std::size_t>(got);
    }
    if (errno != EINTR) {
      return error_from_errno(errno, "cannot read " + path_);
    }
  }
}

Result<void> LocalFiles::check_root(const ResolvedPath &path) const {
  if (settings_->transfer_root.empty()) {
    return {};
  }
  MRE_TRY(const std::string expanded, expand_tilde(settings_->transfer_root));
  const std::unique_ptr<char, decltype(&std::free)> root(::realpath(expanded.c_str(), nullptr),
                                                         &std::free);
  if (!root) {
    Error error =
        error_from_errno(errno, "TRANSFER_ROOT " + settings_->transfer_root + " cannot be used");
    error.code = Errc::local_failed;
    error.hint = "make that folder or change TRANSFER_ROOT";
    return error;
  }
  if (!is_inside(path.folder, root.get())) {
    return Error{Errc::denied,
                 "the local path " + path.whole() + " is outside TRANSFER_ROOT (" + root.get() +
                     ")",
                 "use a path inside that folder"};
  }
  return {};
}

Result<void> LocalFiles::check_folders(const ResolvedPath &path, const OpenFolder &folder) const {
  struct stat state {};
  if (settings_->state_dir.empty() || ::stat(settings_->state_dir.c_str(), &state) != 0) {
    return {};
  }
  const FileIdentity state_folder(state.st_dev, state.st_ino);
  if (std::find(folder.passed.begin(), folder.passed.end(), state_folder) != folder.passed.end()) {
    return is_protected(path.whole());
  }
  return {};
}

Result<void> LocalFiles::check_not_protected(const ResolvedPath &path,
                                             const FileIdentity &file) const {
  const auto is_among = [&](const std::vector<std::string> &names) {
    return std::any_of(names.begin(), names.end(), [&](const std::string &name) {
      struct stat info {};
      return name == path.whole() ||
             (::stat(name.c_str(), &info) == 0 && file == FileIdentity(info.st_dev, info.st_ino));
    });
  };
  const bool is_ours = is_among(settings_->protected_files) ||
                       (hosts_ != nullptr && is_among(hosts_->protected_files));
  return is_ours ? Result<void>(is_protected(path.whole())) : Result<void>();
}

Result<LocalSource> LocalFiles::open_source(const std::string &path) const {
  MRE_TRY(const ResolvedPath resolved, resolve_local_path(path));
  MRE_TRY_VOID(check_root(resolved));
  MRE_TRY(const OpenFolder folder, open_folder(resolved.folder, MissingFolders::refuse));
  MRE_TRY_VOID(check_folders(resolved, folder));
  LocalSource source;
  source.path_ = resolved.whole();
  // Opening a pipe without O_NONBLOCK would wait for its writer.
  source.file_.reset(::openat(folder.fd.get(), resolved.name.c_str(),
                              O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!source.file_) {
    return error_from_errno(errno, "cannot read the local file " + source.path_);
  }
  struct stat info {};
  struct statfs system {};
  if (::fstat(source.file_.get(), &info) != 0 || ::fstatfs(source.file_.get(), &system) != 0) {
    return error_from_errno(errno, "cannot look at " + source.path_);
  }
  if (S_ISDIR(info.st_mode)) {
    return is_folder(source.path_);
  }
  if (!S_ISREG(info.st_mode)) {
    return not_regular(source.path_);
  }
  if (system.f_type == PROC_SUPER_MAGIC) { // our own environment and memory are files there
    return is_protected(source.path_);
  }
  MRE_TRY_VOID(check_not_protected(resolved, {info.st_dev, info.st_ino}));
  source.bytes_ = static_cast<std::uint64_t>(info.st_size);
  source.permissions_ = info.st_mode & kAllPermissions;
  return source;
}

Result<LocalTarget> LocalFiles::open_target(const std::string &path, Overwrite overwrite) const {
  LocalTarget target;
  MRE_TRY(target.path_, resolve_local_path(path));
  MRE_TRY_VOID(check_root(target.path_));
  const std::string whole = target.path_.whole();
  MRE_TRY(OpenFolder folder, open_folder(target.path_.folder, MissingFolders::make));
  MRE_TRY_VOID(check_folders(target.path_, folder));
  struct stat info {};
  target.existed_ =
      ::fstatat(folder.fd.get(), target.path_.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
  MRE_TRY_VOID(check_not_protected(
      target.path_, target.existed_ ? FileIdentity(info.st_dev, info.st_ino) : FileIdentity()));
  if (target.existed_) {
    if (S_ISDIR(info.st_mode)) {
      return is_folder(whole);
    }
    if (!S_ISREG(info.st_mode)) {
      return not_regular(whole);
    }
    if (overwrite == Overwrite::refuse) {
      return already_exists(whole);
    }
  }
  MRE_TRY_VOID(target.begin(std::move(folder.fd), overwrite));
  return target;
}

Result<void> LocalTarget::begin(UniqueFd folder, Overwrite overwrite) {
  overwrite_ = overwrite;
  folder_ = std::move(folder);
  const std::string temporary = ".mre-" + random_hex(kTemporaryNameBytes) + ".tmp";
  file_.reset(::openat(folder_.get(), temporary.c_str(),
                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file_) {
    return error_from_errno(errno, "cannot write to the local folder " + path_.folder);
  }
  temporary_ = temporary;
  return {};
}

LocalTarget::LocalTarget(LocalTarget &&other) noexcept
    : path_(std::move(other.path_)), folder_(std::move(other.folder_)),
      file_(std::move(other.file_)), temporary_(std::exchange(other.temporary_, {})),
      overwrite_(other.overwrite_), existed_(other.existed_) {}

LocalTarget::~LocalTarget() {
  if (!temporary_.empty()) {
    ::unlinkat(folder_.get(), temporary_.c_str(), 0);
  }
}

Result<void> LocalTarget::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) {
        continue;
      }
      return error_from_errno(errno, "cannot write the local file " + path_.whole());
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// Gives the temporary file the mode, and the owner, that the finished one has.
Result<void> LocalTarget::take_over(const std::string &whole, std::uint32_t permissions) {
  struct stat info {};
  const bool exists = ::fstatat(folder_.get(), path_.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
  if (exists && !S_ISREG(info.st_mode)) {
    return S_ISDIR(info.st_mode) ? is_folder(whole) : not_regular(whole);
  }
  if (exists && overwrite_ == Overwrite::refuse) {
    return already_exists(whole);
  }
  mode_t mode = static_cast<mode_t>(permissions & kAllPermissions) & ~current_umask();
  if (exists) {
    mode = info.st_mode & kAllPermissions;
    struct stat mine {};
    if (::fstat(file_.get(), &mine) == 0 &&
        (mine.st_uid != info.st_uid || mine.st_gid != info.st_gid) &&
        ::fchown(file_.get(), info.st_uid, info.st_gid) != 0) {
      return error_from_errno(errno, "cannot keep the owner of " + whole);
    }
  }
  if (::fchmod(file_.get(), mode) != 0) { // after the owner: changing that takes set-id bits away
    return error_from_errno(errno, "cannot set the permissions of " + whole);
  }
  // Only a replaced file has something to lose in a crash.
  if (exists && ::fsync(file_.get()) != 0) {
    return error_from_errno(errno, "cannot write the local file " + whole);
  }
  return {};
}

Result<void> LocalTarget::put_in_place(const std::string &whole) {
  const char *name = path_.name.c_str();
  if (overwrite_ == Overwrite::allow) {
    if (::renameat(folder_.get(), temporary_.c_str(), folder_.get(), name) != 0) {
      return error_from_errno(errno, "cannot put " + whole + " in place");
    }
    temporary_.clear();
    return {};
  }
  if (rename_new(folder_.get(), temporary_.c_str(), name) == 0) {
    temporary_.clear();
    return {};
  }
  if (errno == EEXIST) {
    return already_exists(whole);
  }
  // A file system without that kind of rename has links, which do not replace either; the temporary
  // name goes with the object.
  if (::linkat(folder_.get(), temporary_.c_str(), folder_.get(), name, 0) != 0) {
    return errno == EEXIST ? already_exists(whole)
                           : error_from_errno(errno, "cannot put " + whole + " in place");
  }
  return {};
}

Result<std::string> LocalTarget::commit(std::uint32_t permissions) {
  const std::string whole = path_.whole();
  MRE_TRY_VOID(take_over(whole, permissions));
  const int closed =
      ::close(file_.release()); // some file systems tell only now that the disk is full
  if (closed != 0 && errno != EINTR) {
    return error_from_errno(errno, "cannot write the local file " + whole);
  }
  MRE_TRY_VOID(put_in_place(whole));
  return whole;
}

} // namespace mre::guard
