// The one ordered ladder of checks between a well-formed request and the method that serves it.
//
// Promise: the first check that fails answers; the order is the same for every transport (facts:
// MCP transports; a transport does the steps before parsing). Nothing is changed by a request that
// fails. Threads: pure but for the registry's snapshot.
#pragma once

#include "core/mcp/engine.hpp"
#include "core/mcp/exchange.hpp"
#include "core/mcp/message.hpp"
#include "core/mcp/methods.hpp"
#include "core/mcp/transport_checks.hpp"

#include <variant>

namespace mre::mcp {

struct Failure {
  tools::ProtocolError error;
  int http_status = 200;
};

struct Admitted {
  Request request;
  const Method *method = nullptr;
};

// What the ladder has to know about where the message came from.
struct Arrival {
  StreamId stream = kConnectionStream;
  const TransportChecks *checks = nullptr;
  bool session_is_open = false;
};

std::variant<Admitted, Failure> climb(const Engine &engine, RequestMessage message,
                                      const Arrival &arrival);

} // namespace mre::mcp
