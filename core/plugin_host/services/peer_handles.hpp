// The clients that transports of plugins hold open.
//
// Promise: a handle that was closed, or that is another plugin's, is recognised. What a plugin
// leaves open is closed with it. Threads: any; a link is used outside the lock. Lifetime: part of
// Parts; the gateway is set while a server runs and outlives every link.
#pragma once

#include "core/base/guarded.hpp"
#include "core/tools/peer_gateway.hpp"

#include <map>
#include <memory>

namespace mre::plugin_host {

class Instance;

class PeerHandles {
public:
  // Null: nobody is served, neither now nor until it is set again.
  void set_gateway(tools::PeerGateway *gateway);
  tools::PeerGateway *gateway() const;

  void *add(const Instance &plugin, std::unique_ptr<tools::PeerLink> link);
  std::shared_ptr<tools::PeerLink> find(const Instance &plugin, void *handle) const;
  // Taken out; the caller lets go of it outside of any lock. Null for one that is not open.
  std::shared_ptr<tools::PeerLink> take(const Instance &plugin, void *handle);
  void close_all(const Instance &plugin);

private:
  struct Open {
    const Instance *plugin;
    std::shared_ptr<tools::PeerLink> link;
  };
  struct State {
    tools::PeerGateway *gateway = nullptr;
    std::map<void *, Open> open;
  };
  Guarded<State> state_;
};

} // namespace mre::plugin_host
