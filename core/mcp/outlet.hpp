// Where the messages for a peer go: the line a transport offers to the protocol engine.
//
// Promise asked of an implementation: send() never blocks and never calls back into the peer (it is
// called while the order of one request's messages is being kept). Messages of one stream leave in
// the order of the calls. Threads: send() from any. Lifetime: shared with the peer; may get
// messages until the peer is destroyed.
#pragma once

#include <cstdint>
#include <string>

namespace mre::mcp {

// Which of a peer's streams: the one on which a request came (HTTP: the response to its POST),
// numbered by the transport, or the connection itself (stdio: the only one; HTTP: the stream of a
// GET).
using StreamId = std::uint64_t;
inline constexpr StreamId kConnectionStream = 0;

struct Outgoing {
  StreamId stream = kConnectionStream;
  std::string text; // one JSON-RPC message without a line end; never empty
  bool is_final =
      false; // the answer to the stream's request: nothing follows on a request's stream
  bool may_drop = false; // progress and logs: lost without harm when the client reads too slowly
  int http_status = 200; // with is_final: for a transport that has not committed itself yet
};

class Outlet {
public:
  virtual ~Outlet() = default;
  virtual void send(Outgoing message) = 0;
  // Ends the response that carries the stream, not the stream: a client that can come back for the
  // rest is made to. Others notice nothing.
  virtual void pause(StreamId /*stream*/) {}
  // The client cancelled what it asked for on this stream: nothing follows on it, an answer
  // neither.
  virtual void abandon(StreamId /*stream*/) {}
};

} // namespace mre::mcp
