// See files.hpp. Reading and writing have their own files.
#include "core/ssh/files.hpp"

#include <libssh2.h>
#include <libssh2_sftp.h>

namespace mre::ssh {

namespace {

// In one round trip.
Result<StatResult> look_and_resolve(SftpCalls &calls, const std::string &path) {
  StatResult result;
  const SftpCalls::Step resolve = SftpCalls::real_path_step(path, result.real_path);
  MRE_TRY_VOID(calls.run({calls.at_once(
      {{"cannot look at " + calls.name(path), SftpCalls::stat_step(path, Follow::yes, result.info)},
       {"cannot resolve " + calls.name(path), [&resolve](auto *session, auto *sftp) -> long {
          const long code = resolve(session, sftp);
          return code == LIBSSH2_ERROR_SFTP_PROTOCOL ? 0 : code;
        }}})}));
  if (result.real_path.empty()) { // refused, which takes some finding out
    MRE_TRY(result.real_path, calls.real_path(path));
  }
  return result;
}

} // namespace

Files::Files(Engine &engine, const Clock &clock, const Log &log)
    : engine_(engine), clock_(clock), log_(log),
      leftovers_(
          [this](const config::HostConfig &host, const std::string &path) -> Result<void> {
            MRE_TRY(SftpCalls calls, open_calls(host, LeaseKind::metadata, std::stop_token()));
            return calls.remove_file(path);
          },
          log) {}

Files::~Files() = default;

Result<std::string> remote_path(const std::string &path) {
  if (path.empty()) {
    return Error{Errc::bad_argument, "the remote path is empty",
                 "give an absolute path, or one relative to the login's folder"};
  }
  if (path.find('\0') != std::string::npos) {
    return Error{Errc::bad_argument, "the remote path holds a NUL byte",
                 "no file system has such names"};
  }
  if (path == "~" || path == "~/") {
    return std::string(".");
  }
  if (path.compare(0, 2, "~/") == 0) {
    const std::size_t rest = path.find_first_not_of('/', 1);
    return rest == std::string::npos ? std::string(".") : path.substr(rest);
  }
  return path;
}

std::string folder_of(const std::string &path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) {
    return ".";
  }
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<SftpCalls> Files::open_calls(const config::HostConfig &host, LeaseKind kind,
                                    std::stop_token stop) {
  MRE_TRY(auto lease, engine_.lease_sftp(host, kind, stop));
  return SftpCalls(std::move(lease), std::move(stop), host.name);
}

Result<StatResult> Files::stat(const config::HostConfig &host, const std::string &path,
                               Follow follow, std::stop_token stop) {
  MRE_TRY(const std::string target, remote_path(path));
  MRE_TRY(SftpCalls calls, open_calls(host, LeaseKind::metadata, stop));
  if (follow == Follow::yes) {
    return look_and_resolve(calls, target);
  }
  StatResult result;
  MRE_TRY(result.info, calls.stat(target, follow));
  // The name itself stays as it is: only the way to it is resolved.
  const std::string folder = folder_of(target);
  MRE_TRY(const std::string real_folder, calls.real_path(folder));
  const std::string leaf = target.substr(target.rfind('/') + 1);
  result.real_path = real_folder + (real_folder == "/" ? "" : "/") + leaf;
  return result;
}

Result<std::vector<DirectoryEntry>> Files::list(const config::HostConfig &host,
                                                const std::string &path, std::stop_token stop) {
  MRE_TRY(const std::string target, remote_path(path));
  MRE_TRY(SftpCalls calls, open_calls(host, LeaseKind::metadata, stop));
  auto entries = calls.list(target);
  if (!entries && calls.is_usable()) {
    // OpenSSH says "no such file" for opendir on a file.
    const auto info = calls.find(target, Follow::yes);
    if (info && *info && (*info)->kind != FileKind::directory) {
      return Error{Errc::bad_argument, calls.name(path) + " is not a folder",
                   "read it with ssh_read_file"};
    }
  }
  return entries;
}

Result<void> make_directories(SftpCalls &calls, const std::string &path,
                              std::uint32_t permissions) {
  auto made = calls.make_directory(path, permissions);
  if (made || !calls.is_usable()) {
    return made;
  }
  // The way down is only asked about when the direct attempt failed: usually one folder is missing.
  MRE_TRY(const auto there, calls.find(path, Follow::yes));
  if (there) {
    if (there->kind != FileKind::directory) {
      return Error{Errc::bad_argument, calls.name(path) + " exists and is not a folder",
                   "choose another path"};
    }
    return {};
  }
  const std::string parent = folder_of(path);
  if (made.error().code != Errc::not_found || parent == path || parent == ".") {
    return made;
  }
  MRE_TRY_VOID(make_directories(calls, parent, permissions));
  return calls.make_directory(path, permissions);
}

Result<void> Files::make_directory(const config::HostConfig &host, const std::string &path,
                                   std::uint32_t permissions, Parents parents,
                                   std::stop_token stop) {
  MRE_TRY(std::string target, remote_path(path));
  while (target.size() > 1 && target.back() == '/') {
    target.pop_back();
  }
  MRE_TRY(SftpCalls calls, open_calls(host, LeaseKind::metadata, stop));
  MRE_TRY(const auto there, calls.find(target, Follow::yes));
  if (there) {
    if (parents == Parents::create && there->kind == FileKind::directory) {
      return {};
    }
    return Error{Errc::already_exists, calls.name(path) + " exists already", {}};
  }
  if (parents == Parents::create) {
    MRE_TRY_VOID(make_directories(calls, target, permissions));
  } else {
    MRE_TRY_VOID(calls.make_directory(target, permissions));
  }
  // The server's umask took bits away; what was asked for counts.
  return calls.set_permissions(target, permissions);
}

Result<void> Files::rename(const config::HostConfig &host, const std::string &from,
                           const std::string &to, Existing existing, std::stop_token stop) {
  MRE_TRY(const std::string source, remote_path(from));
  MRE_TRY(const std::string target, remote_path(to));
  MRE_TRY(SftpCalls calls, open_calls(host, LeaseKind::metadata, stop));
  if (existing == Existing::replace) {
    return calls.rename_over(source, target);
  }
  MRE_TRY(const auto there, calls.find(target, Follow::no));
  if (there) {
    return Error{Errc::already_exists, calls.name(to) + " exists already",
                 "remove it first or allow overwriting"};
  }
  return calls.rename_new(source, target);
}

Result<void> Files::remove(const config::HostConfig &host, const std::string &path,
                           std::stop_token stop) {
  MRE_TRY(const std::string target, remote_path(path));
  MRE_TRY(SftpCalls calls, open_calls(host, LeaseKind::metadata, stop));
  MRE_TRY(const FileInfo info, calls.stat(target, Follow::no));
  if (info.kind != FileKind::directory) {
    return calls.remove_file(target);
  }
  auto removed = calls.remove_directory(target);
  if (!removed && calls.last_status() == LIBSSH2_FX_FAILURE) {
    const auto entries = calls.list(target);
    if (entries && !entries->empty()) {
      return Error{Errc::conflict,
                   "cannot remove " + calls.name(path) + ": the folder is not empty",
                   "remove what is in it first"};
    }
  }
  return removed;
}

void Files::remove_leftover(const config::HostConfig &host, const std::string &path, Errc why) {
  // After a lost link the answer must not wait for a reconnect; otherwise the link is there and the
  // removal is quick.
  if (why == Errc::lost) {
    leftovers_.remove(host, path);
    return;
  }
  auto calls = open_calls(host, LeaseKind::metadata, std::stop_token());
  const auto removed = calls ? calls->remove_file(path) : Result<void>(calls.error());
  if (!removed && removed.error().code != Errc::not_found) {
    log_.warn("temporary_file_left",
              {{"host", host.name}, {"path", path}, {"reason", removed.error().message}});
  }
}

} // namespace mre::ssh
