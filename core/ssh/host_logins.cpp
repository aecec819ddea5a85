// When a host gets another connection, and what becomes of a login. See host_pool.hpp.
#include "core/guard/limits.hpp"
#include "core/ssh/host_pool.hpp"
#include "core/ssh/login.hpp"
#include "core/ssh/place.hpp"
#include "core/ssh/tunnel_wait.hpp"

#include <algorithm>

namespace mre::ssh {

std::size_t HostPool::count(Purpose purpose) const {
  return static_cast<std::size_t>(
      std::count_if(connections_.begin(), connections_.end(),
                    [&](const auto &connection) { return connection->purpose() == purpose; }));
}

// A connection that is held up by a jump does not count, up to a bound.
std::size_t HostPool::usable(Purpose purpose) const {
  const auto stuck = static_cast<std::size_t>(
      std::count_if(connections_.begin(), connections_.end(), [&](const auto &connection) {
        return connection->purpose() == purpose && connection->is_stuck();
      }));
  return count(purpose) - std::min(stuck, limits::kStuckConnections);
}

std::size_t HostPool::logins_under_way(Purpose purpose) const {
  return static_cast<std::size_t>(
      std::count_if(logins_.begin(), logins_.end(),
                    [&](const auto &ticket) { return ticket->purpose == purpose; }));
}

void HostPool::consider_logins() {
  if (!takes_logins_) {
    return;
  }
  for (const Purpose purpose : {Purpose::commands, Purpose::bulk}) {
    std::size_t wanting =
        purpose == Purpose::commands ? waiting_.size() + tunnels_waiting_.size() : 0;
    const bool may_lease = sftp_channels(purpose) < limits::kSftpChannelsPerHost;
    for (const auto &channel : sftp_waiting_) {
      wanting +=
          may_lease && (channel->kind == LeaseKind::bulk) == (purpose == Purpose::bulk) ? 1U : 0U;
    }
    if (wanting == 0) {
      continue;
    }
    const std::size_t live = usable(purpose);
    const std::size_t most = purpose == Purpose::bulk ? 1 : limits::kConnectionsPerHost;
    // One by one until the first has come through, then as many as there is work for.
    const std::size_t useful =
        live == 0 ? 1
                  : (wanting + limits::kChannelsPerConnection - 1) / limits::kChannelsPerConnection;
    const bool is_held_back = live > 0 && reactor_.now() < no_login_before_;
    while (!is_held_back && live + logins_under_way(purpose) < most &&
           logins_under_way(purpose) < useful && logins_.size() < limits::kLoginsPerHost) {
      start_login(purpose);
    }
  }
}

void HostPool::start_login(Purpose purpose) {
  auto ticket = std::make_shared<LoginTicket>(LoginTicket{purpose});
  logins_.push_back(ticket);
  parts_.gate.enter(machine_, [this, ticket] { begin_login(ticket); });
}

// From here to login_ended() it has a place in the gate.
void HostPool::begin_login(const std::shared_ptr<LoginTicket> &ticket) {
  if (!takes_logins_) {
    login_ended(ticket, Error{Errc::cancelled, "the server is ending", {}});
    return;
  }
  if (route_.empty()) {
    submit_login(ticket, nullptr);
    return;
  }
  // No thread waits for the jump host: its own login needs one.
  Milliseconds longest = host_.connect_timeout;
  for (const auto &jump : route_) {
    longest += jump.connect_timeout;
  }
  const auto opened = std::make_shared<std::weak_ptr<Tunnel>>();
  auto tunnel = std::make_shared<Tunnel>(
      tunnel_target(host_, route_.back().name), parts_.reactor,
      [this, ticket, opened](Result<void> result) {
        if (!result) {
          login_ended(ticket,
                      result.error().within(place(host_) + " through " + route_.back().name));
        } else {
          submit_login(ticket, opened->lock());
        }
      });
  *opened = tunnel;
  reactor_.after(longest, [tunnel, name = place(host_), jump = route_.back().name] {
    tunnel->fail({Errc::unreachable, "the way through " + jump + " did not open in time",
                  "check the jump host and the network on the way to it"});
  });
  parts_.pool_of_last(route_).open_tunnel(tunnel);
}

void HostPool::submit_login(const std::shared_ptr<LoginTicket> &ticket,
                            std::shared_ptr<Tunnel> tunnel) {
  MakeLink make_link = over_tcp(host_);
  if (tunnel != nullptr) {
    // The first attempt has its tunnel; further ones ask for another and wait within their time.
    make_link = [this, first = std::make_shared<std::unique_ptr<Link>>(tunnel->link())](
                    const BoundedWait &bounds) -> Result<std::unique_ptr<Link>> {
      if (*first != nullptr) {
        return std::move(*first);
      }
      return wait_for_tunnel({tunnel_target(host_, route_.back().name), parts_.reactor,
                              [this](std::shared_ptr<Tunnel> next) {
                                parts_.pool_of_last(route_).open_tunnel(std::move(next));
                              }},
                             bounds);
    };
  }
  ticket->questions_settled = parts_.desk->settled();
  // The job owns what it needs; it ends before the engine does. Its time begins when it has a
  // thread: a host must not seem unreachable because many others are connected first.
  auto submitted = parts_.logins.submit([this, ticket, host = host_, make_link, desk = parts_.desk,
                                         reactor = parts_.reactor, &clock = parts_.clock,
                                         &log = parts_.log, stop = parts_.stop_descriptor] {
    const Deadline deadline = Deadline::after(clock, host.connect_timeout);
    reactor->post([this, ticket, span = host.connect_timeout + limits::kBeyondLoginDeadline] {
      give_up_late(ticket, span);
    });
    auto result = std::make_shared<Result<std::unique_ptr<Session>>>(
        log_in({host, make_link, desk.get()}, BoundedWait{clock, deadline, stop}, log));
    reactor->post([this, ticket, result] { login_ended(ticket, std::move(*result)); });
  });
  if (!submitted) {
    login_ended(ticket, Error{Errc::limit,
                              place(host_) + ": too many hosts are being connected at once (" +
                                  std::to_string(limits::kLoginsQueued) + " wait already)",
                              "call again when some of them are through"});
  }
}

// getaddrinfo and an agent may hold a login thread beyond the deadline.
void HostPool::give_up_late(const std::shared_ptr<LoginTicket> &ticket, Milliseconds span) {
  reactor_.after(span, [this, ticket] {
    if (!ticket->is_settled) {
      ticket->is_settled = true;
      fail_waiting(ticket->purpose, {Errc::unreachable,
                                     "cannot reach " + place(host_) +
                                         ": looking up its name or asking the agent takes too long",
                                     "check the DNS of this machine and the ssh-agent"});
    }
  });
}

void HostPool::login_ended(const std::shared_ptr<LoginTicket> &ticket,
                           Result<std::unique_ptr<Session>> result) {
  std::erase(logins_, ticket);
  ticket->is_settled = true;
  reactor_.post([gate = &parts_.gate, machine = machine_] { gate->leave(machine); });
  if (is_closed_) {
    return;
  }
  if (!result) {
    parts_.log.warn("login_failed", {{"host", host_.name}, {"reason", result.error().message}});
    no_login_before_ = reactor_.now() + limits::kAfterLoginFailure;
    const bool was_answered = ticket->questions_settled != parts_.desk->settled();
    if (was_answered && (result.error().code == Errc::host_key_unknown ||
                         result.error().code == Errc::auth_failed)) {
      distribute(); // who waits gets a login that has heard the answer
      return;
    }
    if (count(ticket->purpose) == 0 && logins_under_way(ticket->purpose) == 0) {
      fail_waiting(ticket->purpose, result.error());
    }
    return;
  }
  connections_.push_back(std::make_unique<Connection>(
      ConnectionParts{reactor_, *this, parts_.log, host_, std::move(*result), ticket->purpose}));
  parts_.log.info(
      "connected",
      {{"host", host_.name}, {"address", address_and_port(host_)}, {"user", host_.user}});
  tell_connected();
  distribute();
}

void HostPool::fail_waiting(Purpose purpose, const Error &error) {
  const auto channels = std::exchange(sftp_waiting_, {});
  for (const auto &channel : channels) {
    if ((channel->kind == LeaseKind::bulk) != (purpose == Purpose::bulk)) {
      sftp_waiting_.push_back(channel);
    } else if (channel->waiter != nullptr) {
      std::exchange(channel->waiter, nullptr)->finish(error);
    }
  }
  if (purpose == Purpose::commands) {
    const auto commands = std::exchange(waiting_, {});
    for (const auto &command : commands) {
      command->refuse(error);
    }
    for (const auto &tunnel : std::exchange(tunnels_waiting_, {})) {
      tunnel->fail(error);
    }
  }
}

void HostPool::tell_connected() const {
  parts_.tell_connected(!connections_.empty());
}

} // namespace mre::ssh
