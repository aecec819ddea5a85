// The life of a command from its start to its end; the ladder is in command_ladder.cpp. See
// command.hpp.
#include "core/ssh/command.hpp"

#include "core/base/digest.hpp"
#include "core/guard/limits.hpp"
#include "core/ssh/command_line.hpp"
#include "core/ssh/connection.hpp"
#include "core/ssh/sweep.hpp"

#include <algorithm>

namespace mre::ssh {

namespace {

constexpr std::string_view kTerminal = "xterm-256color";
constexpr int kTerminalColumns = 80;
constexpr int kTerminalRows = 24;
constexpr std::size_t kMarkerBytes = 16;

Milliseconds since(SteadyTime begin, SteadyTime end) {
  return std::chrono::duration_cast<Milliseconds>(end - begin);
}

} // namespace

Command::Command(ExecRequest request, std::shared_ptr<ExecObserver> observer,
                 std::shared_ptr<Reactor> reactor, Kind kind)
    : request_(std::move(request)), observer_(std::move(observer)), weak_reactor_(reactor),
      reactor_(*reactor), kind_(kind), term_patience_(limits::kTermPatience),
      kill_patience_(limits::kKillPatience), submitted_(reactor->now()) {}

void Command::cancel() {
  if (const auto reactor = weak_reactor_.lock()) {
    reactor->post([self = shared_from_this()] { self->climb(Outcome::cancelled); });
  }
}

void Command::resume() {
  if (is_resume_posted_.exchange(true)) {
    return; // one wake-up is enough
  }
  if (const auto reactor = weak_reactor_.lock()) {
    reactor->post([self = shared_from_this()] {
      self->is_resume_posted_ = false;
      if (self->connection_ != nullptr) {
        self->connection_->wake();
      }
    });
  }
}

void Command::begin(CommandOwner &owner) {
  owner_ = &owner;
  const auto gone = since(submitted_, reactor_.now());
  timeout_timer_ = reactor_.after(std::max(request_.timeout - gone, Milliseconds(0)),
                                  [self = shared_from_this()] { self->on_timeout(); });
}

void Command::refuse(Error error) {
  finish_with(std::move(error));
}

void Command::begin_turn() {
  out_quota_ = limits::kReadPerTurn;
  err_quota_ = limits::kReadPerTurn;
  is_over_quota_ = false;
}

bool Command::step() {
  if (channel_ == nullptr || stage_ == Stage::over) {
    return false;
  }
  bool moved = false;
  if (stage_ == Stage::waiting || stage_ == Stage::starting) {
    moved = start();
  }
  if (stage_ == Stage::over || !is_sent_) {
    return moved;
  }
  moved = send_signal() || moved;
  moved = send_input() || moved;
  moved = read_output() || moved;
  check_end();
  return moved || stage_ == Stage::over;
}

bool Command::start() {
  if (stage_ == Stage::waiting) {
    if (kind_ == Kind::user && connection_->takes_marker()) {
      marker_ = random_hex(kMarkerBytes);
    }
    auto line = command_line(request_, marker_);
    if (!line) {
      finish_with(line.error());
      return true;
    }
    line_ = std::move(*line);
    input_ = std::move(request_.input);
    input_ended_ = request_.input_source == nullptr;
    stage_ = Stage::starting;
  }
  if (request_.pty && !has_terminal_ && !request_terminal()) {
    return false;
  }
  const int code =
      libssh2_channel_process_startup(channel_->handle, "exec", sizeof "exec" - 1, line_.data(),
                                      static_cast<unsigned int>(line_.size()));
  if (!is_sent_) {
    is_sent_ = true;
    sent_ = reactor_.now();
    connection_->expect_answer();
  }
  if (code == LIBSSH2_ERROR_EAGAIN) {
    return false;
  }
  if (code == 0) {
    stage_ = Stage::running;
  } else if (code == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED) {
    finish_with(Error{Errc::remote_failed, "the server refused to run a command",
                      "the account may be limited to SFTP or to a forced command"});
  } else {
    connection_->fail(code);
  }
  return true;
}

// True once the channel has its terminal.
bool Command::request_terminal() {
  connection_->expect_answer();
  const int code = libssh2_channel_request_pty_ex(
      channel_->handle, kTerminal.data(), static_cast<unsigned int>(kTerminal.size()), nullptr, 0,
      kTerminalColumns, kTerminalRows, 0, 0);
  if (code == LIBSSH2_ERROR_EAGAIN) {
    return false;
  }
  if (code == 0) {
    has_terminal_ = true;
    return true;
  }
  if (code == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED) {
    finish_with(
        Error{Errc::unsupported, "the server gives no terminal", "run the command without one"});
  } else {
    connection_->fail(code);
  }
  return false;
}

// False when there is nothing to send now.
bool Command::fetch_input() {
  if (input_sent_ < input_.size()) {
    return true;
  }
  input_.clear();
  input_sent_ = 0;
  if (input_ended_) {
    return false;
  }
  if (request_.input_source->read(input_, limits::kReadPerTurn) == InputSource::State::end) {
    input_ended_ = true;
  }
  return !input_.empty();
}

bool Command::send_input() {
  if (input_closed_ || rung_ != Rung::none) {
    return false;
  }
  bool moved = false;
  while (fetch_input()) {
    if (connection_->is_write_full()) {
      return moved;
    }
    const ssize_t count = libssh2_channel_write_ex(channel_->handle, 0, input_.data() + input_sent_,
                                                   input_.size() - input_sent_);
    if (count == LIBSSH2_ERROR_EAGAIN || count == 0) {
      return moved;
    }
    if (count < 0) { // the far side takes no more; how the command ended is told elsewhere
      input_closed_ = true;
      return true;
    }
    input_sent_ += static_cast<std::size_t>(count);
    moved = true;
  }
  if (input_ended_ && libssh2_channel_send_eof(channel_->handle) != LIBSSH2_ERROR_EAGAIN) {
    input_closed_ = true;
    moved = true;
  }
  return moved;
}

bool Command::read_output() {
  if (is_drained_) {
    return false;
  }
  bool moved = read_stream(Stream::out);
  moved = read_stream(Stream::err) || moved;
  is_drained_ = libssh2_channel_eof(channel_->handle) == 1;
  return moved;
}

bool Command::read_stream(Stream stream) {
  std::size_t &quota = stream == Stream::out ? out_quota_ : err_quota_;
  if (quota == 0) {
    is_over_quota_ = true;
    return false;
  }
  const auto buffer = connection_->read_buffer();
  const std::size_t room = observer_->room();
  // Nobody waits for a slow reader while the process is being ended: the rest is counted and
  // dropped.
  const bool is_kept = room > 0 || rung_ == Rung::none;
  const std::size_t count = std::min({quota, buffer.size(), is_kept ? room : buffer.size()});
  if (count == 0) {
    return false;
  }
  const ssize_t got = libssh2_channel_read_ex(
      channel_->handle, stream == Stream::out ? 0 : SSH_EXTENDED_DATA_STDERR, buffer.data(), count);
  if (got <= 0) {
    if (got < 0 && got != LIBSSH2_ERROR_EAGAIN && got != LIBSSH2_ERROR_CHANNEL_CLOSED) {
      connection_->fail(got);
    }
    return false;
  }
  const auto bytes = static_cast<std::size_t>(got);
  quota -= bytes;
  (stream == Stream::out ? out_bytes_ : err_bytes_) += bytes;
  if (!first_byte_) {
    first_byte_ = reactor_.now();
  }
  if (is_kept) {
    observer_->on_output(stream, {buffer.data(), bytes});
  }
  return true;
}

void Command::check_end() {
  if (stage_ == Stage::over) {
    return;
  }
  if (rung_ != Rung::none) { // a sweep has the last word, if there is one
    // What the sweep could not know for ours still holds the outputs open.
    if (is_swept_ && ((channel_->has_ended() && is_drained_) || channel_->is_closed)) {
      finish(ending_, RemoteProcess::gone);
    } else if (rung_ != Rung::sweep && channel_->has_ended() && is_drained_) {
      judge();
    }
    return;
  }
  const Outcome outcome = channel_->signal.empty() ? Outcome::exited : Outcome::signalled;
  if (channel_->has_ended() && is_drained_) {
    finish(outcome, RemoteProcess::gone);
  } else if (channel_->has_ended() && !watches_after_status_) {
    watches_after_status_ = true;
    status_at_ = reactor_.now();
    bytes_at_status_ = received_bytes();
    watch_after_status(bytes_at_status_);
  } else if (channel_->is_closed && is_drained_) {
    finish(Outcome::lost, RemoteProcess::unknown); // a server that tells no status
  }
}

void Command::watch_after_status(std::uint64_t bytes_before) {
  reactor_.cancel(rung_timer_);
  rung_timer_ = reactor_.after(limits::kAfterStatus, [self = shared_from_this(), bytes_before] {
    if (self->stage_ == Stage::over || self->rung_ != Rung::none) {
      return;
    }
    const std::uint64_t now = self->received_bytes();
    const bool is_reader_slow = self->observer_->room() == 0;
    const bool flows = now - bytes_before >= limits::kStillFlowing &&
                       now - self->bytes_at_status_ < limits::kMostAfterStatus &&
                       since(self->status_at_, self->reactor_.now()) < limits::kLongestAfterStatus;
    if (is_reader_slow || flows) {
      self->watch_after_status(now);
      return;
    }
    self->leaves_child_ = true;
    self->finish(self->channel_->signal.empty() ? Outcome::exited : Outcome::signalled,
                 RemoteProcess::still_running);
  });
}

void Command::link_ended() {
  if (stage_ != Stage::over) {
    finish(rung_ == Rung::none ? Outcome::lost : ending_, RemoteProcess::unknown);
  }
}

void Command::finish(Outcome outcome, RemoteProcess remote_process) {
  ExecEnd end;
  end.outcome = outcome;
  if (outcome == Outcome::exited) {
    end.exit_code = channel_->exit_code;
  } else if (outcome == Outcome::signalled) {
    end.signal = channel_->signal;
  }
  end.remote_process = remote_process;
  end.out_bytes = out_bytes_;
  end.err_bytes = err_bytes_;
  end.duration = since(submitted_, reactor_.now());
  if (first_byte_) {
    end.first_byte = since(sent_, *first_byte_);
  }
  finish_with(std::move(end));
}

void Command::finish_with(Result<ExecEnd> end) {
  if (stage_ == Stage::over) {
    return;
  }
  stage_ = Stage::over;
  if (owner_ != nullptr) { // one that was refused at once may be on another thread
    reactor_.cancel(timeout_timer_);
    reactor_.cancel(rung_timer_);
    reactor_.cancel(silence_timer_);
  }
  request_.input_source = nullptr;
  if (connection_ != nullptr) {
    connection_->wake();
  } else if (owner_ != nullptr) {
    owner_->has_ended(*this);
  }
  const auto presence = std::move(presence_);
  const auto observer = std::move(observer_);
  observer->on_end(std::move(end));
}

} // namespace mre::ssh
