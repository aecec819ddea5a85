// How clients that transports bring reach the protocol engine: the interface between the service
// for plugins and the engine, which must not know each other.
//
// Promise: everything that is received is answered through the outlet it came with, sooner or
// later; once a link is destroyed its outlet is never used again. Threads: any. An outlet is used
// by one thread at a time, must not block and must not call back. Lifetime: links may outlive
// nothing that the gateway was built on.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mre::tools {

// What leaves for a client. Without a text: with is_last there is no body, without it the stream
// begins (with an event id: the event that tells the client where it is).
struct PeerOutgoing {
  std::string text; // one JSON-RPC message
  std::string event_id = {};
  std::string session_id = {}; // the session that begins with this answer
  int status = 200;            // for a response that has not begun
  bool is_last = false;        // nothing follows
  bool may_drop = false;       // progress and logs
  bool is_pause = false;       // the response ends here; the client comes back for the rest
};

class PeerOutlet {
public:
  virtual ~PeerOutlet() = default;
  virtual void send(PeerOutgoing outgoing) = 0;
};

struct PeerClient {
  std::string principal; // "http:…": for audit, policy and seals
  bool is_local = false; // may name files of the server's machine
};

enum class PeerVerb { post, get, end };

struct PeerField {
  std::string_view name, value;
};

// One request of a transport with headers; borrowed for the call.
struct PeerRequest {
  PeerVerb verb = PeerVerb::post;
  PeerClient client;
  std::string_view body;
  std::vector<PeerField> fields;
  bool can_stream = true;
};

// A connection or a request while the transport holds it. Destroyed: the client has left.
class PeerLink {
public:
  virtual ~PeerLink() = default;
  virtual void receive(std::string_view message) = 0; // connections only; others ignore it
};

class PeerGateway {
public:
  virtual ~PeerGateway() = default;
  virtual std::unique_ptr<PeerLink> connect(PeerClient client,
                                            std::shared_ptr<PeerOutlet> outlet) = 0;
  virtual std::unique_ptr<PeerLink> request(const PeerRequest &request,
                                            std::shared_ptr<PeerOutlet> outlet) = 0;
};

} // namespace mre::tools
