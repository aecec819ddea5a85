// The request that made a call, as the call's audience: one class for each era.
//
// Promise: as call_audience.hpp says. In the handshake era questions are requests of ours on the
// call's stream; in the stateless one they are an `input_required` result, which ends this call:
// the client calls again with the answers. Threads: any. Lifetime: holds the exchange until it is
// answered.
#pragma once

#include "core/mcp/call_audience.hpp"
#include "core/mcp/client_questions.hpp"
#include "core/mcp/engine.hpp"
#include "core/mcp/exchange.hpp"
#include "core/mcp/request_seal.hpp"

#include <memory>
#include <string>

namespace mre::mcp {

// What the answer's form depends on.
struct CallSubject {
  CallKind kind = CallKind::tool;
  std::string name;
  Json arguments;
};

std::shared_ptr<CallAudience> make_request_audience(const Engine &engine,
                                                    std::shared_ptr<Exchange> exchange,
                                                    CallSubject subject);

// Which call a requestState of this request belongs to.
SealedCall sealed_call(const Exchange &exchange, const CallSubject &subject);
// Whether the client behind the request can be asked by this method.
bool can_ask(const Exchange &exchange, std::string_view method);

// The result object of tools/call as the era knows it.
Json render_call_result(const tools::ToolResult &result, Era era);
// The error that ends the request: codes of one era are replaced by those of the other.
tools::ProtocolError for_era(tools::ProtocolError error, Era era);

} // namespace mre::mcp
