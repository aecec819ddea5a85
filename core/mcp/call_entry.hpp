// From an admitted request to a running call: what has to be right before a handler may run.
//
// Promise: the exchange is answered exactly once, sooner or later. A call that is refused here
// leaves its records in the audit like any other. Threads: called on the thread that received the
// request; waits for nothing.
#pragma once

#include "core/mcp/engine.hpp"
#include "core/mcp/exchange.hpp"
#include "core/mcp/request_audience.hpp"

#include <memory>

namespace mre::mcp {

void begin_call(const Engine &engine, const std::shared_ptr<Exchange> &exchange,
                CallSubject subject);

} // namespace mre::mcp
