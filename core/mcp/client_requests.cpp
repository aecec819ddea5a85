#include "core/mcp/client_requests.hpp"

#include "core/base/timer.hpp"
#include "core/mcp/peer.hpp"

#include <utility>

namespace mre::mcp {

std::string ClientRequests::ask(const std::shared_ptr<Exchange> &exchange,
                                const tools::InputRequest &question, Ending ending) {
  std::string id = state_.with([&](State &state) {
    std::string fresh = "ask-" + std::to_string(++state.last);
    state.pending[fresh] = Pending{exchange, std::move(ending), 0};
    return fresh;
  });
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
  return id;
}

std::optional<ClientRequests::Pending> ClientRequests::take(const std::string &id) {
  return state_.with([&](State &state) -> std::optional<Pending> {
    auto node = state.pending.extract(id);
    return node.empty() ? std::nullopt : std::optional(std::move(node.mapped()));
  });
}

void ClientRequests::receive(ResponseMessage response) {
  const std::string *id = response.id.get_ptr<const std::string *>();
  auto pending = id == nullptr ? std::nullopt : take(*id);
  if (!pending) {
    engine_.log.debug("response_ignored", {{"id", id_key(response.id)}});
    return;
  }
  engine_.timer.drop(pending->alarm);
  pending->ending({std::move(response.result), std::move(response.error), false});
}

void ClientRequests::withdraw(const std::string &id, const std::string &reason) {
  const auto pending = take(id);
  if (!pending) {
    return;
  }
  engine_.timer.drop(pending->alarm);
  tell_cancelled(*pending, id, reason);
}

void ClientRequests::expire(const std::string &id) {
  const auto pending = take(id);
  if (!pending) {
    return;
  }
  tell_cancelled(*pending, id, "nobody answered in time");
  pending->ending({std::nullopt, std::nullopt, true});
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
