// A task as the audience of its call: what the handler gives goes into the store, and clients come
// for it.
//
// Threads: any. Lifetime: the engine outlives the tasks; the store holds the rounds while they run.
#pragma once

#include "core/mcp/call_rounds.hpp"
#include "core/mcp/engine.hpp"
#include "core/mcp/exchange.hpp"
#include "core/mcp/task_store.hpp"

#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace mre::mcp {

// What a task keeps of the request of the stateless era that made it.
struct StatelessOpening {
  std::string principal;
  Json client_capabilities;
};
StatelessOpening opening_of(const Exchange &exchange);

// Makes the running call a task. Nothing when the store has no room: the call goes on as it is.
std::optional<TaskBeginning> begin_stateless_task(const Engine &engine,
                                                  const std::shared_ptr<CallRounds> &rounds,
                                                  const StatelessOpening &opening);

struct SessionTask {
  std::shared_ptr<CallRounds> rounds; // not started yet
  Json created;
};
// The handshake era: the client asked for a task by `params.task`.
std::variant<SessionTask, tools::ProtocolError>
begin_session_task(const Engine &engine, const std::shared_ptr<Exchange> &exchange, CallPlan plan);

} // namespace mre::mcp
