// One client as the engine sees it: its requests in flight, its session of the handshake era, its
// subscriptions.
//
// Promise: receive() answers every request exactly once, sooner or later, whatever the text is. Ids
// are told apart with their type. Nothing that a stateless request says changes what a later one
// gets. Threads: any; transports with many streams may call receive() in parallel. Lifetime: shared
// by the transport, its exchanges and (weakly) the server; everything in `Engine` outlives it.
#pragma once

#include "core/base/guarded.hpp"
#include "core/mcp/client_requests.hpp"
#include "core/mcp/engine.hpp"
#include "core/mcp/exchange.hpp"
#include "core/mcp/transport_checks.hpp"
#include "core/tools/snapshot.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mre::mcp {

struct TaskView;

// stream: a connection that carries both eras (stdio, a Unix socket). session: one handshake-era
// session of a transport with streams per request. stateless: requests without a session on such a
// transport; ids need not be unique among them.
enum class PeerKind { stream, session, stateless };

struct PeerOptions {
  std::string principal; // "stdio", "http:…": for audit, policy and seals
  PeerKind kind = PeerKind::stream;
  std::shared_ptr<Outlet> outlet;
  tools::Audience audience = tools::Audience::local;
};

// What a handshake left behind.
struct Session {
  bool is_open = false;       // initialize was answered or is about to be
  bool hears_changes = false; // after the answer, so that nothing overtakes it
  std::string version;
  Json client_capabilities = Json::object();
  // Before logging/setLevel the server chooses: what a person would want to know.
  tools::LogSeverity log_level = tools::LogSeverity::warning;
  bool has_resources = false, has_prompts = false, has_completions = false; // as declared
  std::set<std::string> subscribed;
};

// What one subscriptions/listen asked for and was granted.
struct ListenFilter {
  bool tools = false, prompts = false, resources = false;
  std::set<std::string> uris;
  std::set<std::string> tasks; // ids
};

enum class Received { request, notification, response, refused };

class Peer : public std::enable_shared_from_this<Peer> {
public:
  Peer(PeerOptions options, const Engine &engine);
  ~Peer();

  // One message. `checks` is for transports with headers. Answers may leave before it returns.
  Received receive(std::string_view text, StreamId stream = kConnectionStream,
                   const TransportChecks *checks = nullptr);
  // The same for one that was parsed already.
  Received receive(Message message, StreamId stream, const TransportChecks *checks);
  // A message that was too long to be kept.
  void receive_too_long(StreamId stream = kConnectionStream);
  // The client left this stream; in the stateless era that cancels its requests.
  void close_stream(StreamId stream);
  // The server is about to go: new requests are refused, subscriptions end, calls go on.
  void drain();
  // The client or the server goes: everything in flight is told to end. Answers still go to the
  // outlet.
  void close();
  // True when nothing is in flight any more; waits until then or for the span.
  bool wait_until_idle(std::chrono::milliseconds span);

  // For the engine's own parts.
  const PeerOptions &options() const { return options_; }
  Outlet &outlet() const { return *options_.outlet; }
  const Log &log() const { return engine_.log; }
  // An error as a line, after redaction: it may repeat what the client wrote.
  std::string failure_text(const std::optional<Json> &id, tools::ProtocolError error) const;
  Guarded<Session> &session() { return session_; }
  ClientRequests &client_requests() { return client_requests_; }
  std::size_t in_flight() const; // requests that are being answered; open subscriptions aside
  void forget_id(const Exchange &exchange); // its answer is about to leave
  void release(const Exchange &exchange);   // its answer has left
  // Acknowledges and subscribes as one step: no change is lost in between, and none overtakes the
  // acknowledgement. False when there are too many.
  bool add_listener(const std::shared_ptr<Exchange> &exchange, ListenFilter filter,
                    const std::function<void()> &acknowledge);
  void announce(const tools::Registry::Change &change, const std::set<std::string> &uris);
  void announce(const TaskView &task);

private:
  struct Listener {
    std::shared_ptr<Exchange> exchange;
    ListenFilter filter;
  };
  struct Traffic {
    bool closed = false;
    std::map<const Exchange *, std::shared_ptr<Exchange>>
        active;                                    // until answered, also when cancelled
    std::map<std::string, const Exchange *> by_id; // as long as the client may cancel
    std::map<const Exchange *, Listener> listeners;
  };
  enum class Admission { granted, duplicate, closed };

  void receive_request(RequestMessage message, StreamId stream, const TransportChecks *checks);
  void receive_notification(const NotificationMessage &message);
  void cancel(const Json &params);
  Admission admit(const std::shared_ptr<Exchange> &exchange);
  std::string key_of(const Request &request) const;
  std::vector<Listener> listeners() const;
  void announce_to_session(const tools::Registry::Change &change,
                           const std::set<std::string> &uris);

  const PeerOptions options_;
  const Engine &engine_;
  Guarded<Session> session_;
  Guarded<Traffic> traffic_;
  ClientRequests client_requests_;
};

} // namespace mre::mcp
