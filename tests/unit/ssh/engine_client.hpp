// An engine with one host, driven one command at a time: what the tests of the engine against bad
// servers and bad networks share.
//
// Threads: one; every wait is bounded. Lifetime: the engine ends with the object.
#pragma once

#include "core/base/guarded.hpp"
#include "core/ssh/engine.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_folder.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace mre::testing {

class NoHosts final : public config::HostSource {
public:
  config::HostBookPtr hosts() override { return book_; }

private:
  config::HostBookPtr book_ = std::make_shared<config::HostBook>();
};

// Keeps the output and the end of one command.
class Ending final : public ssh::ExecObserver {
public:
  std::size_t room() override { return 1U << 20U; }
  void on_output(ssh::Stream stream, std::string_view bytes) override {
    if (stream == ssh::Stream::out) {
      kept_.with([&](Kept &kept) { kept.output += bytes; });
      kept_.notify_all();
    }
  }
  void on_end(Result<ssh::ExecEnd> end) override {
    kept_.with([&](Kept &kept) { kept.end = std::move(end); });
    kept_.notify_all();
  }

  std::string output() const {
    return kept_.with([](const Kept &kept) { return kept.output; });
  }
  // Nothing when the time is over first.
  std::optional<Result<ssh::ExecEnd>> wait(std::chrono::milliseconds span) {
    return kept_.wait_until(
        std::chrono::steady_clock::now() + span,
        [](const Kept &kept) { return kept.end.has_value(); },
        [](const Kept &kept, bool) { return kept.end; });
  }
  bool wait_for_output(std::size_t bytes, std::chrono::milliseconds span) {
    return kept_.wait_until(
        std::chrono::steady_clock::now() + span,
        [&](const Kept &kept) { return kept.output.size() >= bytes; },
        [](const Kept &, bool held) { return held; });
  }

private:
  struct Kept {
    std::string output;
    std::optional<Result<ssh::ExecEnd>> end;
  };
  Guarded<Kept> kept_;
};

class EngineClient {
public:
  EngineClient() {
    host.name = "tested";
    host.address = "127.0.0.1";
    host.login_order = {config::LoginMethod::key};
    host.unknown_host_key = config::UnknownHostKey::accept_and_record;
    host.known_hosts_files = {folder_ / "known_hosts"};
  }

  // A key that no server knows.
  std::string make_key() const {
    const std::string path = folder_ / "key";
    run_program({.command = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path}});
    return path;
  }

  std::shared_ptr<Ending> start(const std::string &command,
                                Milliseconds timeout = std::chrono::seconds(10)) {
    ssh::ExecRequest request;
    request.host = host;
    request.command = command;
    request.timeout = timeout;
    auto ending = std::make_shared<Ending>();
    execution_ = engine_->start(std::move(request), ending);
    return ending;
  }

  config::HostConfig host; // of the next command

private:
  TemporaryFolder folder_;
  NoHosts hosts_;
  SystemClock clock_;
  Log log_{LogLevel::error, [](std::string_view) {}};
  std::unique_ptr<ssh::Engine> engine_ = ssh::Engine::create(hosts_, clock_, log_);
  std::shared_ptr<ssh::Execution> execution_;
};

} // namespace mre::testing
