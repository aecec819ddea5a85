// A client of ssh-agent: its keys, and signatures by them.
//
// Promise: every exchange ends by the deadline; libssh2's own client waits without one.
// Threads: one. Format: draft-ietf-sshm-ssh-agent.
#pragma once

#include "core/base/result.hpp"
#include "core/base/unique_fd.hpp"
#include "core/ssh/bounded_wait.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mre::ssh {

struct AgentKey {
  std::string blob; // the public key or certificate
  std::string comment;
  std::string type() const; // "ssh-ed25519"
};

class Agent {
public:
  static Result<Agent> connect(const std::string &path, const BoundedWait &bounds);

  Result<std::vector<AgentKey>> keys();
  // The signature without the name of its algorithm, as libssh2 wants it.
  Result<std::string> sign(const std::string &blob, std::string_view data);

private:
  Agent(UniqueFd socket, const BoundedWait &bounds)
      : socket_(std::move(socket)), bounds_(&bounds) {}
  // The body of the answer, which must be of that kind; `refusal` says what it means when it is
  // not.
  Result<std::string> ask(const std::string &request, char kind, const std::string &refusal);
  Result<void> transfer(char *bytes, std::size_t count, short direction);

  UniqueFd socket_;
  const BoundedWait *bounds_;
};

} // namespace mre::ssh
