// Our side: the built server over stdio, as a client drives it.
//
// Threads: the caller's. Lifetime: the process ends with the object. Failures throw
// std::runtime_error.
#pragma once

#include "bench/fixture.hpp"
#include "core/base/json.hpp"
#include "tests/support/server_process.hpp"

#include <string>
#include <utility>
#include <vector>

namespace mre::bench {

// The settings a user would have: one host, key login, strict host keys. `port` may be a proxy's.
testing::Environment server_environment(const Fixture &fixture, std::uint16_t port);

// Spawned, handshake done.
class Server {
public:
  explicit Server(const testing::Environment &environment);

  // One call; throws unless the tool succeeded. Returns structuredContent.
  Json call(const std::string &tool, Json arguments);
  // One `ssh_exec_command` that must exit with 0.
  Json exec(const std::string &command);
  // The same call again and again, `in_flight` at a time; the number of calls that failed.
  struct Burst {
    std::size_t failed = 0;
    double seconds = 0;
    std::string first_error;
  };
  Burst burst(const std::vector<std::pair<std::string, Json>> &calls, std::size_t in_flight);

  testing::ServerProcess &process() { return process_; }
  double resident_mebibytes() const;
  // The largest resident size since the last reset.
  double peak_mebibytes() const;
  void reset_peak() const;
  double processor_seconds() const;

private:
  testing::ServerProcess process_;
};

// Of the processor, in user and system mode, so far.
double processor_seconds_of(pid_t pid);

// Empty when the result is what a successful call gives; otherwise what went wrong.
std::string complaint_about(const Json &result);

} // namespace mre::bench
