// The turns of a connection; what it knows about its peer is in connection_watch.cpp. See
// connection.hpp.
#include "core/ssh/connection.hpp"

#include "core/guard/limits.hpp"
#include "core/ssh/sweep.hpp"

#include <poll.h>

#include <algorithm>

namespace mre::ssh {

namespace {

std::string banner_of(LIBSSH2_SESSION *session) {
  const char *banner = libssh2_session_banner_get(session);
  return banner == nullptr ? std::string() : std::string(banner);
}

// Makes libssh2 take all that has arrived, for whichever channel, and keep it.
ssize_t read_nothing(LIBSSH2_CHANNEL *channel) {
  char nothing = 0;
  return libssh2_channel_read_ex(channel, 0, &nothing, 0);
}

} // namespace

Connection::Connection(ConnectionParts parts)
    : reactor_(parts.reactor), owner_(parts.owner), log_(parts.log), host_(parts.host),
      session_(std::move(parts.session)), purpose_(parts.purpose),
      takes_marker_(mre::ssh::takes_marker(banner_of(session_->get()))),
      keeps_idle_sessions_(banner_of(session_->get()).find("dropbear") == std::string::npos),
      limit_(limits::kAssumedSessions), last_received_(reactor_.now()), last_used_(reactor_.now()) {
  session_->wire().on_news([this](const ChannelNews &news) { take_news(news); });
  libssh2_keepalive_config(session_->get(), 1,
                           2); // sent by probe() only, at most every two seconds
  check_later(Milliseconds(1000));
  reactor_.add(*this);
}

Connection::~Connection() {
  reactor_.cancel(check_timer_);
  reactor_.cancel(opening_timer_);
  reactor_.remove(*this);
  session_->wire().on_news(nullptr);
}

std::size_t Connection::allowed() const {
  const std::size_t without_reserve = limit_ > 1 ? limit_ - 1 : 1;
  return std::min(limits::kChannelsPerConnection, without_reserve);
}

bool Connection::is_usable() const {
  const bool is_silent =
      unanswered_since_ && reactor_.now() - *unanswered_since_ > limits::kSuspectSilence;
  return !is_ended_ && failure_.empty() && !is_silent;
}

bool Connection::has_room() const {
  return is_usable() && !is_stuck_ && in_use() < allowed();
}

bool Connection::is_write_full() const {
  return session_->wire().outgoing_bytes() >= limits::kWriteAhead;
}

short Connection::events() const {
  return session_->wire().events();
}

bool Connection::wants_turn() const {
  return wants_turn_ || std::any_of(commands_.begin(), commands_.end(),
                                    [](const auto &command) { return command->wants_turn(); });
}

void Connection::run(std::shared_ptr<Command> command) {
  command->attach(*this);
  commands_.push_back(std::move(command));
  last_used_ = reactor_.now();
  check_later(Milliseconds(500));
  wake();
}

void Connection::give_up(Milliseconds budget) {
  const auto commands = commands_;
  for (const auto &command : commands) {
    command->give_up(budget);
  }
}

void Connection::open_sftp(std::shared_ptr<SftpChannel> channel) {
  channel->connection = this;
  sftp_.push_back(std::move(channel));
  last_used_ = reactor_.now();
  wake();
}

void Connection::close_sftp(const std::shared_ptr<SftpChannel> &channel) {
  if (channel->handle != nullptr) {
    closing_sftp_.push_back(std::exchange(channel->handle, nullptr));
  }
  channel->connection = nullptr;
  std::erase(sftp_, channel);
  last_used_ = reactor_.now();
  wake();
}

void Connection::open_tunnel(std::shared_ptr<Tunnel> tunnel) {
  tunnel->attach(*this);
  tunnels_.push_back(std::move(tunnel));
  last_used_ = reactor_.now();
  check_later(Milliseconds(500));
  wake();
}

void Connection::fail(long code) {
  if (failure_.empty()) {
    const Wire &wire = session_->wire();
    failure_ = wire.is_broken() ? wire.end_reason() : session_->last_error();
    if (failure_.empty() && wire.is_broken()) {
      failure_ = "the link was cut";
    }
    if (failure_.empty()) {
      failure_ = "libssh2 error " + std::to_string(code);
    }
  }
}

void Connection::turn() {
  if (is_ended_) {
    return;
  }
  Wire &wire = session_->wire();
  wants_turn_ = false;
  wire.fill(reactor_.fill_buffer());
  note_received();
  for (const auto &command : commands_) {
    command->begin_turn();
  }
  bool moved = true;
  for (int i = 0; i < limits::kPassesPerTurn && moved && failure_.empty(); ++i) {
    moved = pass();
  }
  wants_turn_ = wants_turn_ || moved;
  wire.settle();
  wire.flush();
  if (failure_.empty() && wire.is_broken() && !wire.has_input()) {
    failure_ = wire.end_reason();
    if (failure_.empty()) {
      failure_ = wire.link_error() == 0 ? "the server closed the connection" : "the link was cut";
    }
  }
  if (!failure_.empty()) {
    end(failure_);
    return;
  }
  if (commands_.size() + sftp_.size() < allowed()) {
    owner_.has_capacity(*this);
  }
}

// Visits everything once; true when a further pass may find something.
bool Connection::pass() {
  const std::uint64_t consumed_before = session_->wire().consumed_bytes();
  take_input();
  bool moved = step_commands();
  moved = step_sftp() || moved;
  moved = step_tunnels() || moved;
  moved = step_closing() || moved;
  moved = open_next() || moved;
  drain_lingering();
  pump();
  return moved || session_->wire().consumed_bytes() != consumed_before;
}

// What has not been sent is not begun on a link whose end has been seen: it never ran, and the next
// connection takes it.
bool Connection::step_commands() {
  hand_out_spares();
  bool moved = false;
  for (std::size_t i = 0; i < commands_.size(); ++i) { // an end may bring a sweep at the back
    const auto command = commands_[i];
    if (command->is_sent() || !session_->wire().is_broken()) {
      moved = command->step() || moved;
    }
  }
  for (std::size_t i = commands_.size(); i-- > 0;) {
    const auto command = commands_[i];
    if (command->is_over()) {
      commands_.erase(commands_.begin() + static_cast<std::ptrdiff_t>(i));
      if (command->has_channel()) {
        retire(command->release_channel(), command->leaves_child());
      }
      command->detach();
      last_used_ = reactor_.now();
      moved = true;
    }
  }
  return moved;
}

bool Connection::step_sftp() {
  bool moved = false;
  for (const auto &channel : sftp_) {
    moved = channel->step(session()) || moved;
  }
  return moved;
}

bool Connection::step_tunnels() {
  bool moved = false;
  for (std::size_t i = tunnels_.size(); i-- > 0;) {
    const auto tunnel = tunnels_[i];
    moved = tunnel->step(read_buffer(), !is_write_full()) || moved;
    if (tunnel->is_over() && tunnel != opening_tunnel_) {
      tunnels_.erase(tunnels_.begin() + static_cast<std::ptrdiff_t>(i));
      tunnel->detach();
      if (tunnel->is_open()) {
        closing_tunnels_.push_back(tunnel->release_handle());
      }
      last_used_ = reactor_.now();
      moved = true;
    }
  }
  return moved;
}

void Connection::retire(std::unique_ptr<Channel> channel, bool linger) {
  if (!linger) {
    closing_.push_back(std::move(channel));
    return;
  }
  lingering_.push_back(std::move(channel));
  if (lingering_.size() > limits::kLingeringChannels) {
    closing_.push_back(std::move(lingering_.front()));
    lingering_.pop_front();
  }
}

// A background child that writes to a closed channel would be killed by SIGPIPE: what it writes is
// read and dropped as long as the slot is not needed.
void Connection::drain_lingering() {
  const auto buffer = read_buffer();
  for (std::size_t i = lingering_.size(); i-- > 0;) {
    Channel &channel = *lingering_[i];
    for (const int stream : {0, SSH_EXTENDED_DATA_STDERR}) {
      libssh2_channel_read_ex(channel.handle, stream, buffer.data(), buffer.size());
    }
    if (libssh2_channel_eof(channel.handle) == 1) {
      closing_.push_back(std::move(lingering_[i]));
      lingering_.erase(lingering_.begin() + static_cast<std::ptrdiff_t>(i));
      wake();
    }
  }
}

bool Connection::step_closing() {
  bool moved = false;
  for (std::size_t i = closing_.size(); i-- > 0;) {
    if (libssh2_channel_free(closing_[i]->handle) != LIBSSH2_ERROR_EAGAIN) {
      by_number_.erase(closing_[i]->number);
      closing_.erase(closing_.begin() + static_cast<std::ptrdiff_t>(i));
      moved = true;
    }
  }
  // An open in flight and a shutdown use the same state of the session only for SFTP's own
  // requests.
  for (std::size_t i = closing_sftp_.size(); i-- > 0;) {
    if (libssh2_sftp_shutdown(closing_sftp_[i]) != LIBSSH2_ERROR_EAGAIN) {
      closing_sftp_.erase(closing_sftp_.begin() + static_cast<std::ptrdiff_t>(i));
      moved = true;
    }
  }
  for (std::size_t i = closing_tunnels_.size(); i-- > 0;) {
    if (libssh2_channel_free(closing_tunnels_[i]) != LIBSSH2_ERROR_EAGAIN) {
      closing_tunnels_.erase(closing_tunnels_.begin() + static_cast<std::ptrdiff_t>(i));
      moved = true;
    }
  }
  return moved;
}

// A channel through which libssh2 can be made to read; none when nothing is open.
LIBSSH2_CHANNEL *Connection::any_channel() const {
  if (!by_number_.empty()) {
    return by_number_.begin()->second->handle;
  }
  if (!sftp_.empty() && sftp_.front()->handle != nullptr) {
    return libssh2_sftp_get_channel(sftp_.front()->handle);
  }
  if (!closing_tunnels_.empty()) {
    return closing_tunnels_.front();
  }
  const auto open = std::find_if(tunnels_.begin(), tunnels_.end(),
                                 [](const auto &tunnel) { return tunnel->is_open(); });
  return open == tunnels_.end() ? nullptr : (*open)->handle();
}

// Who waits in libssh2 for the answer to a request (exec, a terminal, a subsystem) fails when the
// next such answer that it reads itself is another channel's. So everything is read before anybody
// looks for his own. A link that has ended is left to those who then read to the end.
void Connection::take_input() {
  LIBSSH2_CHANNEL *const any = any_channel();
  if (any != nullptr && session_->wire().has_input() && !session_->wire().is_broken()) {
    static_cast<void>(read_nothing(any)); // an error comes again with the next call
  }
}

// Input that no channel asked for (a keepalive's answer, a close) must be taken as well, or the
// socket stays readable for ever.
void Connection::pump() {
  if (!session_->wire().has_input() && !session_->wire().is_broken()) {
    return;
  }
  if (LIBSSH2_CHANNEL *const any = any_channel(); any != nullptr) {
    const ssize_t code = read_nothing(any);
    if (code < 0 && code != LIBSSH2_ERROR_EAGAIN) {
      fail(code);
    }
  } else if (opening_ == Opening::nothing) {
    fail(LIBSSH2_ERROR_SOCKET_DISCONNECT); // nobody is left who could read it
  }
}

void Connection::end(const std::string &reason) {
  if (is_ended_) {
    return;
  }
  is_ended_ = true;
  reactor_.cancel(check_timer_);
  reactor_.cancel(opening_timer_);
  session_->wire().sever();
  if (is_sftp_dead_) {
    libssh2_sftp_init(session()); // fails at once now, and frees what it had begun
  }
  const auto commands = std::move(commands_);
  commands_.clear();
  for (const auto &command : commands) {
    if (command->is_sent() && !command->is_over()) {
      command->link_ended();
    }
    static_cast<void>(command->release_channel());
    command->detach();
    if (command->is_over()) {
      continue;
    }
    if (command->may_try_again()) {
      owner_.take_back(command);
    } else {
      command->refuse(
          {Errc::lost,
           host_.name +
               ": the connection ended again and again before the command was sent: " + reason,
           "nothing was run; check the network between"});
    }
  }
  const auto channels = std::move(sftp_);
  sftp_.clear();
  for (const auto &channel : channels) {
    const bool was_open = channel->handle != nullptr;
    channel->connection_ended(reason);
    if (!was_open && channel->waiter != nullptr) {
      owner_.take_back(channel);
    }
  }
  opening_tunnel_ = nullptr;
  const auto tunnels = std::move(tunnels_);
  tunnels_.clear();
  for (const auto &tunnel : tunnels) {
    tunnel->detach();
    if (tunnel->is_open() || tunnel->is_settled()) {
      static_cast<void>(tunnel->release_handle()); // the session frees it
      tunnel->end("the jump host " + host_.name + " was lost: " + reason);
    } else {
      owner_.take_back(tunnel);
    }
  }
  owner_.has_ended(*this, reason);
}

} // namespace mre::ssh
