#include "core/mcp/gateway.hpp"

#include "core/guard/limits.hpp"
#include "core/mcp/reply.hpp"

#include <optional>

namespace mre::mcp {
namespace {

constexpr std::string_view kSessionHeader = "Mcp-Session-Id";

void refuse_request(tools::PeerOutlet &outlet, const std::optional<Json> &id,
                    const tools::ProtocolError &error, int status) {
  outlet.send({.text = render_failure(id, error), .status = status, .is_last = true});
}

void accept_silently(tools::PeerOutlet &outlet) {
  outlet.send({.text = {}, .status = 202, .is_last = true});
}

tools::Audience audience_of(const tools::PeerClient &client) {
  return client.is_local ? tools::Audience::local : tools::Audience::network;
}

std::optional<Json> id_of(const Message &message) {
  const auto *request = std::get_if<RequestMessage>(&message);
  return request == nullptr ? std::nullopt : std::optional(request->id);
}

// An answer to initialize that opened the session names it; any other leaves without one.
class SessionOpening final : public tools::PeerOutlet {
public:
  explicit SessionOpening(PeerOutletPtr client) : client_(std::move(client)) {}
  void watch(std::weak_ptr<Peer> peer, std::string id) {
    peer_ = std::move(peer);
    id_ = std::move(id);
  }
  void send(tools::PeerOutgoing outgoing) override {
    const auto peer = peer_.lock();
    if (peer && peer->session().with([](const Session &session) { return session.is_open; })) {
      outgoing.session_id = id_;
    }
    client_->send(std::move(outgoing));
  }

private:
  const PeerOutletPtr client_;
  std::weak_ptr<Peer> peer_;
  std::string id_;
};

class ConnectionLink final : public tools::PeerLink {
public:
  ConnectionLink(std::shared_ptr<ConnectionLane> lane, std::shared_ptr<Peer> peer)
      : lane_(std::move(lane)), peer_(std::move(peer)) {}
  ~ConnectionLink() override {
    lane_->close();
    peer_->close();
  }
  void receive(std::string_view message) override {
    if (message.size() > limits::kLineBytes) {
      peer_->receive_too_long();
    } else {
      peer_->receive(message);
    }
  }

private:
  const std::shared_ptr<ConnectionLane> lane_;
  const std::shared_ptr<Peer> peer_;
};

// Nothing to leave: the answer was there before the link.
class AnsweredLink final : public tools::PeerLink {
public:
  void receive(std::string_view /*message*/) override {}
};

class StatelessLink final : public tools::PeerLink {
public:
  StatelessLink(std::shared_ptr<StatelessLanes> lanes, std::shared_ptr<Peer> peer, StreamId stream)
      : lanes_(std::move(lanes)), peer_(std::move(peer)), stream_(stream) {}
  ~StatelessLink() override {
    // Nothing may be sent any more, so the lane goes first; what still works on it is cancelled.
    if (lanes_->close(stream_)) {
      peer_->close_stream(stream_);
    }
  }
  void receive(std::string_view /*message*/) override {}

private:
  const std::shared_ptr<StatelessLanes> lanes_;
  const std::shared_ptr<Peer> peer_;
  const StreamId stream_;
};

class SessionLink final : public tools::PeerLink {
public:
  SessionLink(std::shared_ptr<SessionLanes> lanes, PeerOutletPtr client, StreamId stream)
      : lanes_(std::move(lanes)), client_(std::move(client)), stream_(stream) {}
  ~SessionLink() override { lanes_->leave(stream_, client_); }
  void receive(std::string_view /*message*/) override {}

private:
  const std::shared_ptr<SessionLanes> lanes_;
  const PeerOutletPtr client_;
  const StreamId stream_;
};

// Resuming by event ids came with 2025-11-25; a client of before would take the event without a
// message for a broken one.
SessionLanes::Resume can_resume(const SessionEntry &session, const tools::PeerRequest &request) {
  const bool knows = session.peer->session().with(
      [](const Session &state) { return state.version == kNewestHandshakeVersion; });
  return knows && request.can_stream ? SessionLanes::Resume::yes : SessionLanes::Resume::no;
}

} // namespace

Gateway::Gateway(Server &server, const Clock &clock, SessionLimits limits)
    : server_(server), budget_(std::make_shared<EventBudget>(limits::kEventBytes)),
      sessions_(clock, limits) {}

Gateway::~Gateway() = default;

std::unique_ptr<tools::PeerLink> Gateway::connect(tools::PeerClient client, PeerOutletPtr outlet) {
  auto lane = std::make_shared<ConnectionLane>(std::move(outlet));
  auto peer = server_.connect({.principal = std::move(client.principal),
                               .kind = PeerKind::stream,
                               .outlet = lane,
                               .audience = audience_of(client)});
  return std::make_unique<ConnectionLink>(std::move(lane), std::move(peer));
}

std::unique_ptr<tools::PeerLink> Gateway::request(const tools::PeerRequest &request,
                                                  PeerOutletPtr outlet) {
  LinkPtr link;
  switch (request.verb) {
  case tools::PeerVerb::post:
    link = post(request, outlet);
    break;
  case tools::PeerVerb::get:
    link = get(request, outlet);
    break;
  case tools::PeerVerb::end:
    end(request, *outlet);
    break;
  }
  return link ? std::move(link) : std::make_unique<AnsweredLink>();
}

Gateway::LinkPtr Gateway::post(const tools::PeerRequest &request, const PeerOutletPtr &outlet) {
  if (request.body.size() > limits::kLineBytes) {
    refuse_request(*outlet, std::nullopt,
                   {code::kParse,
                    "the message is longer than " + std::to_string(limits::kLineBytes) + " bytes",
                    {}},
                   413);
    return nullptr;
  }
  Message message = parse_message(request.body);
  const HeaderChecks checks(request.fields);
  if (const auto *malformed = std::get_if<MalformedMessage>(&message)) {
    refuse_request(*outlet, malformed->id, malformed->error, 400);
    return nullptr;
  }
  if (auto *call = std::get_if<RequestMessage>(&message)) {
    if (classify(*call, checks.claims_stateless()) == Era::stateless) {
      return post_stateless(request, std::move(*call), outlet);
    }
    if (call->method == "initialize") {
      return begin_session(request, std::move(*call), outlet);
    }
  } else if (const auto *notification = std::get_if<NotificationMessage>(&message)) {
    // Closing the stream is how a request of that era is cancelled; the notification says nothing.
    if (checks.claims_stateless() || claimed_version(notification->params) != nullptr) {
      accept_silently(*outlet);
      return nullptr;
    }
  }
  return post_to_session(request, std::move(message), outlet);
}

Gateway::LinkPtr Gateway::post_stateless(const tools::PeerRequest &request, RequestMessage message,
                                         const PeerOutletPtr &outlet) {
  const HeaderChecks checks(request.fields);
  const Stateless served = stateless_of(request.client);
  const StreamId stream = served.lanes->open(outlet);
  auto link = std::make_unique<StatelessLink>(served.lanes, served.peer, stream);
  served.peer->receive(Message(std::move(message)), stream, &checks);
  return link;
}

Gateway::LinkPtr Gateway::begin_session(const tools::PeerRequest &request, RequestMessage message,
                                        const PeerOutletPtr &outlet) {
  const auto lanes = std::make_shared<SessionLanes>(limits::kSessionEventBytes, budget_);
  auto entry = std::make_shared<SessionEntry>();
  entry->id = SessionBook::make_id();
  entry->principal = request.client.principal;
  entry->lanes = lanes;
  entry->peer = server_.connect({.principal = request.client.principal,
                                 .kind = PeerKind::session,
                                 .outlet = lanes,
                                 .audience = audience_of(request.client)});
  const Json id = message.id;
  if (!sessions_.add(entry)) {
    refuse_request(*outlet, id,
                   {code::kInternal, "too many sessions are in use; end one of them first", {}},
                   503);
    return nullptr;
  }
  const auto opening = std::make_shared<SessionOpening>(outlet);
  opening->watch(entry->peer, entry->id);
  const StreamId stream = lanes->open(opening, SessionLanes::Resume::no);
  auto link = std::make_unique<SessionLink>(lanes, opening, stream);
  entry->peer->receive(Message(std::move(message)), stream, nullptr);
  if (!entry->peer->session().with([](const Session &session) { return session.is_open; })) {
    static_cast<void>(sessions_.take(entry->id, entry->principal));
  }
  return link;
}

SessionPtr Gateway::find_session(const tools::PeerRequest &request, const std::optional<Json> &id,
                                 tools::PeerOutlet &outlet) {
  const HeaderChecks checks(request.fields);
  const auto session_id = checks.find(kSessionHeader);
  if (!session_id) {
    refuse_request(outlet, id,
                   {code::kInvalidRequest,
                    "the header " + std::string(kSessionHeader) +
                        " is required; initialize begins a session and answers its id",
                    {}},
                   400);
    return nullptr;
  }
  auto session = sessions_.find(*session_id, request.client.principal);
  if (!session) {
    refuse_request(
        outlet, id,
        {code::kInvalidRequest, "the session is not known (any more); begin one by initialize", {}},
        404);
    return nullptr;
  }
  if (const auto error = checks.check_handshake_version()) {
    refuse_request(outlet, id, *error, 400);
    return nullptr;
  }
  return session;
}

Gateway::LinkPtr Gateway::post_to_session(const tools::PeerRequest &request, Message message,
                                          const PeerOutletPtr &outlet) {
  const SessionPtr session = find_session(request, id_of(message), *outlet);
  if (!session) {
    return nullptr;
  }
  if (!std::holds_alternative<RequestMessage>(message)) {
    session->peer->receive(std::move(message), kConnectionStream, nullptr);
    accept_silently(*outlet);
    return nullptr;
  }
  const StreamId stream = session->lanes->open(outlet, can_resume(*session, request));
  auto link = std::make_unique<SessionLink>(session->lanes, outlet, stream);
  session->peer->receive(std::move(message), stream, nullptr);
  session->lanes->begin(stream);
  return link;
}

Gateway::LinkPtr Gateway::get(const tools::PeerRequest &request, const PeerOutletPtr &outlet) {
  const HeaderChecks checks(request.fields);
  if (checks.claims_stateless()) {
    refuse_request(*outlet, std::nullopt,
                   {code::kInvalidRequest, "this protocol version has no GET; use POST", {}}, 405);
    return nullptr;
  }
  const SessionPtr session = find_session(request, std::nullopt, *outlet);
  if (!session) {
    return nullptr;
  }
  const auto event_id = checks.find("Last-Event-ID");
  if (!event_id || event_id->empty()) {
    session->lanes->listen(outlet, can_resume(*session, request));
    return std::make_unique<SessionLink>(session->lanes, outlet, kConnectionStream);
  }
  const auto stream = session->lanes->resume(outlet, *event_id);
  if (!stream) {
    refuse_request(
        *outlet, std::nullopt,
        {code::kInvalidRequest, "the event of Last-Event-ID is not known (any more)", {}}, 400);
    return nullptr;
  }
  return std::make_unique<SessionLink>(session->lanes, outlet, *stream);
}

void Gateway::end(const tools::PeerRequest &request, tools::PeerOutlet &outlet) {
  const HeaderChecks checks(request.fields);
  if (checks.claims_stateless()) {
    refuse_request(outlet, std::nullopt,
                   {code::kInvalidRequest, "this protocol version has no sessions to delete", {}},
                   405);
    return;
  }
  const SessionPtr session = find_session(request, std::nullopt, outlet);
  if (!session) {
    return;
  }
  static_cast<void>(sessions_.take(session->id, session->principal));
  session->peer->close();
  session->lanes->end();
  outlet.send({.text = {}, .status = 204, .is_last = true});
}

Gateway::Stateless Gateway::stateless_of(const tools::PeerClient &client) {
  return stateless_.with([&](auto &known) {
    const auto key = std::pair(client.principal, client.is_local);
    if (const auto found = known.find(key); found != known.end()) {
      return found->second;
    }
    if (known.size() >= limits::kPrincipals) {
      std::erase_if(known, [](const auto &entry) { return entry.second.peer->in_flight() == 0; });
    }
    Stateless fresh{std::make_shared<StatelessLanes>(), nullptr};
    fresh.peer = server_.connect({.principal = client.principal,
                                  .kind = PeerKind::stateless,
                                  .outlet = fresh.lanes,
                                  .audience = audience_of(client)});
    known.emplace(key, fresh);
    return fresh;
  });
}

} // namespace mre::mcp
