#include "core/base/file.hpp"

#include "core/base/unique_fd.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <vector>

namespace mre {

namespace {

Result<void> await_bytes(int fd, const std::string &path, std::chrono::milliseconds patience) {
  struct pollfd readable {
    fd, POLLIN, 0
  };
  int ready = 0;
  do {
    ready = ::poll(&readable, 1, static_cast<int>(patience.count()));
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) {
    return Error{Errc::local_failed, "cannot read " + path + ": nobody writes into this pipe",
                 "name a file"};
  }
  return ready < 0 ? Result<void>(error_from_errno(errno, "cannot read " + path)) : Result<void>();
}

} // namespace

Result<std::string> read_file(const std::string &path, std::size_t max_bytes,
                              std::chrono::milliseconds pipe_patience) {
  // Opening a pipe that nobody writes into would wait for ever.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0) {
    return error_from_errno(errno, "cannot read " + path);
  }
  std::string content;
  std::array<char, 65536> chunk{};
  while (true) {
    if (S_ISFIFO(info.st_mode) || S_ISCHR(info.st_mode)) {
      MRE_TRY_VOID(await_bytes(fd.get(), path, pipe_patience));
    }
    const ssize_t got = ::read(fd.get(), chunk.data(), chunk.size());
    if (got < 0) {
      if (errno == EINTR) {
        continue;
      }
      return error_from_errno(errno, "cannot read " + path);
    }
    if (got == 0) {
      return content;
    }
    content.append(chunk.data(), static_cast<std::size_t>(got));
    if (content.size() > max_bytes) {
      return Error{
          Errc::too_large, path + " is larger than " + std::to_string(max_bytes) + " bytes", {}};
    }
  }
}

Result<void> make_private_directory(const std::string &path) {
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
      return error_from_errno(errno, "cannot make the folder " + part);
    }
    if (slash == std::string::npos) {
      break;
    }
  }
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return error_from_errno(errno, "cannot look at " + path);
  }
  if (!S_ISDIR(info.st_mode)) {
    return Error{Errc::local_failed, path + " is not a folder", "remove it or name another folder"};
  }
  if (info.st_uid != ::geteuid()) {
    return Error{Errc::denied, "the folder " + path + " belongs to another user",
                 "name a folder of your own"};
  }
  if ((info.st_mode & 077) != 0 && ::chmod(path.c_str(), 0700) != 0) {
    return error_from_errno(errno, "cannot make " + path + " private");
  }
  return {};
}

Result<std::string> expand_tilde(const std::string &path) {
  if (path.empty() || path[0] != '~' || (path.size() > 1 && path[1] != '/')) {
    return path;
  }
  const char *home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') {
    return Error{Errc::bad_argument, path + " needs HOME, which is not set",
                 "write the whole path"};
  }
  return home + path.substr(1);
}

namespace {

// A group that holds nobody but the owner: its name is the owner's and it lists no other member.
bool is_private_group(gid_t group, uid_t owner) {
  std::vector<char> buffer(16384);
  struct group group_entry {};
  struct group *found_group = nullptr;
  if (::getgrgid_r(group, &group_entry, buffer.data(), buffer.size(), &found_group) != 0 ||
      found_group == nullptr) {
    return false;
  }
  std::vector<char> user_buffer(16384);
  struct passwd user_entry {};
  struct passwd *found_user = nullptr;
  if (::getpwuid_r(owner, &user_entry, user_buffer.data(), user_buffer.size(), &found_user) != 0 ||
      found_user == nullptr) {
    return false;
  }
  if (std::string_view(group_entry.gr_name) != user_entry.pw_name) {
    return false;
  }
  for (char **member = group_entry.gr_mem; *member != nullptr; ++member) {
    if (std::string_view(*member) != user_entry.pw_name) {
      return false;
    }
  }
  return true;
}

Result<void> check_one(const std::string &path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return error_from_errno(errno, "cannot look at " + path);
  }
  if (info.st_uid != 0 && info.st_uid != ::geteuid()) {
    return Error{Errc::denied, path + " belongs to user id " + std::to_string(info.st_uid),
                 "it must belong to root or to the user who runs the server"};
  }
  const bool others_write = (info.st_mode & S_IWOTH) != 0;
  const bool group_writes =
      (info.st_mode & S_IWGRP) != 0 && !is_private_group(info.st_gid, info.st_uid);
  if (others_write || group_writes) {
    return Error{Errc::denied,
                 path + " can be written by " + (others_write ? "everybody" : "a group"),
                 "run: chmod go-w '" + path + "'"};
  }
  return {};
}

} // namespace

Result<void> check_trusted(const std::string &path) {
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr),
                                                             &std::free);
  if (!resolved) {
    return error_from_errno(errno, "cannot find " + path);
  }
  const std::string real = resolved.get();
  MRE_TRY_VOID(check_one(real));
  const std::size_t slash = real.rfind('/');
  return check_one(slash == 0 ? "/" : real.substr(0, slash));
}

} // namespace mre
