// Opening channels on a connection, and the watch over a peer that falls silent. See
// connection.hpp.
#include "core/guard/limits.hpp"
#include "core/ssh/connection.hpp"

#include <algorithm>

namespace mre::ssh {

namespace {

// ServerAliveInterval and ServerAliveCountMax of the host, or the engine's own.
Milliseconds longest_probe(const config::HostConfig &host) {
  return host.alive_check ? host.alive_check->interval : limits::kLongestProbe;
}
Milliseconds longest_silence(const config::HostConfig &host) {
  return host.alive_check ? host.alive_check->interval * host.alive_check->count
                          : limits::kLongestProbe;
}

Milliseconds within(Milliseconds value, Milliseconds low, Milliseconds high) {
  return std::min(std::max(value, low), high);
}

} // namespace

std::size_t Connection::open_channels() const {
  const auto held = static_cast<std::size_t>(
      std::count_if(commands_.begin(), commands_.end(),
                    [](const auto &command) { return command->has_channel(); }));
  const auto sftp = static_cast<std::size_t>(std::count_if(
      sftp_.begin(), sftp_.end(), [](const auto &channel) { return channel->handle != nullptr; }));
  const auto closing = static_cast<std::size_t>(std::count_if(
      closing_.begin(), closing_.end(), [](const auto &channel) { return !channel->is_closed; }));
  return held + sftp + closing + closing_sftp_.size() + spares_.size() + lingering_.size();
}

std::size_t Connection::waiting() const {
  return static_cast<std::size_t>(
      std::count_if(commands_.begin(), commands_.end(),
                    [](const auto &command) { return command->wants_channel(); }));
}

std::size_t Connection::leased_sftp() const {
  return static_cast<std::size_t>(std::count_if(
      sftp_.begin(), sftp_.end(), [](const auto &channel) { return channel->is_leased; }));
}

// An idle connection keeps at least one: somebody must be there to read what the server sends.
bool Connection::wants_spare() const {
  if (purpose_ == Purpose::bulk) {
    return false;
  }
  const std::size_t reserve = limit_ > 1 && open_channels() > 0 ? 1 : 0;
  const std::size_t wanted = keeps_idle_sessions_ ? limits::kChannelsAhead : 1;
  return spares_.size() < wanted && open_channels() + reserve < limit_;
}

// Sweeps first: somebody waits for the end of a process.
Command *Connection::next_in_line() const {
  for (const auto kind : {Command::Kind::sweep, Command::Kind::user}) {
    for (const auto &command : commands_) {
      if (command->wants_channel() && command->kind() == kind) {
        return command.get();
      }
    }
  }
  return nullptr;
}

void Connection::drop_closed_spares() {
  for (std::size_t i = spares_.size(); i-- > 0;) {
    if (spares_[i]->is_closed) {
      closing_.push_back(std::move(spares_[i]));
      spares_.erase(spares_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

void Connection::hand_out_spares() {
  drop_closed_spares();
  while (keeps_idle_sessions_ && !spares_.empty()) {
    Command *const command = next_in_line();
    if (command == nullptr) {
      return;
    }
    command->take(std::move(spares_.back()));
    spares_.pop_back();
  }
}

// Tunnels first: they cost the server no slot, and a host waits behind each.
bool Connection::choose_opening() {
  for (const auto &tunnel : tunnels_) {
    if (!tunnel->is_settled()) {
      opening_ = Opening::tunnel;
      opening_tunnel_ = tunnel;
      watch_opening(*tunnel);
      return true;
    }
  }
  if (reactor_.now() < no_opening_before_) {
    return false;
  }
  const bool wants_sftp = std::any_of(
      sftp_.begin(), sftp_.end(), [](const auto &channel) { return channel->handle == nullptr; });
  if (wants_sftp && is_sftp_dead_) {
    give_up_sftp();
    wake();
    return false;
  }
  const bool wants_channel = waiting() > (keeps_idle_sessions_ ? spares_.size() : 0);
  if (open_channels() >= limit_) {
    if (!lingering_.empty() && (wants_channel || wants_sftp)) {
      retire(std::move(lingering_.front()), false);
      lingering_.pop_front();
      wake();
    } else if (wants_sftp && !wants_channel && !spares_.empty()) {
      // What was opened ahead for commands to come must not keep a file waiting.
      retire(std::move(spares_.back()), false);
      spares_.pop_back();
      wake();
    }
    return false;
  }
  if (!wants_channel && !wants_sftp && !wants_spare()) {
    return false;
  }
  opening_ = wants_sftp && !wants_channel ? Opening::sftp : Opening::channel;
  if (opening_ == Opening::sftp) {
    openings_before_sftp_ = session_->wire().openings();
    sftp_begun_ = reactor_.now();
    sftp_closed_ = false;
  }
  opening_beside_ = open_channels();
  expect_answer();
  return true;
}

bool Connection::open_next() {
  if (opening_ == Opening::nothing && !choose_opening()) {
    return false;
  }
  switch (opening_) {
  case Opening::sftp:
    return open_sftp_next();
  case Opening::tunnel:
    return open_tunnel_next();
  default:
    return open_channel_next();
  }
}

bool Connection::open_channel_next() {
  LIBSSH2_CHANNEL *handle = libssh2_channel_open_ex(session(), "session", sizeof "session" - 1,
                                                    LIBSSH2_CHANNEL_WINDOW_DEFAULT,
                                                    LIBSSH2_CHANNEL_PACKET_DEFAULT, nullptr, 0);
  if (handle != nullptr) {
    return opened(handle);
  }
  const int code = libssh2_session_last_errno(session());
  if (code == LIBSSH2_ERROR_EAGAIN) {
    return false;
  }
  opening_ = Opening::nothing;
  if (code == LIBSSH2_ERROR_CHANNEL_FAILURE) {
    refused();
  } else {
    fail(code);
  }
  return true;
}

bool Connection::opened(LIBSSH2_CHANNEL *handle) {
  opening_ = Opening::nothing;
  has_opened_ = true;
  auto channel = std::make_unique<Channel>();
  channel->handle = handle;
  channel->number = session_->wire().last_opened();
  by_number_[channel->number] = channel.get();
  if (Command *const command = next_in_line(); command != nullptr) {
    command->take(std::move(channel));
  } else {
    spares_.push_back(std::move(channel));
  }
  return true;
}

bool Connection::open_sftp_next() {
  const auto next = std::find_if(sftp_.begin(), sftp_.end(),
                                 [](const auto &channel) { return channel->handle == nullptr; });
  LIBSSH2_SFTP *handle = libssh2_sftp_init(session());
  if (handle == nullptr && libssh2_session_last_errno(session()) == LIBSSH2_ERROR_EAGAIN) {
    if (has_sftp_failed()) {
      give_up_sftp();
      return true;
    }
    return false;
  }
  opening_ = Opening::nothing;
  if (next == sftp_.end()) { // whoever asked has gone meanwhile
    if (handle != nullptr) {
      closing_sftp_.push_back(handle);
    }
    return true;
  }
  const auto channel = *next;
  if (handle != nullptr) {
    channel->handle = handle;
    has_opened_ = true;
    channel->round_trip_us = round_trip_.count();
    const char *banner = libssh2_session_banner_get(session());
    channel->server_banner = banner == nullptr ? "" : banner;
    std::exchange(channel->waiter, nullptr)->finish(std::nullopt);
    return true;
  }
  const int code = libssh2_session_last_errno(session());
  const std::string text = session_->last_error();
  if (code == LIBSSH2_ERROR_CHANNEL_FAILURE && text.find("SFTP") == std::string::npos &&
      has_opened_) { // the channel was refused, not what should speak on it: full
    learn_limit();
    sftp_.erase(next);
    channel->connection = nullptr;
    owner_.take_back(channel);
    return true;
  }
  if (code == LIBSSH2_ERROR_SOCKET_DISCONNECT || code == LIBSSH2_ERROR_SOCKET_RECV ||
      code == LIBSSH2_ERROR_SOCKET_SEND) {
    fail(code);
    return true;
  }
  sftp_.erase(next);
  channel->connection = nullptr;
  std::exchange(channel->waiter, nullptr)
      ->finish(Error{
          Errc::unsupported, host_.name + ": the server offers no SFTP (" + text + ")",
          "enable its SFTP subsystem: 'Subsystem sftp internal-sftp' in sshd_config; start-up "
          "files that print text break it as well"});
  return true;
}

// Its channel is open, but what should speak SFTP there has gone, or says nothing. libssh2 would
// wait for the rest of a first packet for ever.
bool Connection::has_sftp_failed() const {
  const bool has_channel = session_->wire().openings() != openings_before_sftp_;
  return has_channel && (sftp_closed_ || reactor_.now() - sftp_begun_ >= host_.connect_timeout);
}

void Connection::give_up_sftp() {
  opening_ = Opening::nothing;
  is_sftp_dead_ = true;
  const auto channels = sftp_;
  for (const auto &channel : channels) {
    if (channel->handle != nullptr) {
      continue;
    }
    std::erase(sftp_, channel);
    channel->connection = nullptr;
    std::exchange(channel->waiter, nullptr)
        ->finish(Error{Errc::unsupported,
                       host_.name + ": the server's SFTP does not start: " +
                           (sftp_closed_ ? "it ended before its first packet"
                                         : "it sent no whole packet in time"),
                       "start-up files that print text break it (let them print only in "
                       "interactive shells); else check 'Subsystem sftp' in sshd_config"});
  }
}

// The server is full at this count.
void Connection::learn_limit() {
  limit_ = std::max<std::size_t>(opening_beside_, 1);
  log_.debug("session_limit", {{"host", host_.name}, {"channels", std::to_string(limit_)}});
  if (opening_beside_ == 0) {
    // Its slots are held by processes that have not ended yet, or (MaxSessions 0) it is a jump host
    // and nothing else: ask again later.
    const Milliseconds pause = has_opened_ ? limits::kFullPause : limits::kIdleCheck;
    no_opening_before_ = reactor_.now() + pause;
    check_later(pause);
  }
}

// What has no channel yet goes to another connection or waits in line.
void Connection::refused() {
  learn_limit();
  for (std::size_t i = commands_.size(); i-- > 0;) {
    const auto command = commands_[i];
    if (!command->wants_channel()) {
      continue;
    }
    commands_.erase(commands_.begin() + static_cast<std::ptrdiff_t>(i));
    command->detach();
    if (has_opened_) {
      owner_.take_back(command);
    } else {
      command->refuse({Errc::remote_failed, host_.name + ": the server refuses to open a session",
                       "check MaxSessions and the account's restrictions in its sshd_config"});
    }
  }
}

void Connection::take_news(const ChannelNews &news) {
  const auto found = by_number_.find(news.channel);
  if (found == by_number_.end()) {
    sftp_closed_ =
        sftp_closed_ ||
        (opening_ == Opening::sftp && session_->wire().openings() != openings_before_sftp_ &&
         news.kind == ChannelNews::Kind::closed && news.channel == session_->wire().last_opened());
    return;
  }
  Channel &channel = *found->second;
  switch (news.kind) {
  case ChannelNews::Kind::exit_status:
    channel.exit_code = static_cast<int>(news.status);
    break;
  case ChannelNews::Kind::exit_signal:
    channel.signal = news.signal.empty() ? "UNKNOWN" : news.signal;
    break;
  case ChannelNews::Kind::closed:
    channel.is_closed = true;
    break;
  }
}

void Connection::expect_answer() {
  if (!unanswered_since_) {
    unanswered_since_ = reactor_.now();
  }
}

void Connection::note_received() {
  if (received_bytes() != received_before_) {
    received_before_ = received_bytes();
    last_received_ = reactor_.now();
    if (unanswered_since_) {
      // What the server does before it answers only adds: the least of what was seen is nearest,
      // drifting up.
      const auto took = std::chrono::duration_cast<std::chrono::microseconds>(last_received_ -
                                                                              *unanswered_since_);
      round_trip_ =
          round_trip_.count() == 0 ? took : std::min(took, round_trip_ + round_trip_ / 16);
      unanswered_since_.reset();
    }
  }
}

// libssh2 sends at most one keepalive in two seconds; whether it did shows in what the wire was
// given.
bool Connection::probe() {
  const std::uint64_t queued_before = session_->wire().queued_bytes();
  int seconds_to_next = 0;
  libssh2_keepalive_send(session(), &seconds_to_next);
  if (session_->wire().queued_bytes() != queued_before) {
    expect_answer();
  }
  wake();
  return unanswered_since_.has_value();
}

void Connection::check_later(Milliseconds span) {
  reactor_.cancel(check_timer_);
  check_timer_ = reactor_.after(span, [this] { check_silence(); });
}

void Connection::check_silence() {
  wake(); // an opening may have been put off
  const SteadyTime now = reactor_.now();
  if (is_idle()) {
    if (now - last_used_ >= host_.idle_timeout) {
      libssh2_session_disconnect(session(), "idle");
      session_->wire().flush();
      end("it was not used");
      return;
    }
    if (unanswered_since_ && now - *unanswered_since_ >= longest_silence(host_)) {
      end("the peer has fallen silent");
      return;
    }
    if (now - last_received_ >=
        (host_.alive_check ? host_.alive_check->interval : limits::kIdleProbe)) {
      probe();
    }
    check_later(std::min(limits::kIdleCheck, std::max(host_.idle_timeout, Milliseconds(100))));
    return;
  }
  Milliseconds interval = longest_probe(host_);
  bool has_patient = leased_sftp() > 0 || !tunnels_.empty();
  for (const auto &command : commands_) {
    interval = std::min(
        interval, within(command->timeout() / 8, limits::kShortestProbe, longest_probe(host_)));
    const auto patience =
        within(command->timeout() / 2, limits::kShortestPatience, longest_silence(host_));
    const bool gives_up = command->is_sent() && !command->is_on_ladder() && !command->is_over() &&
                          unanswered_since_ && now - *unanswered_since_ >= patience;
    if (gives_up) {
      command->link_ended();
      wake();
    }
    has_patient = has_patient || !command->is_over();
  }
  const bool is_silent = unanswered_since_ && now - *unanswered_since_ >= longest_silence(host_);
  if (is_silent || (!has_patient && unanswered_since_)) {
    end("the peer has fallen silent");
    return;
  }
  if (now - last_received_ >= interval && !unanswered_since_) {
    probe();
  }
  check_later(std::min(interval / 2, Milliseconds(1000)));
}

} // namespace mre::ssh
