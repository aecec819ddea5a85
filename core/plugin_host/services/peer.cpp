// mre.peer/1: transports that plugins bring, and their clients.

#include "core/base/utf8.hpp"
#include "core/guard/limits.hpp"
#include "core/plugin_host/parts.hpp"
#include "core/plugin_host/services/services.hpp"

#include <mre/ext/peer.h>

#include <utility>
#include <vector>

namespace mre::plugin_host {

void PeerHandles::set_gateway(tools::PeerGateway *gateway) {
  state_.with([&](State &state) { state.gateway = gateway; });
}

tools::PeerGateway *PeerHandles::gateway() const {
  return state_.with([](const State &state) { return state.gateway; });
}

void *PeerHandles::add(const Instance &plugin, std::unique_ptr<tools::PeerLink> link) {
  void *handle = link.get();
  state_.with([&](State &state) { state.open[handle] = Open{&plugin, std::move(link)}; });
  return handle;
}

std::shared_ptr<tools::PeerLink> PeerHandles::find(const Instance &plugin, void *handle) const {
  return state_.with([&](const State &state) -> std::shared_ptr<tools::PeerLink> {
    const auto found = state.open.find(handle);
    return found == state.open.end() || found->second.plugin != &plugin ? nullptr
                                                                        : found->second.link;
  });
}

std::shared_ptr<tools::PeerLink> PeerHandles::take(const Instance &plugin, void *handle) {
  return state_.with([&](State &state) -> std::shared_ptr<tools::PeerLink> {
    const auto found = state.open.find(handle);
    if (found == state.open.end() || found->second.plugin != &plugin) {
      return nullptr;
    }
    auto link = std::move(found->second.link);
    state.open.erase(found);
    return link;
  });
}

void PeerHandles::close_all(const Instance &plugin) {
  std::vector<std::shared_ptr<tools::PeerLink>> left; // let go of outside the lock
  state_.with([&](State &state) {
    for (auto entry = state.open.begin(); entry != state.open.end();) {
      if (entry->second.plugin != &plugin) {
        ++entry;
        continue;
      }
      left.push_back(std::move(entry->second.link));
      entry = state.open.erase(entry);
    }
  });
}

namespace {

constexpr std::uint32_t bit(bool is_set, std::uint32_t value) {
  return is_set ? value : 0U;
}

// The plugin's outlet as the engine sees it. What the plugin throws ends here.
class PluginOutlet final : public tools::PeerOutlet {
public:
  PluginOutlet(Instance &plugin, const mre_outlet &outlet)
      : plugin_(plugin.shared_from_this()), outlet_(outlet) {}

  void send(tools::PeerOutgoing outgoing) override {
    if (!plugin_->is_alive()) {
      return;
    }
    mre_outgoing raw{};
    raw.size = sizeof raw;
    raw.flags = bit(outgoing.is_last, MRE_OUTGOING_LAST) |
                bit(outgoing.may_drop, MRE_OUTGOING_MAY_DROP) |
                bit(outgoing.is_pause, MRE_OUTGOING_PAUSE);
    raw.message = borrow(outgoing.text);
    raw.event_id = borrow(outgoing.event_id);
    raw.session_id = borrow(outgoing.session_id);
    raw.status = outgoing.status;
    mre_error err = empty_error();
    static_cast<void>(plugin_->guarded("outlet.send()", err, [&] {
      outlet_.send(outlet_.ctx, &raw);
      return MRE_OK;
    }));
  }

private:
  const std::shared_ptr<Instance> plugin_;
  const mre_outlet outlet_;
};

Result<tools::PeerGateway *> find_gateway(Instance &plugin) {
  tools::PeerGateway *gateway = plugin.parts().peers.gateway();
  if (gateway == nullptr) {
    return Error{Errc::unavailable, "no client is served now: open one from start() on", {}};
  }
  return gateway;
}

Result<tools::PeerClient> to_client(Instance &plugin, const mre_client *raw) {
  if (raw == nullptr) {
    return Error{Errc::bad_argument, "a client is needed", {}};
  }
  const mre_client copy = read_struct(raw);
  const std::string_view name = view(copy.principal);
  if (name.empty() || name.size() > limits::kPrincipalBytes || !utf8::is_valid(name)) {
    return Error{Errc::bad_argument,
                 "a principal is UTF-8 text of 1 to " + std::to_string(limits::kPrincipalBytes) +
                     " bytes",
                 {}};
  }
  return tools::PeerClient{.principal = plugin.id() + ":" + std::string(name),
                           .is_local = (copy.flags & MRE_CLIENT_LOCAL) != 0};
}

Result<std::shared_ptr<tools::PeerOutlet>> to_outlet(Instance &plugin, const mre_outlet *raw) {
  if (raw == nullptr || raw->send == nullptr) {
    return Error{Errc::bad_argument, "an outlet with a function send is needed", {}};
  }
  return std::shared_ptr<tools::PeerOutlet>(std::make_shared<PluginOutlet>(plugin, *raw));
}

Result<tools::PeerVerb> to_verb(std::int32_t verb) {
  switch (verb) {
  case MRE_REQUEST_POST:
    return tools::PeerVerb::post;
  case MRE_REQUEST_GET:
    return tools::PeerVerb::get;
  case MRE_REQUEST_DELETE:
    return tools::PeerVerb::end;
  default:
    return Error{
        Errc::bad_argument, "the verb " + std::to_string(verb) + " is not one of them", {}};
  }
}

void give_handle(Instance &plugin, std::unique_ptr<tools::PeerLink> link, mre_peer **peer) {
  *peer = static_cast<mre_peer *>(plugin.parts().peers.add(plugin, std::move(link)));
}

mre_status add_transport(const mre_registry *registry, const mre_transport *transport,
                         mre_error *err) {
  DeclareSession *session = DeclareSession::from(registry);
  if (session == nullptr) {
    return store(err, Errc::bad_argument, "no registry");
  }
  try {
    return session->add_transport(transport, err);
  } catch (...) {
    return store(err, Errc::internal, "the host ran out of memory");
  }
}

mre_status open_peer(const mre_host *host, const mre_client *client, const mre_outlet *outlet,
                     mre_peer **peer, mre_error *err) {
  return serve(host, err, "peer.open", [&](Instance &plugin) -> Result<void> {
    MRE_TRY(tools::PeerGateway * gateway, find_gateway(plugin));
    MRE_TRY(auto whom, to_client(plugin, client));
    MRE_TRY(auto out, to_outlet(plugin, outlet));
    give_handle(plugin, gateway->connect(std::move(whom), std::move(out)), peer);
    return {};
  });
}

mre_status receive_message(const mre_host *host, mre_peer *peer, mre_str message, mre_error *err) {
  return serve(host, err, "peer.receive", [&](Instance &plugin) -> Result<void> {
    const auto link = plugin.parts().peers.find(plugin, peer);
    if (!link) {
      return Error{Errc::not_found, "this peer is not open", {}};
    }
    link->receive(view(message));
    return {};
  });
}

mre_status serve_request(const mre_host *host, const mre_peer_request *request, mre_peer **peer,
                         mre_error *err) {
  return serve(host, err, "peer.request", [&](Instance &plugin) -> Result<void> {
    MRE_TRY(tools::PeerGateway * gateway, find_gateway(plugin));
    if (request == nullptr) {
      return Error{Errc::bad_argument, "no request", {}};
    }
    const mre_peer_request raw = read_struct(request);
    tools::PeerRequest asked;
    MRE_TRY(asked.verb, to_verb(raw.verb));
    MRE_TRY(asked.client, to_client(plugin, raw.client));
    MRE_TRY(auto out, to_outlet(plugin, raw.outlet));
    asked.body = view(raw.body);
    asked.can_stream = (raw.flags & MRE_REQUEST_NO_STREAM) == 0;
    if (raw.fields != nullptr) {
      asked.fields.reserve(raw.field_count);
      for (std::uint32_t i = 0; i < raw.field_count; ++i) {
        asked.fields.push_back({view(raw.fields[i].name), view(raw.fields[i].value)});
      }
    }
    give_handle(plugin, gateway->request(asked, std::move(out)), peer);
    return {};
  });
}

void close_peer(const mre_host *host, mre_peer *peer) {
  static_cast<void>(serve(host, nullptr, "peer.close", [&](Instance &plugin) -> Result<void> {
    auto link = plugin.parts().peers.take(plugin, peer);
    if (!link) {
      plugin.blame("closed a peer that is not open");
    }
    return {};
  }));
}

} // namespace

const mre_peer_api &peer_service() {
  static const mre_peer_api table = {
      sizeof table, 0, add_transport, open_peer, receive_message, serve_request, close_peer};
  return table;
}

} // namespace mre::plugin_host
