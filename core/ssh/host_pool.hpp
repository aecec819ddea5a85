// The connections of one host, the line of commands before them, and its logins.
//
// Promise: nobody connects before there is work; after a failure everybody in line gets its reason
// and the next call tries anew, but for a login whose question to a person was settled while it was
// under way, which is made again; the first connection is made alone, so that a wrong password is
// tried once. Threads: the reactor. Lifetime: owned by the engine until the reactor has stopped.
#pragma once

#include "core/base/log.hpp"
#include "core/base/worker_pool.hpp"
#include "core/ssh/bounded_wait.hpp"
#include "core/ssh/connection.hpp"
#include "core/ssh/handles.hpp"
#include "core/ssh/login_desk.hpp"
#include "core/ssh/login_gate.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mre::ssh {

class HostPool;

// The hosts that are passed on the way, first to last.
using Route = std::vector<config::HostConfig>;

struct PoolParts {
  std::shared_ptr<Reactor> reactor;
  WorkerPool &logins;
  LoginGate &gate;
  const Clock &clock;
  const Log &log;
  int stop_descriptor;
  std::shared_ptr<LoginDesk> desk;
  std::function<void(bool)> tell_connected;
  std::function<HostPool &(const Route &)> pool_of_last; // of the route
};

class HostPool final : public ConnectionOwner, public CommandOwner {
public:
  HostPool(config::HostConfig host, Route route, PoolParts parts);
  ~HostPool() override;

  // The configuration of a later call; new logins use it.
  void update(const config::HostConfig &host) { host_ = host; }
  void submit(std::shared_ptr<Command> command);
  void lease(std::shared_ptr<SftpChannel> channel); // a new one, to be opened
  // For a pool of a host behind this one.
  void open_tunnel(std::shared_ptr<Tunnel> tunnel);
  std::shared_ptr<SftpChannel> take_idle(LeaseKind kind);
  void give_back(const std::shared_ptr<SftpChannel> &channel, bool is_healthy);
  void give_up(Milliseconds budget);
  void close(const std::string &reason);

  void sweep(const std::string &marker, Milliseconds grace, Verdict verdict) override;
  void has_ended(Command &command) override;
  std::string what_it_waits_for() const override;
  void has_capacity(Connection &connection) override;
  void take_back(std::shared_ptr<Command> command) override;
  void take_back(std::shared_ptr<SftpChannel> channel) override;
  void take_back(std::shared_ptr<Tunnel> tunnel) override;
  void has_ended(Connection &connection, const std::string &reason) override;

private:
  struct SweepWish {
    std::string marker;
    Milliseconds grace;
    Verdict verdict;
  };
  struct LoginTicket {
    Purpose purpose;
    bool is_settled = false;
    std::uint64_t questions_settled = 0; // when the login began
  };

  void distribute();
  void begin_sweeps();
  void begin_sweep(std::vector<SweepWish> wishes);
  void place_commands();
  void place_sftp();
  void place_tunnels();
  std::size_t sftp_channels(Purpose purpose) const;
  std::size_t usable(Purpose purpose) const;
  Connection *roomiest(Purpose purpose) const;
  std::size_t count(Purpose purpose) const;
  std::size_t logins_under_way(Purpose purpose) const;
  void consider_logins();
  void start_login(Purpose purpose);
  void begin_login(const std::shared_ptr<LoginTicket> &ticket);
  void submit_login(const std::shared_ptr<LoginTicket> &ticket, std::shared_ptr<Tunnel> tunnel);
  void give_up_late(const std::shared_ptr<LoginTicket> &ticket, Milliseconds span);
  void login_ended(const std::shared_ptr<LoginTicket> &ticket,
                   Result<std::unique_ptr<Session>> result);
  void fail_waiting(Purpose purpose, const Error &error);
  bool close_idle_sftp();
  void tell_connected() const;

  config::HostConfig host_;
  const Route route_;
  const std::string machine_; // where it is, whatever its name
  PoolParts parts_;
  Reactor &reactor_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<SweepWish> sweep_wishes_;
  std::size_t sweeps_under_way_ = 0;
  std::deque<std::shared_ptr<Command>> sweeps_;
  std::deque<std::shared_ptr<Command>> waiting_;
  std::deque<std::shared_ptr<SftpChannel>> sftp_waiting_;
  std::deque<std::shared_ptr<Tunnel>> tunnels_waiting_;
  std::vector<std::shared_ptr<SftpChannel>> sftp_idle_;
  std::vector<std::shared_ptr<LoginTicket>> logins_;
  SteadyTime no_login_before_{};
  bool is_placing_ = false;
  bool takes_logins_ = true; // until the server ends
  bool is_closed_ = false;
};

} // namespace mre::ssh
