// One command as a state machine: a channel, the request, both outputs, the end; and the ladder
// that ends the remote process when time or patience is over.
//
// Promise: on_end comes once, last, with what is true: `lost` when the link died after the command
// was sent, timed_out or cancelled with what was verified about the remote process. A command that
// was never sent ends with an error or goes to another connection.
// Threads: cancel() and resume() from any; the rest on the reactor. Lifetime: shared by its
// connection or its pool, and the caller.
#pragma once

#include "core/ssh/channel.hpp"
#include "core/ssh/exec.hpp"
#include "core/ssh/reactor.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace mre::ssh {

class Command;
class Connection;

// What a command needs from the pool of its host.
class CommandOwner {
public:
  virtual ~CommandOwner() = default;
  using Verdict =
      std::function<void(std::optional<RemoteProcess>)>; // nothing: the far side cannot tell
  virtual void sweep(const std::string &marker, Milliseconds grace, Verdict verdict) = 0;
  virtual void has_ended(Command &command) = 0; // while it was waiting in the pool
  virtual std::string what_it_waits_for() const = 0;
};

class Command final : public Execution, public std::enable_shared_from_this<Command> {
public:
  enum class Kind {
    user,
    sweep
  }; // a sweep may use the reserved slot and walks no ladder of its own

  Command(ExecRequest request, std::shared_ptr<ExecObserver> observer,
          std::shared_ptr<Reactor> reactor, Kind kind = Kind::user);
  ~Command() override = default;

  void cancel() override;
  void resume() override;

  Kind kind() const { return kind_; }
  // Held until on_end has returned.
  void hold(std::shared_ptr<void> presence) { presence_ = std::move(presence); }
  void begin(CommandOwner &owner);   // starts the clock
  void refuse(Error error);          // it cannot be started
  void give_up(Milliseconds budget); // the server is ending: cancel, within the budget

  // For its connection.
  void attach(Connection &connection) { connection_ = &connection; }
  bool wants_channel() const { return channel_ == nullptr && stage_ != Stage::over; }
  bool has_channel() const { return channel_ != nullptr; }
  void take(std::unique_ptr<Channel> channel) { channel_ = std::move(channel); }
  std::unique_ptr<Channel> release_channel() { return std::move(channel_); }
  void begin_turn();
  bool step(); // true when something came of it
  bool wants_turn() const { return is_over_quota_; }
  bool is_over() const { return stage_ == Stage::over; }
  bool leaves_child() const { return leaves_child_; }
  bool is_sent() const { return is_sent_; }
  bool is_on_ladder() const { return rung_ != Rung::none; }
  Milliseconds timeout() const { return request_.timeout; }
  void link_ended(); // it was sent; the link is gone or silent
  void detach() { connection_ = nullptr; }
  // False once it has met enough connections that died before it was sent.
  bool may_try_again() { return ++attempts_ < kAttempts; }

private:
  enum class Stage { waiting, starting, running, over };
  static constexpr int kAttempts = 3;
  enum class Rung { none, terminate, kill, sweep };

  bool start();
  bool request_terminal();
  bool send_input();
  bool fetch_input();
  bool read_output();
  bool read_stream(Stream stream);
  bool send_signal();
  void check_end();
  void check_after_status();
  void watch_after_status(std::uint64_t bytes_before);

  void on_timeout();
  void climb(Outcome outcome);
  void on_terminate_over();
  void on_silence();
  void kill();
  void judge();
  void give_up_waiting_for_status();
  void on_verdict(std::optional<RemoteProcess> verdict);
  RemoteProcess judged_by_status() const;

  void finish(Outcome outcome, RemoteProcess remote_process);
  void finish_with(Result<ExecEnd> end);
  void set_timer(Milliseconds span, void (Command::*action)());
  std::uint64_t received_bytes() const { return out_bytes_ + err_bytes_; }

  ExecRequest request_;
  std::shared_ptr<ExecObserver> observer_;
  std::shared_ptr<void> presence_;
  const std::weak_ptr<Reactor> weak_reactor_;
  Reactor &reactor_;
  const Kind kind_;
  CommandOwner *owner_ = nullptr;
  Connection *connection_ = nullptr;
  std::unique_ptr<Channel> channel_;

  Stage stage_ = Stage::waiting;
  Rung rung_ = Rung::none;
  Outcome ending_ = Outcome::timed_out; // valid on the ladder
  std::string marker_;
  std::string line_; // what is sent; libssh2 keeps a pointer to it
  std::string input_;
  std::size_t input_sent_ = 0;
  bool input_ended_ = false;
  bool input_closed_ = false;
  bool has_terminal_ = false;
  bool is_sent_ = false;
  bool is_drained_ = false;
  bool is_over_quota_ = false;
  bool leaves_child_ = false;
  int attempts_ = 0;
  bool is_swept_ = false; // the sweep found nothing any more
  std::string signal_;    // to be sent
  std::size_t out_quota_ = 0;
  std::size_t err_quota_ = 0;
  std::uint64_t out_bytes_ = 0;
  std::uint64_t err_bytes_ = 0;
  std::uint64_t bytes_at_status_ = 0;
  std::uint64_t bytes_at_verdict_ = 0; // of the sweep
  int waits_after_verdict_ = 0;
  std::optional<std::uint64_t> link_bytes_at_climb_; // set when an answer was due then
  Milliseconds term_patience_;
  Milliseconds kill_patience_;
  SteadyTime submitted_;
  SteadyTime sent_;
  SteadyTime status_at_;
  std::optional<SteadyTime> first_byte_;
  Timers::Id timeout_timer_ = 0;
  Timers::Id silence_timer_ = 0;
  Timers::Id rung_timer_ = 0; // the ladder's, or the wait after the status
  bool watches_after_status_ = false;
  std::atomic<bool> is_resume_posted_{false};
};

} // namespace mre::ssh
