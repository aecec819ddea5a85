// Where the clients of transports enter the engine: connections, and requests with headers.
//
// Promise: one endpoint serves both eras. A message that claims the stateless era is served without
// a session, whatever headers it brings; initialize begins a session; everything else needs one
// (400 without, 404 for one that is not this principal's). A client that leaves a stateless request
// cancels it; in the handshake era its stream can be resumed instead. Threads: any. Lifetime: the
// server outlives it; links may outlive it and then reach the server alone.
#pragma once

#include "core/base/guarded.hpp"
#include "core/mcp/header_checks.hpp"
#include "core/mcp/lanes.hpp"
#include "core/mcp/server.hpp"
#include "core/mcp/session_book.hpp"
#include "core/tools/peer_gateway.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace mre::mcp {

class Gateway final : public tools::PeerGateway {
public:
  Gateway(Server &server, const Clock &clock, SessionLimits limits = {});
  ~Gateway() override;

  std::unique_ptr<tools::PeerLink> connect(tools::PeerClient client, PeerOutletPtr outlet) override;
  std::unique_ptr<tools::PeerLink> request(const tools::PeerRequest &request,
                                           PeerOutletPtr outlet) override;

private:
  // Requests without a session, of one principal.
  struct Stateless {
    std::shared_ptr<StatelessLanes> lanes;
    std::shared_ptr<Peer> peer;
  };
  using LinkPtr = std::unique_ptr<tools::PeerLink>;

  LinkPtr post(const tools::PeerRequest &request, const PeerOutletPtr &outlet);
  LinkPtr post_stateless(const tools::PeerRequest &request, RequestMessage message,
                         const PeerOutletPtr &outlet);
  LinkPtr begin_session(const tools::PeerRequest &request, RequestMessage message,
                        const PeerOutletPtr &outlet);
  LinkPtr post_to_session(const tools::PeerRequest &request, Message message,
                          const PeerOutletPtr &outlet);
  LinkPtr get(const tools::PeerRequest &request, const PeerOutletPtr &outlet);
  void end(const tools::PeerRequest &request, tools::PeerOutlet &outlet);
  SessionPtr find_session(const tools::PeerRequest &request, const std::optional<Json> &id,
                          tools::PeerOutlet &outlet);
  Stateless stateless_of(const tools::PeerClient &client);

  Server &server_;
  const std::shared_ptr<EventBudget> budget_;
  SessionBook sessions_;
  // By principal and whether it is local.
  Guarded<std::map<std::pair<std::string, bool>, Stateless>> stateless_;
};

} // namespace mre::mcp
