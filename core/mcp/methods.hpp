// The methods of both eras, one function each. A function answers its exchange exactly once, at
// once or later. Threads: called on the thread that received the request; none of them waits.
#pragma once

#include "core/mcp/engine.hpp"
#include "core/mcp/exchange.hpp"

#include <memory>
#include <string_view>

namespace mre::mcp {

using MethodFunction = void (*)(const Engine &engine, const std::shared_ptr<Exchange> &exchange);

struct Method {
  std::string_view name;
  bool in_handshake = false;
  bool in_stateless = false;
  MethodFunction run = nullptr;
};

const Method *find_method(std::string_view name);

// How long a client may keep a list: short, because plugins can be switched while the server runs.
inline constexpr int kListTtlMs = 5000;

// Ends the exchange with -32602.
void fail_invalid(Exchange &exchange, std::string message, Json data = {});

// methods_lifecycle.cpp
void initialize(const Engine &engine, const std::shared_ptr<Exchange> &exchange);
void discover(const Engine &engine, const std::shared_ptr<Exchange> &exchange);
void ping(const Engine &engine, const std::shared_ptr<Exchange> &exchange);
void set_log_level(const Engine &engine, const std::shared_ptr<Exchange> &exchange);
// methods_lists.cpp
void list_tools(const Engine &engine, const std::shared_ptr<Exchange> &exchange);
void list_resources(const Engine &engine, const std::shared_ptr<Exchange> &exchange);
void list_resource_templates(const Engine &engine, const std::shared_ptr<Exchange> &exchange);
void list_prompts(const Engine &engine, const std::shared_ptr<Exchange> &exchange);
// methods_calls.cpp
void call_tool(const Engine &engine, const std::shared_ptr<Exchange> &exchange);
void read_resource(const Engine &engine, const std::shared_ptr<Exchange> &exchange);
void get_prompt(const Engine &engine, const std::shared_ptr<Exchange> &exchange);
// methods_tasks.cpp
void get_task(const Engine &engine, const std::shared_ptr<Exchange> &exchange);
void update_task(const Engine &engine, const std::shared_ptr<Exchange> &exchange);
void cancel_task(const Engine &engine, const std::shared_ptr<Exchange> &exchange);
void list_tasks(const Engine &engine, const std::shared_ptr<Exchange> &exchange);
void wait_for_task(const Engine &engine, const std::shared_ptr<Exchange> &exchange);
// methods_completion.cpp
void complete(const Engine &engine, const std::shared_ptr<Exchange> &exchange);
// methods_subscriptions.cpp
void subscribe_resource(const Engine &engine, const std::shared_ptr<Exchange> &exchange);
void unsubscribe_resource(const Engine &engine, const std::shared_ptr<Exchange> &exchange);
void listen(const Engine &engine, const std::shared_ptr<Exchange> &exchange);

} // namespace mre::mcp
