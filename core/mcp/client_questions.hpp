// One round of questions to a client of the handshake era, asked as requests of ours.
//
// Promise: `done` runs at most once: with an answer to every question, each one fitting what was
// asked, or with why there will be none; never after give_up(). What is then still open is taken
// back. A person who does not answer in time counts as having cancelled. Threads: any; done runs on
// the thread that brought the last answer. Lifetime: kept alive by the questions in flight.
#pragma once

#include "core/base/guarded.hpp"
#include "core/mcp/client_requests.hpp"
#include "core/mcp/exchange.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mre::mcp {

class ClientQuestions : public std::enable_shared_from_this<ClientQuestions> {
public:
  using Answers = std::map<std::string, Json>;
  using Done = std::function<void(Result<Answers>)>;
  ClientQuestions(std::shared_ptr<Exchange> exchange, Done done);

  // Asks all of them on the exchange's stream. Once.
  void ask(const std::vector<tools::InputRequest> &questions);
  void give_up();

private:
  struct State {
    bool ended = false;
    std::map<std::string, std::string> open; // our request's id by the question's key
    Answers answers;
  };
  void on_answer(const tools::InputRequest &question, ClientAnswer answer);
  bool take_back();

  const std::shared_ptr<Exchange> exchange_;
  const Done done_;
  Guarded<State> state_;
};

} // namespace mre::mcp
