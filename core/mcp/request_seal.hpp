// requestState: what a client of the stateless era carries between the rounds of one call, sealed
// so that it can only be brought back unchanged, by the same principal, for the same call, once,
// and not for ever (MCP basic/patterns/mrtr).
//
// Promise: open() gives back what seal() was given, or says why not; use() is right once for each
// state. The content is not secret: it holds what was asked and what the client itself answered. A
// state belongs to the object that sealed it: another process knows nothing of its use. Threads:
// any. Lifetime: part of the server.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/guarded.hpp"
#include "core/base/json.hpp"
#include "core/base/result.hpp"
#include "core/guard/limits.hpp"
#include "core/tools/call_context.hpp"

#include <bitset>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

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
  std::vector<tools::InputRequest> asked; // what the client was asked last
  std::uint64_t serial = 0;               // filled in by open()
};

class RequestSeal {
public:
  // The key: 32 bytes. A process that ends forgets a random one, and with it the calls that were
  // being asked about.
  RequestSeal(std::string key, const Clock &clock);

  std::string seal(const SealedCall &call, const SealedRounds &rounds) const;
  // denied: "altered", "expired" or "of another call" in the message.
  Result<SealedRounds> open(const SealedCall &call, const std::string &state) const;
  // denied when this state was used before.
  Result<void> use(const SealedRounds &rounds) const;

private:
  // Which of the newest kRequestStates states were used.
  struct Window {
    std::uint64_t last = 0;
    std::bitset<limits::kRequestStates> used;
  };

  const std::string key_;
  const std::string instance_;
  const Clock &clock_;
  mutable Guarded<Window> window_;
};

} // namespace mre::mcp
