// Placing work on connections; the logins are in host_logins.cpp. See host_pool.hpp.
#include "core/ssh/host_pool.hpp"

#include "core/guard/limits.hpp"
#include "core/ssh/place.hpp"
#include "core/ssh/sweep.hpp"

#include <algorithm>
#include <iterator>

namespace mre::ssh {

namespace {

class SweepObserver final : public ExecObserver {
public:
  explicit SweepObserver(std::function<void(const std::string &output)> done)
      : done_(std::move(done)) {}
  std::size_t room() override { return limits::kReadPerTurn; }
  void on_output(Stream stream, std::string_view bytes) override {
    if (stream == Stream::out) {
      output_ += bytes;
      if (output_.size() > limits::kSweepOutput) {
        output_.erase(0, output_.size() - limits::kSweepOutput);
      }
    }
  }
  void on_end(Result<ExecEnd> /*end*/) override {
    done_(output_);
  } // half an answer reads as unknown

private:
  std::function<void(const std::string &output)> done_;
  std::string output_;
};

Purpose purpose_of(LeaseKind kind) {
  return kind == LeaseKind::bulk ? Purpose::bulk : Purpose::commands;
}

// Two names of one address on the same way are one machine.
std::string machine_of(const config::HostConfig &host, const Route &route) {
  std::string machine;
  for (const auto &jump : route) {
    machine += jump.name + "\n";
  }
  return machine + address_and_port(host);
}

} // namespace

HostPool::HostPool(config::HostConfig host, Route route, PoolParts parts)
    : host_(std::move(host)), route_(std::move(route)), machine_(machine_of(host_, route_)),
      parts_(std::move(parts)), reactor_(*parts_.reactor) {}

HostPool::~HostPool() = default;

void HostPool::submit(std::shared_ptr<Command> command) {
  if (waiting_.size() >= limits::kCommandsQueuedPerHost) {
    command->refuse(
        {Errc::limit,
         place(host_) + ": " + std::to_string(waiting_.size()) + " commands are waiting already",
         "wait for some of them to end, then call again"});
    return;
  }
  command->begin(*this);
  waiting_.push_back(std::move(command));
  distribute();
}

// Those that come at one moment, or while others run, go together.
void HostPool::sweep(const std::string &marker, Milliseconds grace, Verdict verdict) {
  sweep_wishes_.push_back({marker, grace, std::move(verdict)});
  reactor_.post([this] { begin_sweeps(); });
}

void HostPool::begin_sweeps() {
  while (!sweep_wishes_.empty() && sweeps_under_way_ < limits::kSweepsAtOnce) {
    const auto count =
        static_cast<std::ptrdiff_t>(std::min(sweep_wishes_.size(), limits::kMarkersPerSweep));
    std::vector<SweepWish> wishes(std::make_move_iterator(sweep_wishes_.begin()),
                                  std::make_move_iterator(sweep_wishes_.begin() + count));
    sweep_wishes_.erase(sweep_wishes_.begin(), sweep_wishes_.begin() + count);
    begin_sweep(std::move(wishes));
  }
}

void HostPool::begin_sweep(std::vector<SweepWish> wishes) {
  ++sweeps_under_way_;
  std::vector<std::string> markers;
  Milliseconds grace = limits::kTermPatience;
  for (const auto &wish : wishes) {
    markers.push_back(wish.marker);
    grace = std::min(grace, wish.grace);
  }
  const auto done = [this, wishes = std::move(wishes)](const std::string &output) {
    --sweeps_under_way_;
    for (const auto &wish : wishes) {
      wish.verdict(read_sweep(output, wish.marker));
    }
    reactor_.post([this] { begin_sweeps(); });
  };
  ExecRequest request;
  request.command = sweep_command(markers, grace);
  request.timeout = grace + limits::kSweepPatience;
  auto command =
      std::make_shared<Command>(std::move(request), std::make_shared<SweepObserver>(done),
                                parts_.reactor, Command::Kind::sweep);
  command->begin(*this);
  sweeps_.push_back(std::move(command));
  distribute();
}

void HostPool::lease(std::shared_ptr<SftpChannel> channel) {
  sftp_waiting_.push_back(std::move(channel));
  distribute();
}

void HostPool::open_tunnel(std::shared_ptr<Tunnel> tunnel) {
  if (is_closed_) {
    tunnel->fail({Errc::cancelled, "the server is ending", {}});
    return;
  }
  tunnels_waiting_.push_back(std::move(tunnel));
  distribute();
}

std::shared_ptr<SftpChannel> HostPool::take_idle(LeaseKind kind) {
  for (auto channel = sftp_idle_.begin(); channel != sftp_idle_.end(); ++channel) {
    if ((*channel)->kind == kind && (*channel)->handle != nullptr) {
      auto taken = *channel;
      sftp_idle_.erase(channel);
      taken->is_leased = true;
      return taken;
    }
  }
  return nullptr;
}

void HostPool::give_back(const std::shared_ptr<SftpChannel> &channel, bool is_healthy) {
  std::erase(sftp_waiting_, channel);
  channel->is_leased = false;
  channel->job = nullptr;
  if (channel->connection == nullptr) {
    return;
  }
  if (!is_healthy || channel->handle == nullptr) {
    channel->connection->close_sftp(channel);
    return;
  }
  for (auto waiting = sftp_waiting_.begin(); waiting != sftp_waiting_.end(); ++waiting) {
    if ((*waiting)->kind ==
        channel->kind) { // its handle changes hands, the object of who waits stays
      const auto heir = *waiting;
      sftp_waiting_.erase(waiting);
      Connection &connection = *channel->connection;
      heir->handle = std::exchange(channel->handle, nullptr);
      heir->round_trip_us = channel->round_trip_us.load();
      heir->server_banner = channel->server_banner;
      connection.close_sftp(channel);
      connection.open_sftp(heir);
      std::exchange(heir->waiter, nullptr)->finish(std::nullopt);
      return;
    }
  }
  sftp_idle_.push_back(channel);
  distribute(); // a command may want the slot
}

void HostPool::has_ended(Command &command) {
  const auto is_it = [&](const auto &item) { return item.get() == &command; };
  std::erase_if(waiting_, is_it);
  std::erase_if(sweeps_, is_it);
}

std::string HostPool::what_it_waits_for() const {
  return connections_.empty() ? "the connection to " + place(host_)
                              : "a free channel to " + place(host_) + ", all are in use";
}

void HostPool::has_capacity(Connection & /*connection*/) {
  if (!waiting_.empty() || !sweeps_.empty() || !sftp_waiting_.empty() ||
      !tunnels_waiting_.empty()) {
    distribute();
  }
}

void HostPool::take_back(std::shared_ptr<Command> command) {
  if (is_closed_) {
    command->refuse({Errc::cancelled, "the server is ending", {}});
    return;
  }
  (command->kind() == Command::Kind::sweep ? sweeps_ : waiting_).push_front(std::move(command));
  reactor_.post([this] { distribute(); });
}

void HostPool::take_back(std::shared_ptr<SftpChannel> channel) {
  sftp_waiting_.push_front(std::move(channel));
  reactor_.post([this] { distribute(); });
}

void HostPool::take_back(std::shared_ptr<Tunnel> tunnel) {
  if (is_closed_ || !tunnel->may_try_again()) {
    tunnel->fail({Errc::unreachable, "the jump host " + place(host_) + " is lost again and again",
                  "check the network on the way to it"});
    return;
  }
  tunnels_waiting_.push_front(std::move(tunnel));
  reactor_.post([this] { distribute(); });
}

void HostPool::has_ended(Connection &connection, const std::string &reason) {
  parts_.log.info("disconnected", {{"host", host_.name}, {"reason", reason}});
  std::erase_if(sftp_idle_, [](const auto &channel) { return channel->connection == nullptr; });
  for (auto item = connections_.begin(); item != connections_.end(); ++item) {
    if (item->get() == &connection) {
      // It may be in the middle of its turn: it goes when that is over.
      reactor_.post([ended = std::shared_ptr<Connection>(std::move(*item))] {});
      connections_.erase(item);
      break;
    }
  }
  tell_connected();
  if (!connection.has_served()) { // another one would fare no better
    fail_waiting(connection.purpose(),
                 {Errc::unreachable, "cannot reach " + place(host_) + ": after the login " + reason,
                  "the server's log says why; check the account's restrictions"});
  }
  reactor_.post([this] { distribute(); });
}

void HostPool::distribute() {
  if (is_placing_ || is_closed_) {
    return;
  }
  is_placing_ = true;
  place_tunnels();
  place_commands();
  place_sftp();
  consider_logins();
  is_placing_ = false;
}

Connection *HostPool::roomiest(Purpose purpose) const {
  Connection *best = nullptr;
  for (const auto &connection : connections_) {
    if (connection->purpose() == purpose && connection->has_room() &&
        (best == nullptr || connection->in_use() < best->in_use())) {
      best = connection.get();
    }
  }
  return best;
}

void HostPool::place_commands() {
  while (!sweeps_.empty()) {
    Connection *target = nullptr; // a sweep may take the reserved slot of any connection
    for (const auto &connection : connections_) {
      if (!connection->is_ended() &&
          (target == nullptr || connection->in_use() < target->in_use())) {
        target = connection.get();
      }
    }
    const auto command = sweeps_.front();
    sweeps_.pop_front();
    if (target == nullptr) {
      command->refuse({Errc::lost, "there is no connection any more", {}});
    } else {
      target->run(command);
    }
  }
  while (!waiting_.empty()) {
    Connection *target = roomiest(Purpose::commands);
    if (target == nullptr && close_idle_sftp()) {
      continue;
    }
    if (target == nullptr) {
      return;
    }
    const auto command = waiting_.front();
    waiting_.pop_front();
    target->run(command);
  }
}

void HostPool::place_tunnels() {
  while (!tunnels_waiting_.empty()) {
    Connection *target = nullptr;
    for (const auto &connection : connections_) {
      if (connection->purpose() == Purpose::commands && connection->takes_tunnels() &&
          (target == nullptr || connection->tunnels() < target->tunnels())) {
        target = connection.get();
      }
    }
    if (target == nullptr) {
      return;
    }
    const auto tunnel = tunnels_waiting_.front();
    tunnels_waiting_.pop_front();
    if (!tunnel->is_settled()) { // else it was given up while it waited
      target->open_tunnel(tunnel);
    }
  }
}

std::size_t HostPool::sftp_channels(Purpose purpose) const {
  std::size_t channels = 0;
  for (const auto &connection : connections_) {
    channels += connection->purpose() == purpose ? connection->sftp_channels() : 0;
  }
  return channels;
}

void HostPool::place_sftp() {
  for (std::size_t i = 0; i < sftp_waiting_.size();) {
    const auto channel = sftp_waiting_[i];
    Connection *target = roomiest(purpose_of(channel->kind));
    if (target == nullptr ||
        sftp_channels(purpose_of(channel->kind)) >= limits::kSftpChannelsPerHost) {
      ++i;
      continue;
    }
    sftp_waiting_.erase(sftp_waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    target->open_sftp(channel);
  }
}

// An SFTP channel that nobody uses holds the slot of a command.
bool HostPool::close_idle_sftp() {
  for (auto item = sftp_idle_.begin(); item != sftp_idle_.end(); ++item) {
    const auto channel = *item;
    if (channel->connection != nullptr && channel->connection->purpose() == Purpose::commands) {
      sftp_idle_.erase(item);
      channel->connection->close_sftp(channel);
      return true;
    }
  }
  return false;
}

void HostPool::give_up(Milliseconds budget) {
  takes_logins_ = false;
  const auto waiting = waiting_;
  for (const auto &command : waiting) {
    command->give_up(budget);
  }
  for (const auto &connection : connections_) {
    connection->give_up(budget);
  }
}

void HostPool::close(const std::string &reason) {
  is_closed_ = true;
  const auto waiting = std::exchange(waiting_, {});
  for (const auto &command : waiting) {
    command->refuse({Errc::cancelled, reason, {}});
  }
  while (!connections_.empty()) {
    connections_.back()->end(reason);
  }
  const auto channels = std::exchange(sftp_waiting_, {});
  for (const auto &channel : channels) {
    if (channel->waiter != nullptr) {
      std::exchange(channel->waiter, nullptr)->finish(Error{Errc::cancelled, reason, {}});
    }
  }
  for (const auto &tunnel : std::exchange(tunnels_waiting_, {})) {
    tunnel->fail({Errc::cancelled, reason, {}});
  }
}

} // namespace mre::ssh
