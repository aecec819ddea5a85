// What a transport with headers adds to the ladder of checks; stdio has none of it.
//
// Promise asked of an implementation: pure looks at the headers of one message; an error is the
// answer to it. Threads: called on the thread that called Peer::receive(). Lifetime: until that
// returns.
#pragma once

#include "core/base/json.hpp"
#include "core/tools/call_context.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mre::mcp {

class TransportChecks {
public:
  virtual ~TransportChecks() = default;
  // A header names a protocol version without a handshake.
  virtual bool claims_stateless() const = 0;
  // Step 8: the version header against the claim in the message; null when the message has none.
  virtual std::optional<tools::ProtocolError> check_version(const Json *claimed) const = 0;
  // Step 11: headers that repeat the method and the name.
  virtual std::optional<tools::ProtocolError> check_routing(std::string_view method,
                                                            const Json &params) const = 0;
  // Step 14: headers that repeat arguments, as the tool's schema (or null) asks for.
  virtual std::optional<tools::ProtocolError> check_arguments(const Json *input_schema,
                                                              const Json &params) const = 0;
};

} // namespace mre::mcp
