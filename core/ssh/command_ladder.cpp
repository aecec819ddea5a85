// Ending the remote process of a command whose time is over: TERM, KILL, then a sweep for whatever
// left its process group. A close would end nothing: without a terminal the far side's processes
// outlive it. See command.hpp.
#include "core/guard/limits.hpp"
#include "core/ssh/command.hpp"
#include "core/ssh/connection.hpp"

#include <algorithm>

namespace mre::ssh {

void Command::on_timeout() {
  climb(Outcome::timed_out);
}

void Command::give_up(Milliseconds budget) {
  // A third for TERM and a quarter for KILL leave the rest to the sweep.
  term_patience_ = std::min(term_patience_, budget / 3);
  kill_patience_ = std::min(kill_patience_, budget / 4);
  climb(Outcome::cancelled);
}

void Command::climb(Outcome outcome) {
  if (stage_ == Stage::over || rung_ != Rung::none) {
    return;
  }
  if (kind_ == Kind::sweep) {
    finish(outcome, RemoteProcess::unknown);
    return;
  }
  if (!is_sent_) {
    if (outcome == Outcome::cancelled) {
      finish_with(Error{Errc::cancelled, "cancelled before the command was started", {}});
      return;
    }
    const std::string waits_for =
        owner_ != nullptr ? owner_->what_it_waits_for() : "the connection";
    finish_with(Error{Errc::timed_out,
                      "the command was not started within " +
                          std::to_string(request_.timeout.count()) + " ms: it was waiting for " +
                          waits_for,
                      "nothing was run; try again, or give a longer timeout"});
    return;
  }
  ending_ = outcome;
  rung_ = marker_.empty() ? Rung::terminate : Rung::sweep;
  signal_ = "TERM";
  reactor_.cancel(timeout_timer_);
  if (connection_ == nullptr) {
    link_ended();
    return;
  }
  if (connection_->probe()) { // a live peer answers this even when the process ignores the signal
    link_bytes_at_climb_ = connection_->received_bytes();
    const auto answer = std::chrono::ceil<Milliseconds>(4 * connection_->round_trip());
    silence_timer_ = reactor_.after(std::max(limits::kAnswerPatience, answer),
                                    [self = shared_from_this()] { self->on_silence(); });
  }
  connection_->wake();
  set_timer(term_patience_, &Command::on_terminate_over);
  if (rung_ == Rung::sweep) {
    owner_->sweep(marker_, term_patience_,
                  [self = shared_from_this()](std::optional<RemoteProcess> verdict) {
                    self->on_verdict(verdict);
                  });
  }
}

void Command::set_timer(Milliseconds span, void (Command::*action)()) {
  reactor_.cancel(rung_timer_);
  rung_timer_ = reactor_.after(span, [self = shared_from_this(), action] {
    if (self->stage_ != Stage::over) {
      (*self.*action)();
    }
  });
}

bool Command::send_signal() {
  if (signal_.empty()) {
    return false;
  }
  const int code = libssh2_channel_signal_ex(channel_->handle, signal_.data(), signal_.size());
  if (code == LIBSSH2_ERROR_EAGAIN) {
    return false;
  }
  signal_.clear(); // a refusal shows as a process that stays
  return true;
}

// Not one byte since the call's time ran out, not even to the probe: there is nobody there.
void Command::on_silence() {
  if (stage_ == Stage::over || connection_ == nullptr ||
      link_bytes_at_climb_ != connection_->received_bytes()) {
    return;
  }
  auto &connection = *connection_;
  finish(ending_, RemoteProcess::unknown);
  connection.end("the peer has fallen silent");
}

void Command::on_terminate_over() {
  if (rung_ == Rung::terminate) {
    kill();
  }
}

void Command::kill() {
  rung_ = Rung::kill;
  signal_ = "KILL";
  connection_->wake();
  set_timer(kill_patience_, &Command::judge);
}

void Command::give_up_waiting_for_status() {
  // A slow link may still bring what was in the pipe: silence is what tells a holder of the output.
  const bool flows = channel_ != nullptr && channel_->has_ended() &&
                     received_bytes() != bytes_at_verdict_ &&
                     ++waits_after_verdict_ < limits::kLongestAfterStatus / limits::kAfterStatus;
  if (flows) {
    bytes_at_verdict_ = received_bytes();
    set_timer(limits::kAfterStatus, &Command::give_up_waiting_for_status);
    return;
  }
  finish(ending_, RemoteProcess::still_running);
}

void Command::judge() {
  finish(ending_, judged_by_status());
}

// Where nobody can look at the processes: a status proves the end of the shell, closed outputs that
// no child of it still writes.
RemoteProcess Command::judged_by_status() const {
  if (channel_ == nullptr || !channel_->has_ended()) {
    return RemoteProcess::unknown;
  }
  return is_drained_ ? RemoteProcess::gone : RemoteProcess::still_running;
}

void Command::on_verdict(std::optional<RemoteProcess> verdict) {
  if (stage_ == Stage::over) {
    return;
  }
  if (verdict == RemoteProcess::gone) {
    // The sweep cannot see everything (another user's processes): the shell's own end must come as
    // well.
    is_swept_ = true;
    bytes_at_verdict_ = received_bytes();
    set_timer(limits::kAfterStatus, &Command::give_up_waiting_for_status);
    if (connection_ != nullptr) {
      connection_->wake();
    } else {
      link_ended();
    }
  } else if (verdict == RemoteProcess::still_running) {
    finish(ending_, *verdict);
  } else if (channel_ != nullptr && channel_->has_ended() && is_drained_) {
    judge();
  } else if (connection_ != nullptr) {
    kill(); // the sweep brought nothing: the signal is what is left
  } else {
    link_ended();
  }
}

} // namespace mre::ssh
