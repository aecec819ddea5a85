// See sftp_channel.hpp.
#include "core/ssh/sftp_channel.hpp"

namespace mre::ssh {

void SftpJob::finish(Result<long> result) {
  state.with([&](State &value) {
    if (!value.result) {
      value.result = std::move(result);
      state.notify_all(); // under the lock: the waiter may be gone right after it
    }
  });
}

void SftpWaiter::finish(std::optional<Error> error) {
  state.with([&](State &value) {
    value.error = std::move(error);
    value.is_ready = true;
    state.notify_all();
  });
}

void SftpChannel::note_progress(SftpJob &current) {
  const unsigned long window =
      libssh2_channel_window_read_ex(libssh2_sftp_get_channel(handle), nullptr, nullptr);
  if (window != window_before_) {
    window_before_ = window;
    ++current.progress;
  }
}

bool SftpChannel::step(LIBSSH2_SESSION *session) {
  if (job == nullptr) {
    return false;
  }
  const auto current = job;
  note_progress(*current); // what came in since the last step …
  const long code = (*current->step)(session, handle);
  note_progress(*current); // … and with this one
  if (code == LIBSSH2_ERROR_EAGAIN) {
    return false;
  }
  job = nullptr;
  current->finish(code);
  return true;
}

void SftpChannel::connection_ended(const std::string &reason) {
  connection = nullptr;
  handle = nullptr;
  if (job != nullptr) {
    std::exchange(job, nullptr)
        ->finish(Error{Errc::lost, "the connection was lost: " + reason,
                       "try again: the next call reconnects"});
  }
}

} // namespace mre::ssh
