#include "core/mcp/peer.hpp"

#include "core/mcp/ladder.hpp"
#include "core/mcp/outcome_checks.hpp"
#include "core/mcp/reply.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace mre::mcp {

Peer::Peer(PeerOptions options, const Engine &engine)
    : options_(std::move(options)), engine_(engine), client_requests_(engine) {}

Peer::~Peer() = default;

Received Peer::receive(std::string_view text, StreamId stream, const TransportChecks *checks) {
  return receive(parse_message(text), stream, checks);
}

Received Peer::receive(Message message, StreamId stream, const TransportChecks *checks) {
  if (auto *request = std::get_if<RequestMessage>(&message)) {
    receive_request(std::move(*request), stream, checks);
    return Received::request;
  }
  if (const auto *notification = std::get_if<NotificationMessage>(&message)) {
    receive_notification(*notification);
    return Received::notification;
  }
  if (auto *response = std::get_if<ResponseMessage>(&message)) {
    client_requests_.receive(std::move(*response));
    return Received::response;
  }
  const auto &malformed = std::get<MalformedMessage>(message);
  engine_.log.warn("message_refused", {{"why", malformed.error.message}});
  outlet().send({stream, failure_text(malformed.id, malformed.error), true, false, 400});
  return Received::refused;
}

std::string Peer::failure_text(const std::optional<Json> &id, tools::ProtocolError error) const {
  redact(error, engine_.redactor);
  return render_failure(id, error);
}

void Peer::receive_too_long(StreamId stream) {
  const tools::ProtocolError error{code::kParse,
                                   "the message is longer than " +
                                       std::to_string(limits::kLineBytes) + " bytes",
                                   {}};
  engine_.log.warn("message_refused", {{"why", error.message}});
  outlet().send({stream, render_failure(std::nullopt, error), true, false, 413});
}

void Peer::receive_request(RequestMessage message, StreamId stream, const TransportChecks *checks) {
  const Json id = message.id;
  const bool is_open = session_.with([](const Session &session) { return session.is_open; });
  auto climbed = climb(engine_, std::move(message), {stream, checks, is_open});
  if (const auto *failure = std::get_if<Failure>(&climbed)) {
    outlet().send({stream, failure_text(id, failure->error), true, false, failure->http_status});
    return;
  }
  auto &admitted = std::get<Admitted>(climbed);
  const auto exchange = std::make_shared<Exchange>(std::move(admitted.request), shared_from_this());
  switch (admit(exchange)) {
  case Admission::granted:
    admitted.method->run(engine_, exchange);
    return;
  case Admission::duplicate:
    outlet().send(
        {stream,
         render_failure(
             id, {code::kInvalidRequest, "a request with this id is still being answered", {}}),
         true, false, 400});
    return;
  case Admission::closed:
    outlet().send({stream, render_failure(id, {code::kInternal, "the server is ending", {}}), true,
                   false, 503});
    return;
  }
}

void Peer::receive_notification(const NotificationMessage &message) {
  if (message.method == "notifications/cancelled") {
    cancel(message.params);
  } else {
    // initialized changes nothing: requests are served from the answer to initialize on. Others are
    // not for us.
    engine_.log.debug("notification", {{"method", message.method.substr(0, 128)}});
  }
}

// Unknown, finished and malformed ones are ignored (MCP basic/utilities/cancellation).
void Peer::cancel(const Json &params) {
  const Json *id = find_member(params, "requestId");
  if (id == nullptr || !is_id(*id)) {
    return;
  }
  const auto exchange = traffic_.with([&](Traffic &traffic) -> std::shared_ptr<Exchange> {
    const auto found = traffic.by_id.find(id_key(*id));
    if (found == traffic.by_id.end()) {
      return nullptr;
    }
    auto held = traffic.active.at(found->second);
    traffic.by_id.erase(found);
    return held;
  });
  if (exchange) {
    exchange->stop(Stop::cancelled);
  }
}

std::string Peer::key_of(const Request &request) const {
  std::string key = id_key(request.id);
  if (options_.kind == PeerKind::stateless) {
    key += "@" + std::to_string(request.stream);
  }
  return key;
}

Peer::Admission Peer::admit(const std::shared_ptr<Exchange> &exchange) {
  return traffic_.with([&](Traffic &traffic) {
    if (traffic.closed) {
      return Admission::closed;
    }
    if (!traffic.by_id.emplace(key_of(exchange->request()), exchange.get()).second) {
      return Admission::duplicate;
    }
    traffic.active.emplace(exchange.get(), exchange);
    return Admission::granted;
  });
}

void Peer::forget_id(const Exchange &exchange) {
  traffic_.with([&](Traffic &traffic) {
    const auto found = traffic.by_id.find(key_of(exchange.request()));
    if (found != traffic.by_id.end() && found->second == &exchange) {
      traffic.by_id.erase(found);
    }
  });
}

void Peer::release(const Exchange &exchange) {
  // Taken out under the lock, destroyed after it.
  const auto held = traffic_.with([&](Traffic &traffic) {
    return std::pair(traffic.active.extract(&exchange), traffic.listeners.extract(&exchange));
  });
  traffic_.notify_all();
}

std::size_t Peer::in_flight() const {
  return traffic_.with([](const Traffic &traffic) {
    return traffic.active.size() - std::min(traffic.active.size(), traffic.listeners.size());
  });
}

void Peer::close_stream(StreamId stream) {
  std::vector<std::shared_ptr<Exchange>> gone;
  traffic_.with([&](Traffic &traffic) {
    for (const auto &[pointer, exchange] : traffic.active) {
      const Request &request = exchange->request();
      // In the handshake era a disconnect is not a cancel (MCP basic/transports).
      if (request.stream == stream && request.era == Era::stateless) {
        gone.push_back(exchange);
      }
    }
  });
  for (const auto &exchange : gone) {
    exchange->stop(Stop::cancelled);
  }
}

void Peer::drain() {
  std::vector<std::shared_ptr<Exchange>> listening;
  traffic_.with([&](Traffic &traffic) {
    traffic.closed = true;
    for (const auto &[pointer, listener] : traffic.listeners) {
      listening.push_back(listener.exchange);
    }
  });
  for (const auto &exchange : listening) {
    exchange->stop(Stop::ended);
  }
}

void Peer::close() {
  std::vector<std::shared_ptr<Exchange>> ending;
  traffic_.with([&](Traffic &traffic) {
    traffic.closed = true;
    for (const auto &[pointer, exchange] : traffic.active) {
      ending.push_back(exchange);
    }
  });
  for (const auto &exchange : ending) {
    exchange->stop(Stop::ended);
  }
}

bool Peer::wait_until_idle(std::chrono::milliseconds span) {
  return traffic_.wait_until(
      std::chrono::steady_clock::now() + span,
      [](const Traffic &traffic) { return traffic.active.empty(); },
      [](const Traffic &, bool idle) { return idle; });
}

// The outlet only queues (see outlet.hpp), so that it can be called under the lock.
bool Peer::add_listener(const std::shared_ptr<Exchange> &exchange, ListenFilter filter,
                        const std::function<void()> &acknowledge) {
  return traffic_.with([&](Traffic &traffic) {
    if (traffic.listeners.size() >= limits::kListenStreams) {
      return false;
    }
    acknowledge();
    traffic.listeners[exchange.get()] = Listener{exchange, std::move(filter)};
    return true;
  });
}

} // namespace mre::mcp
