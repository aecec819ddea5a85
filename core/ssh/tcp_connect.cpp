// See tcp_connect.hpp.
#include "core/ssh/tcp_connect.hpp"

#include "core/ssh/place.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

namespace mre::ssh {

namespace {

// RFC 8305 section 5: how long one address is given before the next one is tried beside it.
constexpr Milliseconds kNextAttempt{250};

struct FreeAddresses {
  void operator()(addrinfo *list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Result<Addresses> resolve(const config::HostConfig &host) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_family = host.address_family == config::AddressFamily::ipv4   ? AF_INET
                     : host.address_family == config::AddressFamily::ipv6 ? AF_INET6
                                                                          : AF_UNSPEC;
  wanted.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo *list = nullptr;
  const int code =
      ::getaddrinfo(host.address.c_str(), std::to_string(host.port).c_str(), &wanted, &list);
  Addresses addresses(list);
  if (code != 0) {
    return unreachable(
        host, "the name '" + host.address + "' does not resolve (" + ::gai_strerror(code) + ")",
        "check the spelling of the address and the DNS of this machine");
  }
  return addresses;
}

// Families in turn, beginning with the one the resolver prefers.
std::vector<const addrinfo *> in_turn(const addrinfo *list) {
  std::vector<const addrinfo *> first;
  std::vector<const addrinfo *> second;
  for (const addrinfo *item = list; item != nullptr; item = item->ai_next) {
    (item->ai_family == list->ai_family ? first : second).push_back(item);
  }
  std::vector<const addrinfo *> order;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) {
      order.push_back(first[i]);
    }
    if (i < second.size()) {
      order.push_back(second[i]);
    }
  }
  return order;
}

Error from_connect_error(const config::HostConfig &host, int number) {
  switch (number) {
  case ECONNREFUSED:
    return unreachable(host, "connection refused",
                       "check that an SSH server listens on port " + std::to_string(host.port) +
                           " and that no firewall rejects it");
  case ETIMEDOUT:
    return unreachable(host, "no answer to the connection attempt",
                       "check the address, that the machine is up, and the firewalls between");
  case EHOSTUNREACH:
  case ENETUNREACH:
    return unreachable(host, "there is no route to it",
                       "check the address and the network of this machine (VPN?)");
  case EMFILE:
  case ENFILE:
    return {Errc::limit,
            place(host) + ": this server has as many connections and files open as it may",
            "call again when some are closed (MRE_IDLE_TIMEOUT), or raise the limit of open files "
            "(ulimit -n)"};
  default:
    return unreachable(host, std::generic_category().message(number), "check address and port");
  }
}

// Connection attempts that run beside each other; the first that succeeds wins.
class Race {
public:
  Race(const config::HostConfig &host, const BoundedWait &bounds) : host_(host), bounds_(bounds) {}

  void start(const addrinfo &address) {
    UniqueFd socket(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) {
      last_error_ = errno;
      return;
    }
    if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) != 0 && errno != EINPROGRESS) {
      last_error_ = errno;
      return;
    }
    runners_.push_back(std::move(socket));
  }
  bool has_runners() const { return !runners_.empty(); }
  Error failure() const { return from_connect_error(host_, last_error_); }

  // A connected socket; an empty one when the time is over or all have failed; an error when the
  // whole deadline is over.
  Result<UniqueFd> wait(Deadline at_most) {
    while (has_runners()) {
      std::vector<pollfd> polled;
      for (const auto &runner : runners_) {
        polled.push_back({runner.get(), POLLOUT, 0});
      }
      const WaitEnd end = bounds_.wait(polled, at_most);
      if (end == WaitEnd::stopped) {
        return Error{Errc::cancelled, "the server is ending", {}};
      }
      if (end == WaitEnd::timed_out) {
        if (bounds_.deadline.has_passed(bounds_.clock)) {
          return from_connect_error(host_, ETIMEDOUT);
        }
        return UniqueFd();
      }
      for (std::size_t i = polled.size(); i-- > 0;) {
        if (polled[i].revents == 0) {
          continue;
        }
        int number = 0;
        socklen_t size = sizeof number;
        ::getsockopt(runners_[i].get(), SOL_SOCKET, SO_ERROR, &number, &size);
        if (number == 0) {
          return std::move(runners_[i]);
        }
        last_error_ = number;
        runners_.erase(runners_.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
    return UniqueFd();
  }

private:
  const config::HostConfig &host_;
  const BoundedWait &bounds_;
  std::vector<UniqueFd> runners_;
  int last_error_ = ETIMEDOUT;
};

} // namespace

Result<UniqueFd> connect_tcp(const config::HostConfig &host, const BoundedWait &bounds) {
  MRE_TRY(const Addresses addresses, resolve(host));
  Race race(host, bounds);
  const auto order = in_turn(addresses.get());
  for (std::size_t i = 0; i < order.size(); ++i) {
    race.start(*order[i]);
    const bool is_last = i + 1 == order.size();
    MRE_TRY(UniqueFd winner,
            race.wait(is_last ? Deadline() : Deadline::after(bounds.clock, kNextAttempt)));
    if (winner) {
      const int on = 1;
      ::setsockopt(winner.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      return winner;
    }
  }
  return race.failure();
}

} // namespace mre::ssh
