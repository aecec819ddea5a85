// Requests of ours to a client of the handshake era, and the answers to them.
//
// Promise: each request ends exactly once: with the client's result, its error, or because nobody
// answered in time; a withdrawn one ends without a word, and the client is told. A question that is
// shared (InputRequest::shared_as) is sent once, for the first who asks; its answer is everybody's
// who came before it, and when the first withdraws, it is asked anew for the next. Ids are of our
// own space ("ask-1"); an answer to an unknown one is ignored. Threads: any; endings run on the
// thread that brought them. Lifetime: part of its peer.
#pragma once

#include "core/base/guarded.hpp"
#include "core/base/json.hpp"
#include "core/mcp/engine.hpp"
#include "core/mcp/exchange.hpp"
#include "core/mcp/message.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mre::mcp {

struct ClientAnswer {
  std::optional<Json> result;
  std::optional<Json> error;
  bool timed_out = false;
};

class ClientRequests {
public:
  using Ending = std::function<void(ClientAnswer)>;
  explicit ClientRequests(const Engine &engine) : engine_(engine) {}

  // Asks on the exchange's stream. Returns the id, for withdraw().
  std::string ask(const std::shared_ptr<Exchange> &exchange, const tools::InputRequest &question,
                  Ending ending);
  void receive(ResponseMessage response);
  void withdraw(const std::string &id, const std::string &reason);

private:
  struct Pending {
    std::weak_ptr<Exchange> exchange;
    Ending ending;
    tools::InputRequest question;
    std::string rides_on; // the id that was sent in its place; empty: its own was
    std::uint64_t alarm = 0;
  };
  // A shared question that has its answer: for requests up to that number.
  struct Told {
    tools::InputRequest question;
    ClientAnswer answer;
    std::uint64_t newest = 0;
  };
  struct State {
    std::uint64_t last = 0;
    std::map<std::string, Pending> pending;
    std::deque<Told> told;
  };
  static std::optional<ClientAnswer> find_told(const State &state, const Exchange &exchange,
                                               const tools::InputRequest &question);
  void send(const std::string &id, const std::shared_ptr<Exchange> &exchange,
            const tools::InputRequest &question);
  void expire(const std::string &id);
  // One that was sent, with all that ride on it, now that there is an answer; nothing for other
  // ids.
  std::vector<Pending> take(const std::string &id, const ClientAnswer &answer);
  void ask_for_the_next(const std::string &id);
  static void tell_cancelled(const Pending &pending, const std::string &id,
                             const std::string &reason);

  const Engine &engine_;
  Guarded<State> state_;
};

} // namespace mre::mcp
