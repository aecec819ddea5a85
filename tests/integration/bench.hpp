// What most integration tests start from: an sshd of their own and the environment that points the
// daemon at it.
//
// Threads: one. Lifetime: servers started from a Bench must go before it.
#pragma once

#include "tests/support/catch.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/sshd.hpp"

#include <unistd.h>

#include <csignal>
#include <string>
#include <utility>
#include <vector>

namespace mre::testing {

class Bench {
public:
  explicit Bench(SshdOptions options = {}) : sshd(std::move(options)) {}

  // HOST and its credentials for the bench's sshd, then `extra`, which wins; an empty value takes a
  // variable away.
  Environment environment(const Environment &extra = {}) const {
    Environment all{{"I_ACCEPT_RISKS", "true"},
                    {"HOST", "127.0.0.1"},
                    {"SSH_PORT", std::to_string(sshd.port())},
                    {"SSH_USERNAME", sshd.user()},
                    {"SSH_KEY", sshd.client_key()},
                    {"SSH_KNOWN_HOSTS", sshd.known_hosts()}};
    for (const auto &[name, value] : extra) {
      all[name] = value;
    }
    return all;
  }

  Sshd sshd;
};

// A daemon with the handshake behind it.
inline ServerProcess start_server(const Environment &environment) {
  ServerProcess server({.environment = environment});
  server.initialize();
  return server;
}

// A number of seconds nobody else sleeps: "4321.<pid><serial>", to find a remote process by.
inline std::string unique_seconds() {
  static int serial = 0;
  return "4321." + std::to_string(::getpid()) + std::to_string(serial++);
}

inline bool runs(const std::string &command) {
  return !processes_with_command(command).empty();
}

// A remote command of the test's own that must not outlive it, not even when the test fails.
class RemoteSleep {
public:
  RemoteSleep() : command_("sleep " + unique_seconds()) {}
  ~RemoteSleep();
  RemoteSleep(const RemoteSleep &) = delete;
  RemoteSleep &operator=(const RemoteSleep &) = delete;
  operator const std::string &() const { return command_; } // NOLINT(google-explicit-constructor)

private:
  std::string command_;
};

// Ends what a test left running on purpose (a lost link leaves the remote process alone).
inline void kill_command(const std::string &command) {
  for (const pid_t pid : processes_with_command(command)) {
    ::kill(pid, SIGKILL);
  }
}

// Twice: a loop may start another one between the look and the kill.
inline RemoteSleep::~RemoteSleep() {
  kill_command(command_);
  kill_command(command_);
}

inline bool holds(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

inline bool contains(const std::vector<std::string> &list, const std::string &word) {
  for (const auto &each : list) {
    if (each == word) {
      return true;
    }
  }
  return false;
}

} // namespace mre::testing
