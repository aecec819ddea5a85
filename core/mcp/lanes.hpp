// Outlets of transports with a stream per request: which message leaves on which response.
//
// Promise: the messages of one stream leave in order and on that stream only. A stream that was
// closed gets nothing more, also from a send() that runs at the same time: close() waits for it.
// Threads: any. Lifetime: shared with the peer they belong to.
#pragma once

#include "core/base/guarded.hpp"
#include "core/mcp/event_store.hpp"
#include "core/mcp/outlet.hpp"
#include "core/tools/peer_gateway.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mre::mcp {

using PeerOutletPtr = std::shared_ptr<tools::PeerOutlet>;

// The only stream of a connection (a socket with whole messages).
class ConnectionLane final : public Outlet {
public:
  explicit ConnectionLane(PeerOutletPtr client) : client_(std::move(client)) {}
  void send(Outgoing message) override;
  void close();

private:
  Guarded<PeerOutletPtr> client_;
};

// Streams without a session: a message for a stream that is closed is dropped.
class StatelessLanes final : public Outlet {
public:
  StreamId open(PeerOutletPtr client);
  void send(Outgoing message) override;
  // True when its answer had not left yet.
  bool close(StreamId stream);

private:
  struct Lane {
    Guarded<PeerOutletPtr> client;
  };
  struct State {
    StreamId last = kConnectionStream;
    std::map<StreamId, std::shared_ptr<Lane>> lanes;
  };
  Guarded<State> state_;
};

// Streams of one session of the handshake era. What leaves on a stream that can be resumed is kept
// as well; a client that left its stream gets the rest when it comes back for it.
class SessionLanes final : public Outlet {
public:
  SessionLanes(std::size_t max_bytes, std::shared_ptr<EventBudget> budget)
      : store_(max_bytes, std::move(budget)) {}

  enum class Resume { no, yes };
  StreamId open(PeerOutletPtr client, Resume resume);
  // The request is being worked on: its stream begins now, unless its answer came already.
  void begin(StreamId stream);
  void send(Outgoing message) override;
  void pause(StreamId stream) override;
  // Ends the response without an answer: a client that cancelled would else hold it for ever. It
  // cannot be resumed: there is nothing to come back for.
  void abandon(StreamId stream) override;

  // The stream of a GET: takes the place of the one before.
  void listen(const PeerOutletPtr &client, Resume resume);
  // Goes on where the client was; the stream that it is on now, or nothing when that is not known.
  std::optional<StreamId> resume(const PeerOutletPtr &client, std::string_view event_id);

  // This client left its stream, unless another one has taken its place. Sent nothing afterwards.
  void leave(StreamId stream, const PeerOutletPtr &client);
  bool has_listener() const; // somebody holds the stream of a GET
  // The session is over: every stream that is open ends.
  void end();

private:
  struct Lane {
    PeerOutletPtr client; // null: nobody is there to hear
    bool can_resume = false;
    bool has_begun = false; // the client knows the first event's id
  };
  struct State {
    StreamId last = kConnectionStream;
    std::map<StreamId, Lane> lanes;
  };
  void begin(StreamId stream, Lane &lane);

  Guarded<State> state_;
  EventStore store_; // under state_'s lock
};

} // namespace mre::mcp
