// When a host gets another connection, and what becomes of a login. See host_pool.hpp.
#include "core/guard/limits.hpp"
#include "core/ssh/host_pool.hpp"
#include "core/ssh/login.hpp"
#include "core/ssh/place.hpp"

#include <algorithm>

namespace mre::ssh {

namespace {

// A further connection that failed while others work is not tried again at once.
constexpr Milliseconds kAfterFailure{5000};
// getaddrinfo cannot be interrupted: this long after the deadline the callers are told without it.
constexpr Milliseconds kBeyondDeadline{250};

} // namespace

std::size_t HostPool::count(Purpose purpose) const {
  return static_cast<std::size_t>(
      std::count_if(connections_.begin(), connections_.end(),
                    [&](const auto &connection) { return connection->purpose() == purpose; }));
}

std::size_t HostPool::logins_under_way(Purpose purpose) const {
  return static_cast<std::size_t>(
      std::count_if(logins_.begin(), logins_.end(),
                    [&](const auto &ticket) { return ticket->purpose == purpose; }));
}

void HostPool::consider_logins() {
  for (const Purpose purpose : {Purpose::commands, Purpose::bulk}) {
    std::size_t wanting = purpose == Purpose::commands ? waiting_.size() : 0;
    for (const auto &channel : sftp_waiting_) {
      wanting += (channel->kind == LeaseKind::bulk) == (purpose == Purpose::bulk) ? 1 : 0;
    }
    if (wanting == 0) {
      continue;
    }
    const std::size_t live = count(purpose);
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
  const Deadline deadline = Deadline::after(parts_.clock, host_.connect_timeout);
  // The job owns what it needs; it ends before the engine does.
  auto submitted = parts_.logins.submit([this, ticket, deadline, host = host_,
                                         reactor = parts_.reactor, &clock = parts_.clock,
                                         &log = parts_.log, stop = parts_.stop_descriptor] {
    auto result = std::make_shared<Result<std::unique_ptr<Session>>>(
        log_in(host, BoundedWait{clock, deadline, stop}, log));
    reactor->post([this, ticket, result] { login_ended(ticket, std::move(*result)); });
  });
  if (!submitted) {
    login_ended(ticket, submitted.error());
    return;
  }
  reactor_.after(host_.connect_timeout + kBeyondDeadline, [this, ticket] {
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
  if (is_closed_) {
    return;
  }
  if (!result) {
    parts_.log.warn("login_failed", {{"host", host_.name}, {"reason", result.error().message}});
    no_login_before_ = reactor_.now() + kAfterFailure;
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
  }
}

void HostPool::tell_connected() const {
  parts_.tell_connected(!connections_.empty());
}

} // namespace mre::ssh
