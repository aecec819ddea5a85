// The requests a write is made of, as stages of one run. See file_writer.hpp.
#include "core/ssh/file_writer.hpp"

#include <libssh2.h>
#include <libssh2_sftp.h>

namespace mre::ssh {

SftpCalls::Stage FileWriter::open_stage(const std::string &path, unsigned long flags, long mode) {
  return {"cannot write " + calls_->name(target_),
          SftpCalls::open_step(path, flags, mode, handle_)};
}

SftpCalls::Stage FileWriter::head_stage() {
  const auto write_head = [this](LIBSSH2_SESSION *, LIBSSH2_SFTP *) -> long {
    if (!positioned_) { // once: seeking forgets what is under way, and it would be sent again
      libssh2_sftp_seek64(handle_, offset_);
      positioned_ = true;
    }
    while (head_written_ < head_.size()) {
      const ssize_t written =
          libssh2_sftp_write(handle_, head_.data() + head_written_, head_.size() - head_written_);
      if (written < 0) {
        return written;
      }
      head_written_ += static_cast<std::size_t>(written);
    }
    return 0;
  };
  return {"cannot write " + calls_->name(target_), write_head};
}

SftpCalls::Stage FileWriter::info_stage() {
  return {"cannot look at " + calls_->name(target_), SftpCalls::info_step(handle_, after_)};
}

SftpCalls::Stage FileWriter::owner_stage() {
  std::string what = "cannot keep the owner of " + calls_->name(target_);
  if (!existing_) {
    return {std::move(what), [](LIBSSH2_SESSION *, LIBSSH2_SFTP *) -> long { return 0; }};
  }
  what +=
      " (uid " + std::to_string(existing_->uid) + ", gid " + std::to_string(existing_->gid) + ")";
  return {std::move(what),
          [this, change = SftpCalls::owner_step(handle_, existing_->uid, existing_->gid)](
              LIBSSH2_SESSION *session, LIBSSH2_SFTP *sftp) -> long {
            const bool is_right = after_.uid == existing_->uid && after_.gid == existing_->gid;
            return is_right ? 0 : change(session, sftp);
          }};
}

SftpCalls::Stage FileWriter::permissions_stage() {
  return {"cannot set the permissions of " + calls_->name(target_),
          [this, change = SftpCalls::permissions_step(handle_, final_permissions_)](
              LIBSSH2_SESSION *session, LIBSSH2_SFTP *sftp) -> long {
            return after_.permissions == final_permissions_ ? 0 : change(session, sftp);
          }};
}

SftpCalls::Stage FileWriter::sync_stage() {
  return {"cannot sync " + calls_->name(target_), SftpCalls::sync_step(handle_, is_synced_)};
}

// By name and without following a link, which a server that answers in order can be asked together
// with the request that makes the file, or with one by its handle. Only looked at: what is set is
// set by the handle, whatever somebody puts at the name meanwhile.
SftpCalls::Stage FileWriter::named_info_stage() {
  return {"cannot look at " + calls_->name(target_),
          SftpCalls::stat_step(temporary_, Follow::no, after_)};
}

// What an existing file had and the temporary one was made without. Whether there is anything to do
// is decided before the first request.
SftpCalls::Stage FileWriter::kept_permissions_stage() {
  return {"cannot set the permissions of " + calls_->name(target_),
          [this, change = SftpCalls::permissions_step(handle_, final_permissions_),
           is_needed = std::optional<bool>()](LIBSSH2_SESSION *session,
                                              LIBSSH2_SFTP *sftp) mutable -> long {
            if (!is_needed) {
              is_needed = existing_ && after_.permissions != final_permissions_;
            }
            return *is_needed ? change(session, sftp) : 0;
          }};
}

// At a distance each of these would cost a round trip.
SftpCalls::Stage FileWriter::finish_stage() {
  return calls_->at_once({kept_permissions_stage(), named_info_stage(), sync_stage()});
}

// Nothing can go wrong with closing what is on the disk, and so the rename need not wait for it.
SftpCalls::Stage FileWriter::close_and_rename_stage() {
  SftpCalls::Stage rename = rename_stage();
  return calls_->at_once({close_stage(),
                          {std::move(rename.what),
                           [this, step = std::move(rename.step)](LIBSSH2_SESSION *session,
                                                                 LIBSSH2_SFTP *sftp) -> long {
                             return is_synced_ ? step(session, sftp) : 0;
                           }}});
}

SftpCalls::Stage FileWriter::close_stage() {
  return {"cannot close " + calls_->name(target_), SftpCalls::close_step(handle_)};
}

// Only what is as it should be goes into place. Whatever keeps it from there is found by the same
// request in put_in_place(), which knows what to say.
SftpCalls::Stage FileWriter::rename_stage() {
  const bool over = request_.existing == Existing::replace;
  return {"cannot rename " + calls_->name(temporary_),
          [this, rename = over ? SftpCalls::rename_over_step(temporary_, target_)
                               : SftpCalls::rename_new_step(temporary_, target_)](
              LIBSSH2_SESSION *session, LIBSSH2_SFTP *sftp) -> long {
            if (!has_right_size() || lacks_permissions()) {
              return 0;
            }
            const long code = rename(session, sftp);
            if (code == 0) {
              is_in_place_ = true;
              may_be_left_ = false;
            }
            return code == LIBSSH2_ERROR_SFTP_PROTOCOL ? 0 : code;
          }};
}

} // namespace mre::ssh
