// One logged-in session: its channels, the commands and SFTP requests on them, its watch over a
// peer that falls silent.
//
// Promise: one channel open is in flight at a time (libssh2 keeps its state in the session); a few
// channels are opened ahead, so that a command costs one round trip; a server that refuses an open
// is full at that count, not broken; one slot stays free for the kill. Nothing waits for the peer
// to close. Threads: the reactor. Lifetime: owned by a HostPool, which deletes it outside its turn.
#pragma once

#include "core/base/log.hpp"
#include "core/ssh/channel.hpp"
#include "core/ssh/command.hpp"
#include "core/ssh/handles.hpp"
#include "core/ssh/reactor.hpp"
#include "core/ssh/sftp_channel.hpp"
#include "core/ssh/tunnel.hpp"

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace mre::ssh {

class Connection;

class ConnectionOwner {
public:
  virtual ~ConnectionOwner() = default;
  virtual void has_capacity(Connection &connection) = 0;
  // Work that had not begun when the connection ended or turned out to be full.
  virtual void take_back(std::shared_ptr<Command> command) = 0;
  virtual void take_back(std::shared_ptr<SftpChannel> channel) = 0;
  virtual void take_back(std::shared_ptr<Tunnel> tunnel) = 0;
  virtual void has_ended(Connection &connection, const std::string &reason) = 0;
};

enum class Purpose { commands, bulk };

struct ConnectionParts {
  Reactor &reactor;
  ConnectionOwner &owner;
  const Log &log;
  const config::HostConfig &host; // copied
  std::unique_ptr<Session> session;
  Purpose purpose = Purpose::commands;
};

class Connection final : public Reactor::Source {
public:
  explicit Connection(ConnectionParts parts);
  ~Connection() override;
  Connection(const Connection &) = delete;
  Connection &operator=(const Connection &) = delete;

  Purpose purpose() const { return purpose_; }
  bool has_room() const;
  bool takes_tunnels() const { return is_usable() && !is_stuck_; }
  bool is_stuck() const { return is_stuck_; } // a jump that does not come through holds the line
  std::size_t in_use() const { return commands_.size() + sftp_.size(); }
  std::size_t tunnels() const { return tunnels_.size(); }
  std::size_t sftp_channels() const { return sftp_.size(); }
  bool is_ended() const { return is_ended_; }
  bool has_served() const { return has_opened_ || has_tunnelled_; } // ever had a channel
  bool takes_marker() const { return takes_marker_; }

  void run(std::shared_ptr<Command> command); // has_room(), or an urgent one
  void open_sftp(std::shared_ptr<SftpChannel> channel);
  void close_sftp(const std::shared_ptr<SftpChannel> &channel);
  void open_tunnel(std::shared_ptr<Tunnel> tunnel); // takes_tunnels()
  void wake() { wants_turn_ = true; }
  void give_up(Milliseconds budget);
  // An end without asking the commands: the link is gone, or nobody needs it.
  void end(const std::string &reason);

  // For the commands.
  LIBSSH2_SESSION *session() const { return session_->get(); }
  Reactor &reactor() const { return reactor_; }
  std::span<char> read_buffer() const { return reactor_.read_buffer(); }
  bool is_write_full() const;
  void fail(long code); // a libssh2 call said the link is broken
  void expect_answer();
  bool probe(); // true when an answer is due, to this probe or to something earlier
  std::uint64_t received_bytes() const { return session_->wire().received_bytes(); }
  std::chrono::microseconds round_trip() const { return round_trip_; }

  int descriptor() const override { return session_->wire().descriptor(); }
  short events() const override;
  bool wants_turn() const override;
  void turn() override;

private:
  bool pass();
  bool open_next();
  bool opened(LIBSSH2_CHANNEL *handle);
  bool choose_opening();
  bool open_channel_next();
  bool open_sftp_next();
  bool has_sftp_failed() const;
  void give_up_sftp();
  bool open_tunnel_next();
  void tunnel_failed(const std::shared_ptr<Tunnel> &tunnel, int code);
  void watch_opening(const Tunnel &tunnel);
  void hand_back_waiting();
  void learn_limit();
  void refused();
  bool step_commands();
  bool step_sftp();
  bool step_tunnels();
  bool is_usable() const;
  bool step_closing();
  void retire(std::unique_ptr<Channel> channel, bool linger);
  void drain_lingering();
  LIBSSH2_CHANNEL *any_channel() const;
  void take_input();
  void pump();
  Command *next_in_line() const;
  void drop_closed_spares();
  void hand_out_spares();
  std::size_t allowed() const;
  std::size_t open_channels() const;
  std::size_t waiting() const;
  bool wants_spare() const;
  void take_news(const ChannelNews &news);
  void note_received();
  void check_later(Milliseconds span);
  void check_silence();
  bool is_idle() const { return commands_.empty() && leased_sftp() == 0 && tunnels_.empty(); }
  std::size_t leased_sftp() const;

  Reactor &reactor_;
  ConnectionOwner &owner_;
  const Log &log_;
  const config::HostConfig host_;
  const std::unique_ptr<Session> session_;
  const Purpose purpose_;
  const bool takes_marker_;
  // dropbear closes every session without a process whenever some process ends, and dies of a
  // request on one that it has closed: what is open ahead there is for reading alone.
  const bool keeps_idle_sessions_;

  std::vector<std::shared_ptr<Command>> commands_;
  std::vector<std::shared_ptr<SftpChannel>> sftp_; // opened, or waiting for it
  std::vector<std::unique_ptr<Channel>> spares_;
  std::deque<std::unique_ptr<Channel>> lingering_; // a background child still writes there
  std::vector<std::unique_ptr<Channel>> closing_;
  std::vector<LIBSSH2_SFTP *> closing_sftp_;
  std::vector<std::shared_ptr<Tunnel>>
      tunnels_; // opened, or waiting for it; the server counts none
  std::vector<LIBSSH2_CHANNEL *> closing_tunnels_;
  std::unordered_map<std::uint32_t, Channel *> by_number_;

  enum class Opening { nothing, channel, sftp, tunnel };
  Opening opening_ = Opening::nothing;
  std::size_t opening_beside_ = 0; // channels that were open when the opening began
  bool has_opened_ = false;
  // libssh2 keeps a start of SFTP in the session and cannot be told to drop it: once one has failed
  // half-way, no other is begun here.
  bool is_sftp_dead_ = false;
  bool sftp_closed_ = false; // the channel it was being started on
  std::uint64_t openings_before_sftp_ = 0;
  SteadyTime sftp_begun_{};
  std::shared_ptr<Tunnel> opening_tunnel_;
  bool has_tunnelled_ = false;
  bool is_stuck_ = false;
  Timers::Id opening_timer_ = 0;
  SteadyTime no_opening_before_{};
  std::size_t limit_; // channels the server allows, as far as known
  bool wants_turn_ = true;
  bool is_ended_ = false;
  std::string failure_;

  std::chrono::microseconds round_trip_{0};
  std::uint64_t received_before_ = 0;
  SteadyTime last_received_;
  SteadyTime last_used_;
  std::optional<SteadyTime> unanswered_since_;
  Timers::Id check_timer_ = 0;
};

} // namespace mre::ssh
