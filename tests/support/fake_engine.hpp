// FakeEngine: an SSH engine without a network. A script says what each command prints and how it
// ends.
//
// By default a command runs to its end inside start(), on the caller's thread, as the real one does
// on its reactor thread. With `hold` set, start() only records it and the test drives it through
// take(). Threads: any. Lifetime: outlives what it is given to.
#pragma once

#include "core/base/guarded.hpp"
#include "core/ssh/engine.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mre::test {

// How a command ended, without the numbers that the fake fills in itself.
inline ssh::ExecEnd fake_end(ssh::Outcome outcome, std::optional<int> exit_code = std::nullopt,
                             std::string signal = {},
                             ssh::RemoteProcess process = ssh::RemoteProcess::gone) {
  ssh::ExecEnd end;
  end.outcome = outcome;
  end.exit_code = exit_code;
  end.signal = std::move(signal);
  end.remote_process = process;
  return end;
}

// What one command does.
struct FakeRun {
  std::vector<std::pair<ssh::Stream, std::string>> output;
  ssh::ExecEnd end = fake_end(ssh::Outcome::exited, 0);
  std::optional<Error> error; // set: it could not be started
};

class FakeEngine final : public ssh::Engine {
public:
  class Run final : public ssh::Execution {
  public:
    Run(ssh::ExecRequest what, std::shared_ptr<ssh::ExecObserver> observer)
        : request(std::move(what)), observer_(std::move(observer)) {}
    const ssh::ExecRequest request;

    void cancel() override {
      const bool first =
          state_.with([](State &state) { return !std::exchange(state.cancelled, true); });
      if (first && end_on_cancel) {
        finish(fake_end(ssh::Outcome::cancelled));
      }
    }
    void resume() override {
      state_.with([](State &state) { ++state.resumed; });
    }
    bool is_cancelled() const {
      return state_.with([](const State &state) { return state.cancelled; });
    }

    // Gives output as the reactor would: never more than the observer has room for.
    void print(ssh::Stream stream, std::string_view bytes) {
      (stream == ssh::Stream::out ? out_bytes_ : err_bytes_) += bytes.size();
      while (!bytes.empty()) {
        const std::size_t part = std::min(observer_->room(), bytes.size());
        if (part == 0) {
          return; // a consumer without room would be asked again after resume(); nothing here needs
                  // that
        }
        observer_->on_output(stream, bytes.substr(0, part));
        bytes.remove_prefix(part);
      }
    }
    // Exactly one end reaches the observer, however many are given.
    void finish(ssh::ExecEnd end) {
      end.out_bytes = out_bytes_;
      end.err_bytes = err_bytes_;
      deliver(end);
    }
    void fail(Error error) { deliver(std::move(error)); }

    bool end_on_cancel = true;

  private:
    struct State {
      bool cancelled = false, ended = false;
      int resumed = 0;
    };
    void deliver(Result<ssh::ExecEnd> end) {
      const bool first =
          state_.with([](State &state) { return !std::exchange(state.ended, true); });
      if (first) {
        observer_->on_end(std::move(end));
      }
    }

    std::shared_ptr<ssh::ExecObserver> observer_;
    Guarded<State> state_;
    std::uint64_t out_bytes_ = 0, err_bytes_ = 0;
  };

  // What a command does; the default prints nothing and exits with 0.
  std::function<FakeRun(const ssh::ExecRequest &)> script = [](const ssh::ExecRequest &) {
    return FakeRun{};
  };
  bool hold = false;
  std::set<std::string> connected; // names of hosts
  std::function<Result<std::unique_ptr<ssh::SftpLease>>(const config::HostConfig &)> sftp;

  std::shared_ptr<ssh::Execution> start(ssh::ExecRequest request,
                                        std::shared_ptr<ssh::ExecObserver> observer) override {
    auto run = std::make_shared<Run>(std::move(request), std::move(observer));
    runs_.with([&](auto &runs) { runs.push_back(run); });
    runs_.notify_all();
    if (!hold) {
      FakeRun plan = script(run->request);
      if (plan.error) {
        run->fail(*plan.error);
      } else {
        for (const auto &[stream, bytes] : plan.output) {
          run->print(stream, bytes);
        }
        run->finish(plan.end);
      }
    }
    return run;
  }
  Result<std::unique_ptr<ssh::SftpLease>> lease_sftp(const config::HostConfig &host,
                                                     ssh::LeaseKind /*kind*/,
                                                     std::stop_token /*stop*/) override {
    if (sftp) {
      return sftp(host);
    }
    return Error{Errc::unsupported, "the fake engine has no SFTP", {}};
  }
  bool is_connected(const config::HostConfig &host) const override {
    return connected.contains(host.name);
  }
  std::optional<ssh::LoginQuestion>
  login_question(const config::HostConfig & /*host*/) const override {
    return question_.with([](const auto &question) { return question; });
  }
  Result<void> settle(const config::HostConfig & /*host*/, const ssh::LoginQuestion &question,
                      std::vector<std::string> answers) override {
    question_.with([](auto &open) { open.reset(); });
    settled_.with([&](auto &settled) { settled.emplace_back(question.id, std::move(answers)); });
    return {};
  }
  void shutdown(Milliseconds /*budget*/) override {}

  // What the next failed login asks; settled by an answer.
  void ask(ssh::LoginQuestion question) {
    question_.with([&](auto &open) { open = std::move(question); });
  }
  std::vector<std::pair<std::string, std::vector<std::string>>> settled() const {
    return settled_.with([](const auto &settled) { return settled; });
  }

  std::vector<std::shared_ptr<Run>> runs() const {
    return runs_.with([](const auto &runs) { return runs; });
  }
  // The run with this number (from 0), once it was started; null after ten seconds.
  std::shared_ptr<Run> take(std::size_t number = 0) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    return runs_.wait_until(
        end, [&](const auto &runs) { return runs.size() > number; },
        [&](const auto &runs, bool there) { return there ? runs[number] : nullptr; });
  }

private:
  Guarded<std::vector<std::shared_ptr<Run>>> runs_;
  Guarded<std::optional<ssh::LoginQuestion>> question_;
  Guarded<std::vector<std::pair<std::string, std::vector<std::string>>>> settled_;
};

} // namespace mre::test
