// See lease.hpp.
#include "core/ssh/lease.hpp"

#include "core/ssh/connection.hpp"

namespace mre::ssh {

namespace {

Error lost(const std::string &why) {
  return {Errc::lost, "the connection was lost" + why, "try again: the next call reconnects"};
}

} // namespace

Lease::~Lease() {
  if (const auto reactor = reactor_.lock()) {
    reactor->post([channel = channel_, is_healthy = !is_spent_, give_back = give_back_] {
      give_back(channel, is_healthy);
    });
  }
}

Result<long> Lease::run(const std::function<long(_LIBSSH2_SESSION *, _LIBSSH2_SFTP *)> &step,
                        std::stop_token stop, Milliseconds patience) {
  const auto reactor = reactor_.lock();
  if (is_spent_ || reactor == nullptr) {
    return lost("");
  }
  const auto job = std::make_shared<SftpJob>();
  job->step = &step;
  const bool posted = reactor->post([channel = channel_, job] {
    if (channel->connection == nullptr) {
      job->finish(lost(""));
      return;
    }
    channel->job = job;
    channel->connection->wake();
  });
  if (!posted) {
    is_spent_ = true;
    return lost(": the server is ending");
  }
  const std::stop_callback on_stop(stop, [&] {
    job->state.with([&](SftpJob::State &state) {
      state.is_stopped = true;
      job->state.notify_all();
    });
  });
  while (true) {
    const std::uint64_t before = job->progress;
    std::optional<Result<long>> result;
    bool is_stopped = false;
    job->state.wait_until(
        std::chrono::steady_clock::now() + patience,
        [](const SftpJob::State &state) { return state.result.has_value() || state.is_stopped; },
        [&](SftpJob::State &state, bool) {
          result = state.result;
          is_stopped = state.is_stopped;
        });
    if (result) {
      is_spent_ = !result->has_value();
      return std::move(*result);
    }
    if (is_stopped) {
      return abandon(job, *reactor, {Errc::cancelled, "cancelled", {}});
    }
    if (job->progress == before) {
      return abandon(job, *reactor,
                     {Errc::timed_out,
                      "nothing moved for " + std::to_string(patience.count()) + " ms",
                      "the far side or the link has stalled; try again"});
    }
  }
}

// The step must not be called once this has returned: it belongs to the caller.
Result<long> Lease::abandon(const std::shared_ptr<SftpJob> &job, Reactor &reactor, Error error) {
  is_spent_ = true;
  reactor.run_and_wait([&] {
    if (channel_->job == job) {
      channel_->job = nullptr;
    }
  });
  return error;
}

} // namespace mre::ssh
