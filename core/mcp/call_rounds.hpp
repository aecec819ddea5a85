// A call with its questions to the person, in both eras, until there is an answer for the client.
//
// Promise: the exchange is answered once the handler gave a result. In between, questions are asked
// as requests of ours (handshake era: asked, collected, and the handler is invoked again in
// process) or by an `input_required` result that the client calls again with (stateless era). At
// most kInputRounds rounds; nothing is asked that the client cannot do. Threads: any. Lifetime:
// keeps itself alive until the exchange is answered.
#pragma once

#include "core/base/guarded.hpp"
#include "core/mcp/call_runner.hpp"
#include "core/mcp/client_requests.hpp"
#include "core/mcp/engine.hpp"
#include "core/mcp/exchange.hpp"
#include "core/mcp/request_seal.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mre::mcp {

class CallRounds : public std::enable_shared_from_this<CallRounds> {
public:
  CallRounds(const Engine &engine, std::shared_ptr<Exchange> exchange, CallKind kind,
             std::string name, Json arguments);

  // Reads what a repeated call brings along, then runs the first round.
  void begin();

private:
  struct Collected {
    std::map<std::string, std::string> open; // our request's id by the question's key
    bool ended = false;
  };

  void run_round();
  void on_outcome(CallOutcome outcome);
  void deliver(tools::ToolResult result);
  void deliver_failure(const Error &error);
  void refuse(tools::ProtocolError error);

  bool take_input_responses();
  void require_input(const std::vector<tools::InputRequest> &questions);
  void ask_all(const std::vector<tools::InputRequest> &questions);
  void on_answer(const tools::InputRequest &question, ClientAnswer answer);
  void give_up(Error error);

  CallRequest make_request() const;
  SealedCall sealed_call() const;
  bool can_ask(std::string_view method) const;

  const Engine &engine_;
  const std::shared_ptr<Exchange> exchange_;
  const CallKind kind_;
  const std::string name_;
  const Json arguments_;
  std::map<std::string, Json> answers_; // changed only between rounds, or under collected_
  int round_ = 0;
  Guarded<Collected> collected_;
};

// Whether a client with these capabilities can be asked by this method: "elicitation/create" means
// a form, "elicitation/create:url" a page to open.
bool client_can(const Json &capabilities, std::string_view method);
// The ClientCapabilities object that names what is missing.
Json required_capability(std::string_view method);

} // namespace mre::mcp
