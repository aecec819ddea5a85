#include "tests/support/tcp_proxy.hpp"

#include "core/base/guarded.hpp"
#include "core/base/unique_fd.hpp"
#include "tests/support/loopback.hpp"
#include "tests/support/tcp_proxy_lane.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

namespace mre::testing {
namespace {

std::size_t index_of(Direction direction) {
  return direction == Direction::to_server ? 0 : 1;
}

struct Rules {
  std::array<LaneRules, 2> lanes;
  CutStyle cut_style = CutStyle::close;
  bool black_hole = false;
  bool paused = false;
};

// What the owner asked for and what the loop has done about it.
struct Orders {
  Rules rules;
  std::optional<CutStyle> cut_all;
  std::array<bool, 2> half_close{};
  bool stop = false;
  std::uint64_t asked = 0;
  std::uint64_t taken = 0;
  SteadyTime taken_at{};
  TcpProxyCounts counts;
};

struct Connection {
  UniqueFd client;
  UniqueFd server; // none when it was accepted into a black hole
  std::array<Lane, 2> lanes;
  bool swallowed = false;

  Connection(UniqueFd client_end, UniqueFd server_end)
      : client(std::move(client_end)),
        server(std::move(server_end)), lanes{Lane(client.get(), server.get()),
                                             Lane(server.get(), client.get())} {}
};

void cut(Connection &connection, CutStyle style) {
  for (UniqueFd *end : {&connection.client, &connection.server}) {
    if (*end && style == CutStyle::reset) {
      const linger now{1, 0};
      ::setsockopt(end->get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    } else if (*end) {
      ::shutdown(end->get(), SHUT_RDWR);
    }
    end->reset();
  }
}

} // namespace

struct TcpProxy::Shared {
  UniqueFd listener;
  UniqueFd wake;
  std::uint16_t port = 0;
  std::uint16_t target_port = 0;
  Guarded<Orders> orders;
};

// Everything that happens on the proxy's thread.
class TcpProxy::Loop {
public:
  explicit Loop(Shared &shared) : shared_(shared) {}

  void run() {
    bool stop = false;
    while (!stop) {
      const Orders orders = fetch_orders();
      stop = orders.stop;
      rules_ = orders.rules;
      obey(orders);
      const SteadyTime now = std::chrono::steady_clock::now();
      if (!rules_.paused) {
        move_bytes(now);
      }
      publish(orders, now);
      if (!stop) {
        wait();
      }
    }
  }

private:
  Orders fetch_orders() {
    return shared_.orders.with([](Orders &orders) {
      Orders copy = orders;
      orders.cut_all.reset();
      orders.half_close = {};
      return copy;
    });
  }

  // What is done once, at the moment it is asked for.
  void obey(const Orders &orders) {
    for (Connection &connection : connections_) {
      for (std::size_t lane = 0; lane < 2; ++lane) {
        if (orders.half_close[lane]) {
          connection.lanes[lane].close_after_held();
        }
        if (rules_.black_hole) {
          connection.lanes[lane].swallow_held();
        }
      }
      connection.swallowed = connection.swallowed || rules_.black_hole;
      if (orders.cut_all) {
        cut(connection, *orders.cut_all);
      }
    }
    if (orders.cut_all) {
      connections_.clear();
    }
  }

  void publish(const Orders &done, SteadyTime now) {
    shared_.orders.with([&](Orders &orders) {
      orders.counts = {accepted_, connections_.size(), delivered_[0], delivered_[1]};
      orders.taken = done.stop ? std::numeric_limits<std::uint64_t>::max() : done.asked;
      orders.taken_at = now;
    });
    shared_.orders.notify_all();
  }

  void wait() {
    polled_.clear();
    polled_.push_back({shared_.wake.get(), POLLIN, 0});
    std::optional<SteadyTime> due;
    const SteadyTime now = std::chrono::steady_clock::now();
    if (!rules_.paused) {
      polled_.push_back({shared_.listener.get(), POLLIN, 0});
      for (const Connection &connection : connections_) {
        add_events(connection, now, due);
      }
    }
    timespec timeout{};
    if (due) {
      const auto left = std::max(*due - now, SteadyTime::duration(0));
      timeout.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(left).count();
      timeout.tv_nsec = (left % std::chrono::seconds(1)).count();
    }
    // Microseconds matter for a delay of 10 ms: ppoll, not poll.
    ::ppoll(polled_.data(), polled_.size(), due ? &timeout : nullptr, nullptr);
    std::uint64_t ignored = 0;
    static_cast<void>(!::read(shared_.wake.get(), &ignored, sizeof ignored));
    if (!rules_.paused && (polled_[1].revents & POLLIN) != 0) {
      accept_one();
    }
  }

  void add_events(const Connection &connection, SteadyTime now, std::optional<SteadyTime> &due) {
    for (const Lane &lane : connection.lanes) {
      if (lane.from() >= 0 && lane.wants_input()) {
        polled_.push_back({lane.from(), POLLIN, 0});
      }
      if (lane.to() >= 0 && lane.is_blocked(now)) {
        polled_.push_back({lane.to(), POLLOUT, 0});
      } else if (const auto next = lane.next_due()) {
        due = due ? std::min(*due, *next) : *next;
      }
    }
  }

  void accept_one() {
    UniqueFd client(::accept4(shared_.listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) {
      return;
    }
    ++accepted_;
    set_no_delay(client.get());
    UniqueFd server;
    if (!rules_.black_hole) {
      server = connect_loopback(shared_.target_port);
      if (!server) {
        return; // nobody listens behind us: the client sees its connection closed
      }
    }
    connections_.emplace_back(std::move(client), std::move(server));
    connections_.back().swallowed = rules_.black_hole;
  }

  void move_bytes(SteadyTime now) {
    std::erase_if(connections_, [&](Connection &connection) {
      if (connection.swallowed) {
        return swallow(connection, now);
      }
      Lane::Verdict worst = Lane::Verdict::go_on;
      for (std::size_t index = 0; index < 2; ++index) {
        worst = std::max(worst, move_lane(connection, index, now));
      }
      if (worst == Lane::Verdict::go_on) {
        return connection.lanes[0].is_finished() && connection.lanes[1].is_finished();
      }
      // An end that broke by itself is passed on as a reset, as a router would not notice at all.
      cut(connection, worst == Lane::Verdict::cut ? rules_.cut_style : CutStyle::reset);
      return true;
    });
  }

  // Neither end hears of the other any more. True when the client has gone.
  bool swallow(Connection &connection, SteadyTime now) {
    for (std::size_t index = 0; index < 2; ++index) {
      Lane &lane = connection.lanes[index];
      if (lane.from() >= 0 && lane.wants_input()) {
        static_cast<void>(lane.take(now, rules_.lanes[index], true));
      }
    }
    return !connection.lanes[0].wants_input();
  }

  Lane::Verdict move_lane(Connection &connection, std::size_t index, SteadyTime now) {
    Lane &lane = connection.lanes[index];
    Lane::Verdict verdict = Lane::Verdict::go_on;
    if (lane.from() >= 0 && lane.wants_input()) {
      verdict = lane.take(now, rules_.lanes[index], false);
    }
    if (verdict == Lane::Verdict::go_on) {
      verdict = lane.deliver(now, rules_.lanes[index], delivered_[index]);
    }
    return verdict;
  }

  Shared &shared_;
  Rules rules_;
  std::vector<Connection> connections_;
  std::vector<pollfd> polled_;
  std::uint64_t accepted_ = 0;
  std::array<std::uint64_t, 2> delivered_{};
};

Result<std::unique_ptr<TcpProxy>> TcpProxy::start(std::uint16_t target_port) {
  auto shared = std::make_shared<Shared>();
  MRE_TRY(Listener listener, listen_loopback());
  shared->listener = std::move(listener.socket);
  shared->port = listener.port;
  shared->target_port = target_port;
  shared->wake = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!shared->wake) {
    return error_from_errno(errno, "cannot make an eventfd");
  }
  return std::unique_ptr<TcpProxy>(new TcpProxy(std::move(shared)));
}

TcpProxy::TcpProxy(std::shared_ptr<Shared> shared)
    : shared_(std::move(shared)), thread_([kept = shared_] { Loop(*kept).run(); }) {}

TcpProxy::~TcpProxy() {
  stop();
}

void TcpProxy::stop() {
  if (thread_.joinable()) {
    apply([](Orders &orders) { orders.stop = true; });
    thread_.join();
    shared_->listener.reset();
  }
}

template <class Change>
void TcpProxy::apply(Change change) const {
  const std::uint64_t mine = shared_->orders.with([&](Orders &orders) {
    change(orders);
    return ++orders.asked;
  });
  const std::uint64_t one = 1;
  static_cast<void>(!::write(shared_->wake.get(), &one, sizeof one));
  shared_->orders.wait([&](const Orders &orders) { return orders.taken >= mine; }, [](Orders &) {});
}

std::uint16_t TcpProxy::port() const {
  return shared_->port;
}

TcpProxyCounts TcpProxy::counts() const {
  apply([](Orders &) {}); // a turn of the loop, so that what has arrived is counted
  return shared_->orders.with([](const Orders &orders) { return orders.counts; });
}

void TcpProxy::set_delay(Direction direction, std::chrono::microseconds delay) {
  apply([&](Orders &orders) { orders.rules.lanes[index_of(direction)].delay = delay; });
}

void TcpProxy::set_delay(std::chrono::microseconds delay) {
  set_delay(Direction::to_server, delay);
  set_delay(Direction::to_client, delay);
}

void TcpProxy::set_rate(Direction direction, std::uint64_t bytes_per_second) {
  apply([&](Orders &orders) {
    orders.rules.lanes[index_of(direction)].bytes_per_second = bytes_per_second;
  });
}

void TcpProxy::cut_after(Direction direction, std::optional<std::uint64_t> bytes, CutStyle style) {
  apply([&](Orders &orders) {
    orders.rules.lanes[index_of(direction)].cut_after = bytes;
    orders.rules.cut_style = style;
  });
}

SteadyTime TcpProxy::cut_all(CutStyle style) {
  apply([&](Orders &orders) { orders.cut_all = style; });
  return shared_->orders.with([](const Orders &orders) { return orders.taken_at; });
}

void TcpProxy::half_close_all(Direction direction) {
  apply([&](Orders &orders) { orders.half_close[index_of(direction)] = true; });
}

void TcpProxy::set_black_hole(bool on) {
  apply([&](Orders &orders) { orders.rules.black_hole = on; });
}

void TcpProxy::pause() {
  apply([](Orders &orders) { orders.rules.paused = true; });
}

void TcpProxy::resume() {
  apply([](Orders &orders) { orders.rules.paused = false; });
}

} // namespace mre::testing
