// The engine: one reactor, one pool of login threads, one HostPool for each host that was asked
// for. See engine.hpp.
#include "core/ssh/engine.hpp"

#include "core/base/guarded.hpp"
#include "core/base/worker_pool.hpp"
#include "core/config/jump_route.hpp"
#include "core/guard/limits.hpp"
#include "core/ssh/command_line.hpp"
#include "core/ssh/host_pool.hpp"
#include "core/ssh/lease.hpp"
#include "core/ssh/login.hpp"
#include "core/ssh/place.hpp"
#include "core/ssh/tunnel_wait.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <set>

namespace mre::ssh {

namespace {

std::string key_of(const config::HostConfig &host, const Route &route) {
  std::string key =
      host.name + "\n" + host.user + "@" + host.address + ":" + std::to_string(host.port);
  for (const auto &jump : route) {
    key += "\n" + jump.name;
  }
  return key;
}

Error ending() {
  return {Errc::unavailable, "the server is ending", {}};
}

// What no connection can be made for, said before anything happens.
Result<void> check(const config::HostConfig &host) {
  if (host.obstacle) {
    return *host.obstacle;
  }
  if (host.login_order.empty()) {
    return Error{Errc::auth_failed, place(host) + ": no login method is configured",
                 "configure a key, a password or the agent for this host"};
  }
  return {};
}

class TheEngine final : public Engine {
public:
  TheEngine(config::HostSource &hosts, const Clock &clock, const Log &log)
      : hosts_(hosts), clock_(clock), log_(log), stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        reactor_(std::make_shared<Reactor>(clock)),
        logins_(std::make_unique<WorkerPool>(
            WorkerPoolOptions{"ssh-login", limits::kLoginThreads, limits::kLoginsQueued}, log)) {}
  ~TheEngine() override { shutdown(Milliseconds(0)); }

  std::shared_ptr<Execution> start(ExecRequest request,
                                   std::shared_ptr<ExecObserver> observer) override;
  Result<std::unique_ptr<SftpLease>> lease_sftp(const config::HostConfig &host, LeaseKind kind,
                                                std::stop_token stop) override;
  bool is_connected(const config::HostConfig &host) const override {
    const auto route = route_to(host);
    return route &&
           connected_.with([&](const auto &keys) { return keys.count(key_of(host, *route)) > 0; });
  }
  Result<std::unique_ptr<Link>> open_link(const config::HostConfig &host,
                                          const BoundedWait &bounds) override;
  std::optional<LoginQuestion> login_question(const config::HostConfig &host) const override;
  Result<void> settle(const config::HostConfig &host, const LoginQuestion &question,
                      std::vector<std::string> answers) override;
  void shutdown(Milliseconds budget) override;

private:
  // A host that a connection passes, the last one included, and where its logins ask.
  struct Stop {
    config::HostConfig host;
    std::shared_ptr<LoginDesk> desk;
  };
  std::vector<Stop> stops_on_the_way(const config::HostConfig &host) const;
  Result<Route> route_to(const config::HostConfig &host) const;
  HostPool &pool_of(const config::HostConfig &host, const Route &route);
  std::shared_ptr<void> presence();

  config::HostSource &hosts_;
  const Clock &clock_;
  const Log &log_;
  const UniqueFd stop_;
  const std::shared_ptr<Reactor> reactor_;
  std::map<std::string, std::unique_ptr<HostPool>> pools_; // reactor only, until it has stopped
  LoginGate gate_;                                         // reactor only
  bool is_ending_ = false;                                 // reactor only
  Guarded<std::set<std::string>> connected_;
  Guarded<std::map<std::string, std::shared_ptr<LoginDesk>>> desks_; // one for each pool
  std::mutex recording_;                                             // of approved host keys
  Guarded<std::size_t> alive_{0};                                    // commands that have not ended
  std::unique_ptr<WorkerPool> logins_;
};

Result<Route> TheEngine::route_to(const config::HostConfig &host) const {
  if (host.jumps.empty()) {
    return Route();
  }
  auto route = config::jump_route(*hosts_.hosts(), host);
  if (!route) {
    return route.error().within("the jump of " + place(host));
  }
  return route;
}

HostPool &TheEngine::pool_of(const config::HostConfig &host, const Route &route) {
  const std::string key = key_of(host, route);
  auto &pool = pools_[key];
  if (pool == nullptr) {
    const auto tell_connected = [this, key](bool is_connected) {
      connected_.with([&](auto &keys) {
        if (is_connected) {
          keys.insert(key);
        } else {
          keys.erase(key);
        }
      });
    };
    const auto pool_of_last = [this](const Route &way) -> HostPool & {
      return pool_of(way.back(), Route(way.begin(), way.end() - 1));
    };
    const auto desk = std::make_shared<LoginDesk>(clock_);
    desks_.with([&](auto &desks) { desks[key] = desk; });
    pool = std::make_unique<HostPool>(host, route,
                                      PoolParts{reactor_, *logins_, gate_, clock_, log_,
                                                stop_.get(), desk, tell_connected, pool_of_last});
  }
  pool->update(host);
  return *pool;
}

std::vector<TheEngine::Stop> TheEngine::stops_on_the_way(const config::HostConfig &host) const {
  const auto route = route_to(host);
  if (!route) {
    return {};
  }
  Route way = *route;
  way.push_back(host);
  std::vector<Stop> stops;
  Route before;
  for (const auto &stop : way) {
    const std::string key = key_of(stop, before);
    auto desk = desks_.with([&](const auto &desks) {
      const auto found = desks.find(key);
      return found == desks.end() ? nullptr : found->second;
    });
    if (desk != nullptr) {
      stops.push_back({stop, std::move(desk)});
    }
    before.push_back(stop);
  }
  return stops;
}

// The first one on the way: what lies behind it has not been reached. With none open, one that
// another call has settled since this one failed on it.
std::optional<LoginQuestion> TheEngine::login_question(const config::HostConfig &host) const {
  const auto stops = stops_on_the_way(host);
  for (const auto &stop : stops) {
    if (auto question = stop.desk->question()) {
      return question;
    }
  }
  for (const auto &stop : stops) {
    if (auto question = stop.desk->settled_question()) {
      return question;
    }
  }
  return std::nullopt;
}

Result<void> TheEngine::settle(const config::HostConfig &host, const LoginQuestion &question,
                               std::vector<std::string> answers) {
  for (const auto &stop : stops_on_the_way(host)) {
    const auto open = stop.desk->question();
    if (!open || open->id != question.id) {
      continue;
    }
    if (open->key) {
      const std::lock_guard lock(recording_); // it reads before it writes
      MRE_TRY_VOID(record_host_key(stop.host, *open->key, &log_));
    }
    stop.desk->settle(question.id, std::move(answers));
    break;
  }
  return {};
}

// Counts a command for as long as the returned value lives.
std::shared_ptr<void> TheEngine::presence() {
  alive_.with([](std::size_t &count) { ++count; });
  return {static_cast<void *>(this), [this](void *) {
            alive_.with([this](std::size_t &count) {
              if (--count == 0) {
                alive_.notify_all();
              }
            });
          }};
}

std::shared_ptr<Execution> TheEngine::start(ExecRequest request,
                                            std::shared_ptr<ExecObserver> observer) {
  auto route = route_to(request.host);
  auto checked = check(request.host);
  if (checked && !route) {
    checked = route.error();
  }
  if (checked) {
    if (const auto line = command_line(request, ""); !line) {
      checked = line.error();
    }
  }
  const config::HostConfig host = request.host;
  const auto command = std::make_shared<Command>(std::move(request), std::move(observer), reactor_);
  command->hold(presence());
  const bool posted = reactor_->post([this, command, host, checked, route = std::move(route)] {
    if (!checked) {
      command->refuse(checked.error());
    } else if (is_ending_) {
      command->refuse(ending());
    } else {
      pool_of(host, *route).submit(command);
    }
  });
  if (!posted) {
    command->refuse(ending()); // the reactor has stopped: nobody else touches the command
  }
  return command;
}

Result<std::unique_ptr<SftpLease>> TheEngine::lease_sftp(const config::HostConfig &host,
                                                         LeaseKind kind, std::stop_token stop) {
  MRE_TRY_VOID(check(host));
  MRE_TRY(const Route route, route_to(host));
  const auto waiter = std::make_shared<SftpWaiter>();
  auto channel = std::make_shared<SftpChannel>(kind, waiter);
  const auto slot = std::make_shared<std::shared_ptr<SftpChannel>>(channel);
  const auto give_back = [this, host, route](const std::shared_ptr<SftpChannel> &returned,
                                             bool is_healthy) {
    pool_of(host, route).give_back(returned, is_healthy);
  };
  const bool posted = reactor_->post([this, host, route, kind, waiter, slot] {
    if (is_ending_) {
      waiter->finish(ending());
      return;
    }
    auto &pool = pool_of(host, route);
    if (const auto idle = pool.take_idle(kind)) {
      *slot = idle;
      waiter->finish(std::nullopt);
    } else {
      pool.lease(*slot);
    }
  });
  if (!posted) {
    return ending();
  }
  const std::stop_callback on_stop(stop, [&] {
    waiter->state.with([&](SftpWaiter::State &state) {
      state.is_stopped = true;
      waiter->state.notify_all();
    });
  });
  // The line and the login have ends of their own, which end this wait; a bound for the line only.
  const auto most = host.connect_timeout + std::chrono::minutes(5);
  std::optional<Error> error;
  waiter->state.wait_until(
      std::chrono::steady_clock::now() + most,
      [](const SftpWaiter::State &state) { return state.is_ready || state.is_stopped; },
      [&](const SftpWaiter::State &state, bool is_over) {
        if (state.is_ready) {
          error = state.error;
        } else if (is_over) {
          error = Error{Errc::cancelled, "cancelled while waiting for an SFTP channel", {}};
        } else {
          error = Error{Errc::timed_out, place(host) + ": no SFTP channel became free",
                        "try again later"};
        }
      });
  if (error) {
    reactor_->post([give_back, slot] {
      if (*slot != nullptr) {
        give_back(*slot, false);
      }
    });
    return std::move(*error);
  }
  return std::unique_ptr<SftpLease>(std::make_unique<Lease>(*slot, reactor_, give_back));
}

Result<std::unique_ptr<Link>> TheEngine::open_link(const config::HostConfig &host,
                                                   const BoundedWait &bounds) {
  MRE_TRY_VOID(check(host));
  MRE_TRY(const Route route, route_to(host));
  if (route.empty()) {
    return over_tcp(host)(bounds);
  }
  BoundedWait longer = bounds;
  longer.deadline = Deadline::after(clock_, bounds.deadline.left(clock_).value_or(Milliseconds(0)));
  for (const auto &jump : route) {
    longer.deadline = Deadline::after(
        clock_, longer.deadline.left(clock_).value_or(Milliseconds(0)) + jump.connect_timeout);
  }
  const auto open = [this, route](std::shared_ptr<Tunnel> tunnel) {
    if (is_ending_) {
      tunnel->fail(ending());
    } else {
      pool_of(route.back(), Route(route.begin(), route.end() - 1)).open_tunnel(std::move(tunnel));
    }
  };
  return wait_for_tunnel({tunnel_target(host, route.back().name), reactor_, open}, longer);
}

void TheEngine::shutdown(Milliseconds budget) {
  if (logins_ == nullptr) {
    return;
  }
  reactor_->run_and_wait([&] {
    is_ending_ = true;
    for (const auto &[key, pool] : pools_) {
      pool->give_up(budget);
    }
  });
  alive_.wait_until(
      std::chrono::steady_clock::now() + budget, [](std::size_t count) { return count == 0; },
      [](std::size_t, bool) {});
  ::eventfd_write(stop_.get(), 1); // wakes every login
  logins_.reset();
  reactor_->run_and_wait([&] {
    for (const auto &[key, pool] : pools_) {
      pool->close("the server is ending");
    }
  });
  reactor_->stop();
  pools_.clear();
}

} // namespace

Result<std::unique_ptr<Link>> Engine::open_link(const config::HostConfig &host,
                                                const BoundedWait &bounds) {
  return over_tcp(host)(bounds);
}

std::unique_ptr<Engine> Engine::create(config::HostSource &hosts, const Clock &clock,
                                       const Log &log) {
  return std::make_unique<TheEngine>(hosts, clock, log);
}

} // namespace mre::ssh
