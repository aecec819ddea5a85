// The transports that plugins declare: when they listen and when they stop. See plugin_host.hpp.
#include "core/guard/limits.hpp"
#include "core/plugin_host/plugin_host_state.hpp"

#include <algorithm>

namespace mre::plugin_host {

std::vector<std::string> PluginHost::start_transports(tools::PeerGateway &gateway) {
  state_->parts.peers.set_gateway(&gateway);
  std::vector<std::string> failed;
  Entries plan = state_->entries.with([](const Entries &entries) { return entries; });
  for (Entry &entry : plan) {
    if (entry.state != PluginState::active || entry.is_listening) {
      continue;
    }
    entry.is_listening = !entry.declared.transports.empty();
    const std::vector<DeclaredTransport> transports = entry.declared.transports;
    for (const DeclaredTransport &transport : transports) {
      if (auto started = entry.instance->start_transport(transport); !started) {
        failed.push_back("the transport " + transport.name + " of plugin " + entry.description.id +
                         " cannot start: " + sentence(started.error()));
        state_->refuse(entry, sentence(started.error()));
        entry.is_listening = false;
        break;
      }
    }
  }
  state_->entries.with([&](Entries &entries) { entries = std::move(plan); });
  return failed;
}

std::size_t PluginHost::transports() const {
  return state_->entries.with([](const Entries &entries) {
    std::size_t count = 0;
    for (const Entry &entry : entries) {
      count += entry.state == PluginState::active && entry.is_listening
                   ? entry.declared.transports.size()
                   : 0;
    }
    return count;
  });
}

bool PluginHost::has_transports() const {
  return state_->entries.with([](const Entries &entries) {
    return std::any_of(entries.begin(), entries.end(), [](const Entry &entry) {
      return entry.state == PluginState::active && !entry.declared.transports.empty();
    });
  });
}

void PluginHost::stop_transports() {
  const SteadyTime deadline = state_->parts.clock.now() + limits::kPluginPatience;
  const Entries plan = state_->entries.with([](const Entries &entries) { return entries; });
  for (const Entry &entry : plan) {
    for (const DeclaredTransport &transport : entry.declared.transports) {
      if (entry.state == PluginState::active && entry.is_listening) {
        state_->has_wedged =
            !entry.instance->stop_transport(transport, deadline) || state_->has_wedged;
      }
    }
  }
}

void PluginHost::close_peers() {
  const Entries plan = state_->entries.with([](const Entries &entries) { return entries; });
  for (const Entry &entry : plan) {
    if (entry.instance) {
      state_->parts.peers.close_all(*entry.instance);
    }
  }
  state_->parts.peers.set_gateway(nullptr);
}

} // namespace mre::plugin_host
