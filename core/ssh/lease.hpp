// The worker's side of an SFTP channel. See sftp_lease.hpp for the promise.
//
// Threads: one worker; everything on the channel itself happens on the reactor. Lifetime: may
// outlive the engine, then every run() is `lost`.
#pragma once

#include "core/ssh/reactor.hpp"
#include "core/ssh/sftp_channel.hpp"

#include <functional>
#include <memory>

namespace mre::ssh {

class Lease final : public SftpLease {
public:
  using GiveBack =
      std::function<void(std::shared_ptr<SftpChannel>, bool is_healthy)>; // on the reactor

  Lease(std::shared_ptr<SftpChannel> channel, std::weak_ptr<Reactor> reactor, GiveBack give_back)
      : channel_(std::move(channel)), reactor_(std::move(reactor)),
        give_back_(std::move(give_back)) {}
  ~Lease() override;

  Result<long> run(const std::function<long(_LIBSSH2_SESSION *, _LIBSSH2_SFTP *)> &step,
                   std::stop_token stop, Milliseconds patience) override;
  std::string_view server_banner() const override { return channel_->server_banner; }
  std::chrono::microseconds round_trip() const override {
    return std::chrono::microseconds(channel_->round_trip_us.load());
  }

private:
  Result<long> abandon(const std::shared_ptr<SftpJob> &job, Reactor &reactor, Error error);

  std::shared_ptr<SftpChannel> channel_;
  std::weak_ptr<Reactor> reactor_;
  GiveBack give_back_;
  bool is_spent_ = false;
};

} // namespace mre::ssh
