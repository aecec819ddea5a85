// requestState: what a client of the stateless era carries between the rounds of one call, sealed
// so that it can only be brought back unchanged, by the same principal, for the same call, and not
// for ever (MCP basic/patterns/mrtr).
//
// Promise: open() gives back what seal() was given, or says why not. The content is not secret: it
// holds what the client itself answered. A state can be used more than once while it lives; a
// handler that must act once has to see to that itself. Threads: any; immutable. Lifetime: a value
// with its key.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/json.hpp"
#include "core/base/result.hpp"

#include <map>
#include <string>

namespace mre::mcp {

// Which call a state belongs to.
struct SealedCall {
  std::string principal;
  std::string method;
  std::string name;
  Json arguments;
};

struct SealedRounds {
  std::map<std::string, Json> answers;
  int round = 0;
};

class RequestSeal {
public:
  // The key: 32 bytes. A process that ends forgets a random one, and with it the calls that were
  // being asked about.
  RequestSeal(std::string key, const Clock &clock) : key_(std::move(key)), clock_(clock) {}

  std::string seal(const SealedCall &call, const SealedRounds &rounds) const;
  // denied: "altered", "expired" or "of another call" in the message.
  Result<SealedRounds> open(const SealedCall &call, const std::string &state) const;

private:
  const std::string key_;
  const Clock &clock_;
};

// The key that all processes with this state directory share, made on first use (0600). Without a
// directory a random one.
Result<std::string> load_seal_key(const std::string &state_dir);

} // namespace mre::mcp
