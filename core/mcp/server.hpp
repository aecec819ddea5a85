// The protocol engine: one server, any number of peers, on whatever transports bring them.
//
// Promise: connect() gives a peer that is told of changes from then on; what happens between the
// peer and the tools is described in peer.hpp. The server opens nothing and writes nothing itself:
// transports do.
// Threads: any. Lifetime: outlives its peers' last message; the collaborators outlive the server.
// So close() comes before the destructor, and when it says that a handler does not end, the process
// has to leave without destroying anything.
//
//   mcp::CallRunner runner({registry, audit, redactor, clock, log});
//   mcp::Server server({registry, runner, redactor, clock, log}, {.seal_key = key});
//   mcp::StdioTransport(server, log, {.input_fd = 0, .output_fd = private_stdout}).run();
//   if (!server.close(limits::kEndBudget)) { std::_Exit(70); }
#pragma once

#include "core/mcp/call_runner.hpp"
#include "core/mcp/engine.hpp"
#include "core/mcp/peer.hpp"

#include <memory>
#include <string>

namespace mre::mcp {

struct ServerCollaborators {
  tools::Registry &registry;
  CallRunner &runner;
  const guard::Redactor &redactor;
  const Clock &clock;
  const Log &log;
};

struct ServerOptions {
  std::string seal_key; // of requestState: 32 bytes; empty: random ones
  EngineTimes times = {};
};

class Server {
public:
  explicit Server(const ServerCollaborators &collaborators, ServerOptions options = {});
  ~Server();
  Server(const Server &) = delete;
  Server &operator=(const Server &) = delete;

  // After drain() or close() the peer refuses every request.
  std::shared_ptr<Peer> connect(PeerOptions options);

  // Refuses new requests, ends subscriptions, and gives the calls in flight this long to end by
  // themselves. False when some did not.
  bool drain(std::chrono::milliseconds span);

  // Tells everything in flight of every peer to end and waits for it. False when something did not
  // end in time.
  bool close(std::chrono::milliseconds span);

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace mre::mcp
