// The single requests of SFTP, and several of them at once. See sftp_calls.hpp.
#include "core/ssh/sftp_steps.hpp"

#include "core/ssh/sftp_calls.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace mre::ssh {

namespace {
constexpr unsigned long kAllPermissions = 07777;
} // namespace

FileInfo to_info(const LIBSSH2_SFTP_ATTRIBUTES &attributes) {
  FileInfo info;
  if ((attributes.flags & LIBSSH2_SFTP_ATTR_PERMISSIONS) != 0) {
    info.permissions = static_cast<std::uint32_t>(attributes.permissions & kAllPermissions);
    const unsigned long type = attributes.permissions & LIBSSH2_SFTP_S_IFMT;
    info.kind = type == LIBSSH2_SFTP_S_IFREG   ? FileKind::regular
                : type == LIBSSH2_SFTP_S_IFDIR ? FileKind::directory
                : type == LIBSSH2_SFTP_S_IFLNK ? FileKind::symlink
                                               : FileKind::other;
  }
  if ((attributes.flags & LIBSSH2_SFTP_ATTR_UIDGID) != 0) {
    info.uid = static_cast<std::uint32_t>(attributes.uid);
    info.gid = static_cast<std::uint32_t>(attributes.gid);
  }
  if ((attributes.flags & LIBSSH2_SFTP_ATTR_SIZE) != 0) {
    info.bytes = attributes.filesize;
  }
  if ((attributes.flags & LIBSSH2_SFTP_ATTR_ACMODTIME) != 0) {
    info.modified = static_cast<std::int64_t>(attributes.mtime);
  }
  return info;
}

long code_without_handle(LIBSSH2_SESSION *session) {
  const int code = libssh2_session_last_errno(session);
  return code < 0 ? code : LIBSSH2_ERROR_SFTP_PROTOCOL;
}

// Every request is sent before the first answer is waited for. The answers are taken in the order
// of the requests: the next step is not called again before the one in front has ended, so that
// what a later one gives up (a handle) is still there for the earlier.
SftpCalls::Stage SftpCalls::at_once(std::vector<Stage> stages) {
  struct Progress {
    std::vector<Stage> stages;
    std::vector<long> codes;
    bool are_sent = false;
    long result = 0;
  };
  auto progress = std::make_shared<Progress>();
  progress->codes.assign(stages.size(), LIBSSH2_ERROR_EAGAIN);
  progress->stages = std::move(stages);
  return {progress->stages.front().what,
          [this, progress](LIBSSH2_SESSION *session, LIBSSH2_SFTP *sftp) -> long {
            bool is_waiting = false;
            for (std::size_t i = 0; i < progress->stages.size(); ++i) {
              long &code = progress->codes[i];
              if (code != LIBSSH2_ERROR_EAGAIN) {
                continue;
              }
              code = progress->stages[i].step(session, sftp);
              if (code == LIBSSH2_ERROR_EAGAIN) {
                is_waiting = true;
                if (progress->are_sent) {
                  break;
                }
              } else if (code < 0 && progress->result == 0) {
                progress->result = code;
                first_failure_ = {progress->stages[i].what, libssh2_sftp_last_error(sftp)};
              }
            }
            progress->are_sent = is_waiting;
            if (is_waiting) {
              return LIBSSH2_ERROR_EAGAIN;
            }
            // Ready to be run again, as after the folders were made.
            progress->codes.assign(progress->codes.size(), LIBSSH2_ERROR_EAGAIN);
            return std::exchange(progress->result, 0);
          }};
}

SftpCalls::Step SftpCalls::open_step(const std::string &path, unsigned long flags, long mode,
                                     SftpHandle *&handle) {
  return [&path, flags, mode, &handle](LIBSSH2_SESSION *session, LIBSSH2_SFTP *sftp) -> long {
    handle = libssh2_sftp_open_ex(sftp, path.data(), length_of(path), flags, mode,
                                  LIBSSH2_SFTP_OPENFILE);
    return handle == nullptr ? code_without_handle(session) : 0;
  };
}

SftpCalls::Step SftpCalls::stat_step(const std::string &path, Follow follow, FileInfo &info) {
  const int kind = follow == Follow::yes ? LIBSSH2_SFTP_STAT : LIBSSH2_SFTP_LSTAT;
  return [&path, kind, &info, attributes = LIBSSH2_SFTP_ATTRIBUTES{}](
             LIBSSH2_SESSION *, LIBSSH2_SFTP *sftp) mutable -> long {
    const long code = libssh2_sftp_stat_ex(sftp, path.data(), length_of(path), kind, &attributes);
    if (code == 0) {
      info = to_info(attributes);
    }
    return code;
  };
}

SftpCalls::Step SftpCalls::real_path_step(const std::string &path, std::string &target) {
  return [&path, &target, buffer = std::array<char, kPathBytes>()](
             LIBSSH2_SESSION *, LIBSSH2_SFTP *sftp) mutable -> long {
    const long length =
        libssh2_sftp_symlink_ex(sftp, path.data(), length_of(path), buffer.data(),
                                static_cast<unsigned>(buffer.size()), LIBSSH2_SFTP_REALPATH);
    if (length > 0) {
      target.assign(buffer.data(), static_cast<std::size_t>(length));
    }
    return std::min(length, 0L);
  };
}

SftpCalls::Step SftpCalls::rename_new_step(const std::string &from, const std::string &to) {
  // Version 3 of the protocol has no flags: its rename never replaces (OpenSSH links, then
  // unlinks).
  return [&from, &to](LIBSSH2_SESSION *, LIBSSH2_SFTP *sftp) -> long {
    return libssh2_sftp_rename_ex(sftp, from.data(), length_of(from), to.data(), length_of(to), 0);
  };
}

SftpCalls::Step SftpCalls::rename_over_step(const std::string &from, const std::string &to) {
  return [&from, &to](LIBSSH2_SESSION *, LIBSSH2_SFTP *sftp) -> long {
    return libssh2_sftp_posix_rename_ex(sftp, from.data(), from.size(), to.data(), to.size());
  };
}

SftpCalls::Step SftpCalls::info_step(SftpHandle *&handle, FileInfo &info) {
  return [&handle, &info, attributes = LIBSSH2_SFTP_ATTRIBUTES{}](LIBSSH2_SESSION *,
                                                                  LIBSSH2_SFTP *) mutable -> long {
    const long code = libssh2_sftp_fstat_ex(handle, &attributes, 0);
    if (code == 0) {
      info = to_info(attributes);
    }
    return code;
  };
}

SftpCalls::Step SftpCalls::close_step(SftpHandle *&handle) {
  return [&handle](LIBSSH2_SESSION *, LIBSSH2_SFTP *) -> long {
    if (handle == nullptr) {
      return 0;
    }
    const long code = libssh2_sftp_close_handle(handle);
    if (code != LIBSSH2_ERROR_EAGAIN) {
      handle = nullptr; // freed by libssh2, also when the server complained
    }
    return code;
  };
}

SftpCalls::Step SftpCalls::sync_step(SftpHandle *&handle, bool &is_synced) {
  return [&handle, &is_synced](LIBSSH2_SESSION *, LIBSSH2_SFTP *sftp) -> long {
    const long code = libssh2_sftp_fsync(handle);
    is_synced = code == 0;
    const bool unsupported = code == LIBSSH2_ERROR_SFTP_PROTOCOL &&
                             libssh2_sftp_last_error(sftp) == LIBSSH2_FX_OP_UNSUPPORTED;
    return unsupported ? 0 : code;
  };
}

SftpCalls::Step SftpCalls::permissions_step(SftpHandle *&handle, const std::uint32_t &permissions) {
  return [&handle, &permissions](LIBSSH2_SESSION *, LIBSSH2_SFTP *) -> long {
    LIBSSH2_SFTP_ATTRIBUTES attributes{};
    attributes.flags = LIBSSH2_SFTP_ATTR_PERMISSIONS;
    attributes.permissions = permissions;
    return libssh2_sftp_fstat_ex(handle, &attributes, 1);
  };
}

SftpCalls::Step SftpCalls::owner_step(SftpHandle *&handle, std::uint32_t uid, std::uint32_t gid) {
  return [&handle, uid, gid](LIBSSH2_SESSION *, LIBSSH2_SFTP *) -> long {
    LIBSSH2_SFTP_ATTRIBUTES attributes{};
    attributes.flags = LIBSSH2_SFTP_ATTR_UIDGID;
    attributes.uid = uid;
    attributes.gid = gid;
    return libssh2_sftp_fstat_ex(handle, &attributes, 1);
  };
}

} // namespace mre::ssh
