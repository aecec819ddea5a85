// See sftp_calls.hpp. libssh2's calls come in two kinds: those that return a handle tell their
// error through the session, the others return it.
#include "core/ssh/sftp_calls.hpp"

#include "core/ssh/sftp_steps.hpp"

#include <libssh2.h>
#include <libssh2_sftp.h>

#include <array>

namespace mre::ssh {

namespace {

bool is_broken_link(long code) {
  return code == LIBSSH2_ERROR_SOCKET_SEND || code == LIBSSH2_ERROR_SOCKET_RECV ||
         code == LIBSSH2_ERROR_SOCKET_DISCONNECT || code == LIBSSH2_ERROR_SOCKET_TIMEOUT ||
         code == LIBSSH2_ERROR_SOCKET_NONE || code == LIBSSH2_ERROR_CHANNEL_CLOSED ||
         code == LIBSSH2_ERROR_CHANNEL_EOF_SENT;
}

// The server's status (draft-ietf-secsh-filexfer-02 section 7) as our vocabulary.
Error from_status(unsigned long status, const std::string &what) {
  switch (status) {
  case LIBSSH2_FX_NO_SUCH_FILE:
  case LIBSSH2_FX_NO_SUCH_PATH:
  case LIBSSH2_FX_NOT_A_DIRECTORY:
    return {Errc::not_found, what + ": no such file or folder",
            "check the path with ssh_list_directory"};
  case LIBSSH2_FX_PERMISSION_DENIED:
  case LIBSSH2_FX_WRITE_PROTECT:
    return {Errc::denied, what + ": permission denied",
            "use a path the login user may access, or a host entry with another user"};
  case LIBSSH2_FX_FILE_ALREADY_EXISTS:
    return {Errc::already_exists, what + ": it exists already", {}};
  case LIBSSH2_FX_NO_SPACE_ON_FILESYSTEM:
    return {Errc::remote_failed, what + ": no space left on the file system",
            "free space on the host"};
  case LIBSSH2_FX_QUOTA_EXCEEDED:
    return {Errc::remote_failed, what + ": the disk quota is exhausted", "free space on the host"};
  case LIBSSH2_FX_OP_UNSUPPORTED:
    return {Errc::unsupported, what + ": the server does not support this", {}};
  case LIBSSH2_FX_BAD_MESSAGE: // OpenSSH's word for EINVAL and ENAMETOOLONG
  case LIBSSH2_FX_INVALID_FILENAME:
    return {Errc::bad_argument, what + ": the server calls the name invalid or too long", {}};
  case LIBSSH2_FX_DIR_NOT_EMPTY:
    return {Errc::conflict, what + ": the folder is not empty", {}};
  case LIBSSH2_FX_LINK_LOOP:
    return {Errc::bad_argument, what + ": too many symbolic links in a row", {}};
  default:
    return {Errc::remote_failed,
            what + ": the server refused (SFTP status " + std::to_string(status) + ")",
            {}};
  }
}

} // namespace

std::string remote_name(std::string_view host, std::string_view path) {
  return std::string(host) + ':' + std::string(path);
}

SftpCalls::SftpCalls(std::unique_ptr<SftpLease> lease, std::stop_token stop, std::string host)
    : lease_(std::move(lease)), stop_(std::move(stop)), host_(std::move(host)) {}

Result<long> SftpCalls::run(const Step &step, const std::string &what, Milliseconds patience) {
  status_ = LIBSSH2_FX_OK;
  first_failure_.reset();
  const auto watched = [&](LIBSSH2_SESSION *session, LIBSSH2_SFTP *sftp) {
    const long code = step(session, sftp);
    if (code < 0 && code != LIBSSH2_ERROR_EAGAIN) {
      if (code == LIBSSH2_ERROR_SFTP_PROTOCOL) {
        status_ = first_failure_ ? first_failure_->status : libssh2_sftp_last_error(sftp);
      }
      char *text = nullptr;
      libssh2_session_last_error(session, &text, nullptr, 0);
      text_ = text == nullptr ? "" : text;
    }
    return code;
  };
  auto ended = lease_->run(watched, stop_, patience);
  if (!ended) {
    usable_ = false;
    return ended.error().within(what);
  }
  if (*ended < 0) {
    return to_error(*ended, what);
  }
  return *ended;
}

Result<void> SftpCalls::run(const std::vector<Stage> &stages, Milliseconds patience) {
  std::size_t at = 0;
  const auto all = [&](LIBSSH2_SESSION *session, LIBSSH2_SFTP *sftp) -> long {
    for (; at < stages.size(); ++at) {
      const long code = stages[at].step(session, sftp);
      if (code < 0) {
        return code;
      }
    }
    return 0;
  };
  auto ended = run(all, "", patience);
  if (!ended) {
    // The stage that failed is only known now; within("") put ": " in front.
    Error error = std::move(ended).error();
    const std::string &what =
        first_failure_ ? first_failure_->what : stages[std::min(at, stages.size() - 1)].what;
    error.message = what + error.message;
    return error;
  }
  return {};
}

Error SftpCalls::to_error(long code, const std::string &what) const {
  if (code == LIBSSH2_ERROR_SFTP_PROTOCOL && status_ != LIBSSH2_FX_OK) {
    return from_status(status_, what);
  }
  if (is_broken_link(code)) {
    return {Errc::lost, what + ": the connection broke",
            "try again; what had not been renamed into place is not there"};
  }
  return {Errc::remote_failed,
          what + ": " + (text_.empty() ? "SFTP failed" : text_) + " (libssh2 " +
              std::to_string(code) + ")",
          {}};
}

Result<FileInfo> SftpCalls::stat(const std::string &path, Follow follow) {
  FileInfo info;
  MRE_TRY_VOID(run(stat_step(path, follow, info), "cannot look at " + name(path)));
  return info;
}

Result<std::optional<FileInfo>> SftpCalls::find(const std::string &path, Follow follow) {
  auto info = stat(path, follow);
  if (info) {
    return std::optional<FileInfo>(*info);
  }
  if (info.error().code == Errc::not_found) {
    return std::optional<FileInfo>();
  }
  return std::move(info).error();
}

Result<std::string> SftpCalls::real_path(const std::string &path) {
  std::string target;
  const auto resolved = run(real_path_step(path, target), "cannot resolve " + name(path));
  if (resolved) {
    return target;
  }
  if (status_ == LIBSSH2_FX_OK) {
    return resolved.error();
  }
  // libssh2 1.11.1 takes the number of the request for the status of a REALPATH that was refused
  // (measured): the reason comes from looking at what the path leads to.
  MRE_TRY_VOID(stat(path, Follow::yes));
  return Error{Errc::remote_failed, "cannot resolve " + name(path) + ": the server refused",
               "look at the link with ssh_list_directory, or name its target"};
}

Result<SftpHandle *> SftpCalls::open(const std::string &path, unsigned long flags, long mode) {
  SftpHandle *handle = nullptr;
  MRE_TRY_VOID(run(open_step(path, flags, mode, handle), "cannot open " + name(path)));
  return handle;
}

Result<void> SftpCalls::make_directory(const std::string &path, std::uint32_t permissions) {
  MRE_TRY_VOID(run(
      [&](auto *, auto *sftp) {
        return libssh2_sftp_mkdir_ex(sftp, path.data(), length_of(path),
                                     static_cast<long>(permissions));
      },
      "cannot make the folder " + name(path)));
  return {};
}

Result<void> SftpCalls::set_permissions(const std::string &path, std::uint32_t permissions) {
  LIBSSH2_SFTP_ATTRIBUTES attributes{};
  attributes.flags = LIBSSH2_SFTP_ATTR_PERMISSIONS;
  attributes.permissions = permissions;
  MRE_TRY_VOID(run(
      [&](auto *, auto *sftp) {
        return libssh2_sftp_stat_ex(sftp, path.data(), length_of(path), LIBSSH2_SFTP_SETSTAT,
                                    &attributes);
      },
      "cannot set the permissions of " + name(path)));
  return {};
}

Result<void> SftpCalls::rename_new(const std::string &from, const std::string &to) {
  MRE_TRY_VOID(run(rename_new_step(from, to), "cannot rename " + name(from) + " to " + to));
  return {};
}

Result<void> SftpCalls::rename_over(const std::string &from, const std::string &to) {
  const Step rename = rename_over_step(from, to);
  MRE_TRY(const long code,
          run(
              [&](auto *session, auto *sftp) -> long {
                const long ended = rename(session, sftp);
                const bool refused = ended == LIBSSH2_ERROR_SFTP_PROTOCOL &&
                                     libssh2_sftp_last_error(sftp) == LIBSSH2_FX_OP_UNSUPPORTED;
                return refused ? static_cast<long>(LIBSSH2_FX_OP_UNSUPPORTED) : ended;
              },
              "cannot rename " + name(from) + " to " + to));
  if (code != static_cast<long>(LIBSSH2_FX_OP_UNSUPPORTED)) {
    return {};
  }
  // A server without the extension cannot replace in one step. The gap is as short as two requests.
  MRE_TRY(const auto there, find(to, Follow::no));
  if (there) {
    MRE_TRY_VOID(remove_file(to));
  }
  return rename_new(from, to);
}

Result<void> SftpCalls::remove_file(const std::string &path) {
  MRE_TRY_VOID(
      run([&](auto *,
              auto *sftp) { return libssh2_sftp_unlink_ex(sftp, path.data(), length_of(path)); },
          "cannot remove " + name(path)));
  return {};
}

Result<void> SftpCalls::remove_directory(const std::string &path) {
  MRE_TRY_VOID(run(
      [&](auto *, auto *sftp) { return libssh2_sftp_rmdir_ex(sftp, path.data(), length_of(path)); },
      "cannot remove " + name(path)));
  return {};
}

Result<void> SftpCalls::close(SftpHandle *handle) {
  MRE_TRY_VOID(run(close_step(handle), "cannot close a file on " + host_));
  return {};
}

std::optional<Error> SftpCalls::explain_refusal(const std::string &folder,
                                                std::uint64_t bytes_wanted) {
  LIBSSH2_SFTP_STATVFS system{};
  const auto asked = run(
      [&](auto *, auto *sftp) {
        return libssh2_sftp_statvfs(sftp, folder.data(), folder.size(), &system);
      },
      "");
  if (!asked) {
    return std::nullopt;
  }
  if ((system.f_flag & LIBSSH2_SFTP_ST_RDONLY) != 0) {
    return Error{Errc::denied, "the file system of " + name(folder) + " is read-only",
                 "choose another folder"};
  }
  const bool has_inodes =
      system.f_files == 0 || system.f_favail > 0; // some file systems do not count them
  if (has_inodes && (system.f_frsize == 0 || system.f_bavail > bytes_wanted / system.f_frsize)) {
    return std::nullopt;
  }
  return Error{Errc::remote_failed, "no space left on " + name(folder),
               "free space on the host or choose another file system"};
}

bool SftpCalls::is_openssh() const {
  return lease_->server_banner().find("OpenSSH") != std::string_view::npos;
}

Result<std::vector<DirectoryEntry>> SftpCalls::list(const std::string &path) {
  SftpHandle *handle = nullptr;
  std::vector<DirectoryEntry> entries;
  std::array<char, kPathBytes> buffer{};
  LIBSSH2_SFTP_ATTRIBUTES attributes{};
  const std::string what = "cannot list " + name(path);
  const Step open_folder = [&](auto *session, auto *sftp) -> long {
    handle = libssh2_sftp_open_ex(sftp, path.data(), length_of(path), 0, 0, LIBSSH2_SFTP_OPENDIR);
    return handle == nullptr ? code_without_handle(session) : 0;
  };
  const Step read_all = [&](auto *, auto *) -> long {
    while (true) {
      const int length =
          libssh2_sftp_readdir_ex(handle, buffer.data(), buffer.size(), nullptr, 0, &attributes);
      if (length <= 0) {
        return length;
      }
      const std::string_view entry(buffer.data(), static_cast<std::size_t>(length));
      if (entry != "." && entry != "..") {
        entries.push_back({std::string(entry), to_info(attributes), {}});
      }
      if (entries.size() > limits::kDirectoryEntries) {
        return LIBSSH2_ERROR_OUT_OF_BOUNDARY;
      }
    }
  };
  const Step close_folder = close_step(handle);
  auto listed = run({{what, open_folder}, {what, read_all}, {what, close_folder}});
  if (!listed) {
    if (handle != nullptr && usable_) {
      static_cast<void>(close(handle).has_value());
    }
    if (entries.size() > limits::kDirectoryEntries) {
      return Error{Errc::too_large,
                   what + ": it has more than " + std::to_string(limits::kDirectoryEntries) +
                       " entries",
                   "use a command such as find, which can filter"};
    }
    return std::move(listed).error();
  }
  std::size_t at = 0;
  const Step read_links = [&](auto *, auto *sftp) -> long {
    for (; at < entries.size(); ++at) {
      if (entries[at].info.kind != FileKind::symlink) {
        continue;
      }
      const std::string link = path + '/' + entries[at].name;
      const int length =
          libssh2_sftp_symlink_ex(sftp, link.data(), length_of(link), buffer.data(),
                                  static_cast<unsigned>(buffer.size()), LIBSSH2_SFTP_READLINK);
      if (length == LIBSSH2_ERROR_EAGAIN || (length < 0 && length != LIBSSH2_ERROR_SFTP_PROTOCOL)) {
        return length;
      }
      // A link that vanished or may not be read keeps an empty target: the listing is still true.
      entries[at].target.assign(buffer.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
    }
    return 0;
  };
  MRE_TRY_VOID(run(read_links, what));
  return entries;
}

} // namespace mre::ssh
