#include "core/guard/audit_file.hpp"

#include "core/base/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <utility>

namespace mre::guard {
namespace {

// Waits for the lock: whoever holds it does so for one write or a few renames.
class FileLock {
public:
  explicit FileLock(int fd) : fd_(fd) {
    int result = 0;
    do {
      result = ::flock(fd_, LOCK_EX);
    } while (result != 0 && errno == EINTR);
    is_held_ = result == 0;
  }
  ~FileLock() {
    if (is_held_) {
      ::flock(fd_, LOCK_UN);
    }
  }
  FileLock(const FileLock &) = delete;
  FileLock &operator=(const FileLock &) = delete;

  bool is_held() const { return is_held_; }

private:
  int fd_;
  bool is_held_ = false;
};

Result<UniqueFd> open_private(const std::string &path, int flags) {
  UniqueFd fd(::open(path.c_str(), flags | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) {
    return error_from_errno(errno, "cannot open " + path);
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) == 0 && (info.st_mode & 077) != 0 && ::fchmod(fd.get(), 0600) != 0) {
    return error_from_errno(errno, "cannot make " + path + " private");
  }
  return fd;
}

} // namespace

AuditFile::AuditFile(std::string directory, Bounds bounds)
    : directory_(std::move(directory)), path_(directory_ + "/audit.jsonl"), bounds_(bounds) {}

Result<void> AuditFile::append(std::string_view line) {
  MRE_TRY_VOID(open_lock());
  // Exclusive also for plain writes: with a shared lock two processes could both find room for one
  // line.
  const FileLock lock(lock_.get());
  MRE_TRY_VOID(open_current());
  MRE_TRY(const std::uint64_t size, size_of_current());
  // Without the lock (a file system that has none) the file rather grows than is rotated twice.
  if (lock.is_held() && size != 0 && size + line.size() > bounds_.file_bytes) {
    MRE_TRY_VOID(rotate());
  }
  return write_line(line);
}

Result<void> AuditFile::open_lock() {
  struct stat by_fd {};
  struct stat by_path {};
  const std::string path = directory_ + "/audit.lock";
  const bool is_same = lock_ && ::fstat(lock_.get(), &by_fd) == 0 &&
                       ::stat(path.c_str(), &by_path) == 0 && by_fd.st_ino == by_path.st_ino &&
                       by_fd.st_dev == by_path.st_dev;
  if (is_same) {
    return {};
  }
  MRE_TRY_VOID(make_private_directory(directory_));
  MRE_TRY(lock_, open_private(path, O_RDWR));
  return {};
}

Result<void> AuditFile::open_current() {
  struct stat by_fd {};
  struct stat by_path {};
  const bool is_same = current_ && ::fstat(current_.get(), &by_fd) == 0 &&
                       ::stat(path_.c_str(), &by_path) == 0 && by_fd.st_ino == by_path.st_ino &&
                       by_fd.st_dev == by_path.st_dev;
  if (is_same) {
    return {};
  }
  MRE_TRY(UniqueFd opened, open_private(path_, O_WRONLY | O_APPEND));
  if (is_unsynced_) {
    left_.push_back(std::exchange(current_, UniqueFd()));
  }
  current_ = std::move(opened);
  is_torn_ = false;
  is_unsynced_ = false;
  is_folder_unsynced_ = true;
  return {};
}

std::vector<UniqueFd> AuditFile::take_unsynced() {
  std::vector<UniqueFd> files = std::exchange(left_, {});
  // Without a descriptor to spare the next sync has it.
  const auto take = [&files](bool &is_left, UniqueFd file) {
    is_left = !file;
    if (file) {
      files.push_back(std::move(file));
    }
  };
  if (is_unsynced_) {
    take(is_unsynced_, UniqueFd(::fcntl(current_.get(), F_DUPFD_CLOEXEC, 0)));
  }
  if (is_folder_unsynced_) {
    take(is_folder_unsynced_,
         UniqueFd(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  }
  return files;
}

Result<std::uint64_t> AuditFile::size_of_current() const {
  struct stat info {};
  if (::fstat(current_.get(), &info) != 0) {
    return error_from_errno(errno, "cannot look at " + path_);
  }
  return static_cast<std::uint64_t>(info.st_size);
}

Result<void> AuditFile::rotate() {
  for (int number = bounds_.files - 1; number > 0; --number) {
    const std::string from = number == 1 ? path_ : path_ + "." + std::to_string(number - 1);
    const std::string to = path_ + "." + std::to_string(number);
    if (::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) {
      return error_from_errno(errno, "cannot rename " + from);
    }
  }
  return open_current();
}

Result<void> AuditFile::write_line(std::string_view line) {
  const std::string text = (is_torn_ ? "\n" : "") + std::string(line);
  ssize_t written = -1;
  do {
    written = ::write(current_.get(), text.data(), text.size());
  } while (written < 0 && errno == EINTR);
  if (written < 0) {
    return error_from_errno(errno, "cannot write " + path_);
  }
  is_unsynced_ = true;
  is_torn_ = static_cast<std::size_t>(written) != text.size();
  if (is_torn_) {
    return Error{Errc::local_failed,
                 "cannot write " + path_ + ": the disk took a part of the line only",
                 "free space on the disk"};
  }
  return {};
}

} // namespace mre::guard
