// The SSH engine: many hosts, many commands at once over few connections, one reactor thread that
// owns every session.
//
// Promise: a command ends exactly once, with an outcome that is true; a lost link is never success
// and never retried; nothing connects before it is needed; nothing waits without an end in time.
// Threads: all functions from any thread. Lifetime: built by main; shutdown() ends every remote
// process it can within its budget and closes the connections; the destructor calls it.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/config/settings.hpp"
#include "core/ssh/bounded_wait.hpp"
#include "core/ssh/exec.hpp"
#include "core/ssh/link.hpp"
#include "core/ssh/login_desk.hpp"
#include "core/ssh/sftp_lease.hpp"

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace mre::ssh {

enum class LeaseKind {
  metadata,
  bulk
}; // bulk gets a connection of its own, so that commands stay quick

class Engine {
public:
  virtual ~Engine() = default;

  virtual std::shared_ptr<Execution> start(ExecRequest request,
                                           std::shared_ptr<ExecObserver> observer) = 0;

  // Blocks until a channel is free, at most the host's connect timeout beyond the wait in line.
  virtual Result<std::unique_ptr<SftpLease>> lease_sftp(const config::HostConfig &host,
                                                        LeaseKind kind, std::stop_token stop) = 0;

  virtual bool is_connected(const config::HostConfig &host) const = 0;

  // A fresh way to the host, before any login to it: TCP, or through the connection of its jump
  // host, which is made if need be within the connect timeouts of the hosts on the way. Blocks. An
  // engine without hosts on the way goes straight.
  virtual Result<std::unique_ptr<Link>> open_link(const config::HostConfig &host,
                                                  const BoundedWait &bounds);

  // What kept the last login to the host, or to one on the way to it, from getting in and a person
  // could settle. Whoever can ask a person does so and makes the attempt again; no login waits. An
  // engine that never asks has nothing to say here.
  virtual std::optional<LoginQuestion> login_question(const config::HostConfig & /*host*/) const {
    return std::nullopt;
  }
  // The person's yes, with the answers to the prompts where there are some: records the key, or
  // keeps the answers for the next login. Nothing when the question is settled by now; the errors
  // of record_host_key().
  virtual Result<void> settle(const config::HostConfig & /*host*/,
                              const LoginQuestion & /*question*/,
                              std::vector<std::string> /*answers*/) { // NOLINT: overrides keep them
    return {};
  }

  virtual void shutdown(Milliseconds budget) = 0;

  static std::unique_ptr<Engine> create(config::HostSource &hosts, const Clock &clock,
                                        const Log &log);
};

} // namespace mre::ssh
