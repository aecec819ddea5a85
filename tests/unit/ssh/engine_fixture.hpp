// An engine in front of a throwaway sshd, and an observer that keeps what a command said.
//
// Promise: every wait is bounded by a minute. Threads: the observer is called on the reactor;
// wait() from the test. Lifetime: the engine goes before the sshd.
#pragma once

#include "core/base/guarded.hpp"
#include "core/ssh/engine.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/sshd.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <string>

namespace mre::testing {

class CollectingObserver final : public ssh::ExecObserver {
public:
  std::size_t room() override { return room_; }
  void on_output(ssh::Stream stream, std::string_view bytes) override {
    (stream == ssh::Stream::out ? out : err) += bytes;
    received += bytes.size();
  }
  void on_end(Result<ssh::ExecEnd> end) override {
    end_.with([&](auto &value) { value = std::move(end); });
    end_.notify_all();
  }
  // The end; fails the test after a minute.
  Result<ssh::ExecEnd> wait() {
    return end_.wait_until(
        std::chrono::steady_clock::now() + std::chrono::minutes(1),
        [](const auto &value) { return value.has_value(); },
        [](const auto &value, bool has_ended) {
          REQUIRE(has_ended);
          return *value;
        });
  }
  bool has_ended() const {
    return end_.with([](const auto &value) { return value.has_value(); });
  }

  std::string out; // read after the end only
  std::string err;
  std::atomic<std::size_t> room_{1U << 20U};
  std::atomic<std::size_t> received{0};

private:
  Guarded<std::optional<Result<ssh::ExecEnd>>> end_;
};

class FixedHosts final : public config::HostSource {
public:
  explicit FixedHosts(config::HostBook book)
      : book_(std::make_shared<const config::HostBook>(std::move(book))) {}
  config::HostBookPtr hosts() override { return book_; }

private:
  config::HostBookPtr book_;
};

inline config::HostConfig host_for(const Sshd &sshd) {
  config::HostConfig host;
  host.name = "test";
  host.address = "127.0.0.1";
  host.port = sshd.port();
  host.user = sshd.user();
  host.key_files = {sshd.client_key()};
  host.login_order = {config::LoginMethod::key};
  host.known_hosts_files = {sshd.known_hosts()};
  return host;
}

struct Ran {
  Result<ssh::ExecEnd> end;
  std::string out;
  std::string err;
};

class EngineFixture {
public:
  // The book is asked for the jump hosts only.
  explicit EngineFixture(config::HostBook book = {})
      : hosts_(std::move(book)), engine(ssh::Engine::create(hosts_, clock_, log_)) {}

  Ran run(ssh::ExecRequest request) {
    const auto observer = std::make_shared<CollectingObserver>();
    const auto execution = engine->start(std::move(request), observer);
    auto end = observer->wait();
    return {std::move(end), observer->out, observer->err};
  }
  Ran run(const config::HostConfig &host, const std::string &command,
          Milliseconds timeout = Milliseconds(20000)) {
    ssh::ExecRequest request;
    request.host = host;
    request.command = command;
    request.timeout = timeout;
    return run(std::move(request));
  }

private:
  FixedHosts hosts_;
  SystemClock clock_;
  Log log_{LogLevel::error, [](std::string_view) {}};

public:
  std::unique_ptr<ssh::Engine> engine;
};

} // namespace mre::testing
