// Playing a hostile script to every client at once.
#include "tests/support/hostile_server.hpp"

#include "tests/support/loopback.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <stdexcept>
#include <utility>

namespace mre::testing {
namespace {

using hostile::Deed;
using hostile::Step;
using SteadyPoint = std::chrono::steady_clock::time_point;

struct Client {
  UniqueFd socket;
  std::size_t step = 0;
  std::size_t offset = 0;  // into the bytes of the step
  SteadyPoint next_byte{}; // for a drip
  std::string inbox;       // what the script has not awaited yet, bounded
  bool gone = false;
};

// The longest thing a script awaits: a client's KEXINIT is about 1.5 KiB, its banner at most 255
// bytes.
constexpr std::size_t kInboxBytes = 64U << 10U;

// How many bytes the client's first whole unencrypted packet takes; nothing while it is incomplete.
std::optional<std::size_t> packet_size(const std::string &inbox) {
  if (inbox.size() < 4) {
    return std::nullopt;
  }
  std::size_t length = 0;
  for (std::size_t index = 0; index < 4; ++index) {
    length = length << 8U | static_cast<unsigned char>(inbox[index]);
  }
  return inbox.size() >= 4 + length ? std::optional(4 + length) : std::nullopt;
}

void end(Client &client, bool with_reset) {
  if (with_reset) {
    const linger now{1, 0};
    ::setsockopt(client.socket.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  } else {
    ::shutdown(client.socket.get(), SHUT_RDWR);
  }
  client.gone = true;
}

} // namespace

class HostileServer::Loop {
public:
  explicit Loop(HostileServer &server) : server_(server) {}

  void run() {
    while (wait()) {
      const SteadyPoint now = std::chrono::steady_clock::now();
      for (Client &client : clients_) {
        listen_to(client);
        while (!client.gone && play(client, now)) {
        }
      }
      std::erase_if(clients_, [](const Client &client) { return client.gone; });
      server_.counts_.with([&](Counts &counts) { counts.open = clients_.size(); });
    }
  }

private:
  const Step &step_of(const Client &client) const {
    static const Step kSilence{};
    return client.step < server_.script_.size() ? server_.script_[client.step] : kSilence;
  }

  // False when it is time to stop.
  bool wait() {
    std::vector<pollfd> polled{{server_.stop_.get(), POLLIN, 0},
                               {server_.listener_.get(), POLLIN, 0}};
    std::optional<SteadyPoint> due;
    for (const Client &client : clients_) {
      const Deed deed = step_of(client).deed;
      const bool wants_to_talk = deed == Deed::say || deed == Deed::say_for_ever;
      const int events = wants_to_talk ? POLLIN | POLLOUT : POLLIN;
      polled.push_back({client.socket.get(), static_cast<short>(events), 0});
      if (deed == Deed::drip) {
        due = due ? std::min(*due, client.next_byte) : client.next_byte;
      }
    }
    timespec timeout{};
    if (due) {
      const auto left = std::max(*due - std::chrono::steady_clock::now(), SteadyPoint::duration(0));
      timeout.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(left).count();
      timeout.tv_nsec = (left % std::chrono::seconds(1)).count();
    }
    ::ppoll(polled.data(), polled.size(), due ? &timeout : nullptr, nullptr);
    if ((polled[1].revents & POLLIN) != 0) {
      accept_one();
    }
    return (polled[0].revents & POLLIN) == 0;
  }

  void accept_one() {
    UniqueFd socket(::accept4(server_.listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) {
      return;
    }
    set_no_delay(socket.get());
    Client client;
    client.socket = std::move(socket);
    client.next_byte = std::chrono::steady_clock::now();
    clients_.push_back(std::move(client));
    server_.counts_.with([](Counts &counts) { ++counts.connections; });
  }

  static void listen_to(Client &client) {
    std::array<char, 65536> buffer;
    const ssize_t got = ::recv(client.socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got > 0) {
      const std::size_t room = kInboxBytes - client.inbox.size();
      client.inbox.append(buffer.data(), std::min(room, static_cast<std::size_t>(got)));
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      client.gone = true;
    }
  }

  // Plays the current step as far as it goes now; true when the next one may begin.
  bool play(Client &client, SteadyPoint now) {
    const Step &step = step_of(client);
    switch (step.deed) {
    case Deed::say:
      return talk(client, step.bytes.size() - client.offset) && advance(client);
    case Deed::say_for_ever:
      if (talk(client, step.bytes.size() - client.offset)) {
        client.offset = 0;
      }
      return false; // other clients get their turn
    case Deed::drip:
      if (now < client.next_byte || !talk(client, 1)) {
        return false;
      }
      client.next_byte = now + step.interval;
      return client.offset == step.bytes.size() && advance(client);
    case Deed::await_line:
      return consume(client, client.inbox.find('\n') == std::string::npos
                                 ? std::nullopt
                                 : std::optional(client.inbox.find('\n') + 1));
    case Deed::await_packet:
      return consume(client, packet_size(client.inbox));
    case Deed::hang_up:
    case Deed::reset:
      end(client, step.deed == Deed::reset);
      return false;
    case Deed::fall_silent:
      break;
    }
    return false;
  }

  // True when `size` bytes of the step were sent, all of them.
  bool talk(Client &client, std::size_t size) {
    const Step &step = step_of(client);
    const ssize_t put = ::send(client.socket.get(), step.bytes.data() + client.offset, size,
                               MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put < 0) {
      client.gone = errno != EAGAIN && errno != EINTR;
      return false;
    }
    client.offset += static_cast<std::size_t>(put);
    server_.counts_.with(
        [&](Counts &counts) { counts.bytes_sent += static_cast<std::uint64_t>(put); });
    return static_cast<std::size_t>(put) == size;
  }

  static bool consume(Client &client, std::optional<std::size_t> size) {
    if (!size) {
      return false;
    }
    client.inbox.erase(0, *size);
    return advance(client);
  }

  static bool advance(Client &client) {
    ++client.step;
    client.offset = 0;
    return true;
  }

  HostileServer &server_;
  std::vector<Client> clients_;
};

HostileServer::HostileServer(std::vector<Step> script) : script_(std::move(script)) {
  auto listener = listen_loopback();
  stop_ = UniqueFd(::eventfd(0, EFD_CLOEXEC));
  if (!listener || !stop_) {
    throw std::runtime_error("the hostile server cannot listen");
  }
  listener_ = std::move(listener->socket);
  port_ = listener->port;
  thread_ = std::thread([this] { Loop(*this).run(); });
}

HostileServer::~HostileServer() {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(stop_.get(), &one, sizeof one));
  thread_.join();
}

std::uint64_t HostileServer::connections() const {
  return counts_.with([](const Counts &counts) { return counts.connections; });
}

std::uint64_t HostileServer::open() const {
  return counts_.with([](const Counts &counts) { return counts.open; });
}

std::uint64_t HostileServer::bytes_sent() const {
  return counts_.with([](const Counts &counts) { return counts.bytes_sent; });
}

} // namespace mre::testing
