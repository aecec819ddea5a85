#include "core/ssh/spool_folder.hpp"

#include "core/base/digest.hpp"
#include "core/base/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace mre::ssh {
namespace {

// "<pid>-<hex>": nothing else in there is ours to remove.
bool is_folder_name(const std::string &name) {
  const std::size_t dash = name.find('-');
  return dash != std::string::npos && dash > 0 && dash + 1 < name.size() &&
         name.find_first_not_of("0123456789") == dash &&
         name.find_first_not_of("0123456789abcdef", dash + 1) == std::string::npos;
}

// The lock, when nobody else has it.
UniqueFd try_lock(const std::string &path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    fd.reset();
  }
  return fd;
}

} // namespace

Result<std::unique_ptr<SpoolFolder>> SpoolFolder::create(const std::string &state_dir) {
  if (state_dir.empty()) {
    return Error{Errc::local_failed, "there is no state folder to keep long output in",
                 "set MRE_STATE_DIR"};
  }
  const std::string spool = state_dir + "/spool";
  MRE_TRY_VOID(make_private_directory(spool));
  // Another process that tidies up may catch the folder before it is locked; then it is gone and
  // another is made.
  for (int attempt = 0; attempt < 8; ++attempt) {
    const std::string path = spool + "/" + std::to_string(::getpid()) + "-" + random_hex(8);
    if (::mkdir(path.c_str(), 0700) != 0) {
      return error_from_errno(errno, "cannot make the folder " + path);
    }
    UniqueFd lock = try_lock(path);
    struct stat info {};
    if (lock && ::stat(path.c_str(), &info) == 0) {
      return std::unique_ptr<SpoolFolder>(new SpoolFolder(path, std::move(lock)));
    }
  }
  return Error{Errc::local_failed, "cannot lock a folder in " + spool,
               "is it on a file system without locks?"};
}

void SpoolFolder::remove_dead_ones_beside(const std::string &path) {
  std::error_code ignored;
  for (const auto &entry :
       std::filesystem::directory_iterator(std::filesystem::path(path).parent_path(), ignored)) {
    if (!is_folder_name(entry.path().filename().string())) {
      continue;
    }
    if (const UniqueFd lock = try_lock(entry.path().string())) {
      std::filesystem::remove_all(entry.path(), ignored);
    }
  }
}

SpoolFolder::~SpoolFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

} // namespace mre::ssh
