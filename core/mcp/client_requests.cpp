#include "core/mcp/client_requests.hpp"

#include "core/base/timer.hpp"
#include "core/mcp/peer.hpp"

#include <optional>
#include <utility>

namespace mre::mcp {

namespace {

// Answers to shared questions that are kept for calls which came before them and ask late.
constexpr std::size_t kToldKept = 16;

bool is_same(const tools::InputRequest &one, const tools::InputRequest &other) {
  return !one.shared_as.empty() && one.shared_as == other.shared_as && one.method == other.method &&
         one.params == other.params;
}

} // namespace

std::optional<ClientAnswer> ClientRequests::find_told(const State &state, const Exchange &exchange,
                                                      const tools::InputRequest &question) {
  for (const auto &told : state.told) {
    if (is_same(told.question, question) && exchange.number() <= told.newest) {
      return told.answer;
    }
  }
  return std::nullopt;
}

std::string ClientRequests::ask(const std::shared_ptr<Exchange> &exchange,
                                const tools::InputRequest &question, Ending ending) {
  bool rides = false;
  std::optional<ClientAnswer> told;
  std::string id = state_.with([&](State &state) {
    std::string fresh = "ask-" + std::to_string(++state.last);
    told = find_told(state, *exchange, question);
    if (told) {
      return fresh;
    }
    Pending pending{exchange, ending, question, {}, 0};
    for (const auto &[sent, other] : state.pending) {
      if (other.rides_on.empty() && is_same(other.question, question)) {
        pending.rides_on = sent;
        rides = true;
        break;
      }
    }
    state.pending[fresh] = std::move(pending);
    return fresh;
  });
  if (told) {
    ending(std::move(*told));
  } else if (!rides) {
    send(id, exchange, question);
  }
  return id;
}

void ClientRequests::send(const std::string &id, const std::shared_ptr<Exchange> &exchange,
                          const tools::InputRequest &question) {
  exchange->send_request(render_request(id, question.method, question.params));
  // Armed after it was sent, so that the withdrawal cannot overtake the question. The peer holds
  // this object; a weak reference to it is enough, because without a peer nobody waits.
  const auto alarm = engine_.timer.after(engine_.times.input_timeout,
                                         [peer = exchange->peer().weak_from_this(), id] {
                                           if (const auto alive = peer.lock()) {
                                             alive->client_requests().expire(id);
                                           }
                                         });
  const bool still_waits = state_.with([&](State &state) {
    const auto found = state.pending.find(id);
    if (found != state.pending.end()) {
      found->second.alarm = alarm;
    }
    return found != state.pending.end();
  });
  if (!still_waits) {
    engine_.timer.drop(alarm);
  }
}

std::vector<ClientRequests::Pending> ClientRequests::take(const std::string &id,
                                                          const ClientAnswer &answer) {
  return state_.with([&](State &state) {
    std::vector<Pending> taken;
    const auto found = state.pending.find(id);
    if (found == state.pending.end() || !found->second.rides_on.empty()) {
      return taken; // nobody was sent this id
    }
    taken.push_back(std::move(state.pending.extract(found).mapped()));
    if (!taken.front().question.shared_as.empty()) {
      state.told.push_back({taken.front().question, answer, Exchange::newest_number()});
      if (state.told.size() > kToldKept) {
        state.told.pop_front();
      }
    }
    for (auto item = state.pending.begin(); item != state.pending.end();) {
      if (item->second.rides_on == id) {
        taken.push_back(std::move(item->second));
        item = state.pending.erase(item);
      } else {
        ++item;
      }
    }
    return taken;
  });
}

void ClientRequests::receive(ResponseMessage response) {
  const std::string *id = response.id.get_ptr<const std::string *>();
  const ClientAnswer answer{std::move(response.result), std::move(response.error), false};
  const auto pending = id == nullptr ? std::vector<Pending>() : take(*id, answer);
  if (pending.empty()) {
    engine_.log.debug("response_ignored", {{"id", id_key(response.id)}});
    return;
  }
  engine_.timer.drop(pending.front().alarm);
  for (const auto &one : pending) {
    one.ending(answer);
  }
}

void ClientRequests::withdraw(const std::string &id, const std::string &reason) {
  const auto pending = state_.with([&](State &state) -> std::optional<Pending> {
    auto node = state.pending.extract(id);
    return node.empty() ? std::nullopt : std::optional(std::move(node.mapped()));
  });
  if (!pending || !pending->rides_on.empty()) {
    return; // the client never heard of it
  }
  engine_.timer.drop(pending->alarm);
  tell_cancelled(*pending, id, reason);
  if (!pending->question.shared_as.empty()) {
    ask_for_the_next(id);
  }
}

// The question went with the call that asked it; others may still wait for its answer.
void ClientRequests::ask_for_the_next(const std::string &id) {
  struct Next {
    std::string id;
    std::shared_ptr<Exchange> exchange;
    tools::InputRequest question;
  };
  const auto next = state_.with([&](State &state) {
    Next first;
    for (auto item = state.pending.begin(); item != state.pending.end();) {
      auto &[other_id, other] = *item;
      if (other.rides_on == id && first.id.empty()) {
        first = {other_id, other.exchange.lock(), other.question};
        if (first.exchange == nullptr) { // its call is gone without a word
          first = {};
          item = state.pending.erase(item);
          continue;
        }
        other.rides_on.clear();
      } else if (other.rides_on == id) {
        other.rides_on = first.id;
      }
      ++item;
    }
    return first;
  });
  if (next.exchange != nullptr) {
    send(next.id, next.exchange, next.question);
  }
}

void ClientRequests::expire(const std::string &id) {
  const ClientAnswer answer{std::nullopt, std::nullopt, true};
  const auto pending = take(id, answer);
  if (pending.empty()) {
    return;
  }
  tell_cancelled(pending.front(), id, "nobody answered in time");
  for (const auto &one : pending) {
    one.ending(answer);
  }
}

void ClientRequests::tell_cancelled(const Pending &pending, const std::string &id,
                                    const std::string &reason) {
  if (const auto exchange = pending.exchange.lock()) {
    // Not through the exchange: it may be silent by now, and this is about a request of ours.
    exchange->peer().outlet().send(
        {exchange->request().stream,
         render_notification("notifications/cancelled", {{"requestId", id}, {"reason", reason}})});
  }
}

} // namespace mre::mcp
