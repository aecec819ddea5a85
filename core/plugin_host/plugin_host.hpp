// The door of this room: the plugins of one server, from their files to their end.
//
// Promise: load() checks, configures, creates and lets declare every plugin that was asked for;
// what one of them gets wrong is told in its status and costs the others nothing. Settings of all
// plugins are checked together before any of them is created. Nothing a plugin does, short of
// crashing the process, ends a call twice or leaves it without an end. Threads: load, refuse,
// reconfigure and stop from one thread at a time; the rest from any. Lifetime: built by main after
// the engine and the guard, stopped before them. Handlers in a snapshot stay safe to call
// afterwards (`unavailable`).
//
//   auto plugins = PluginHost::load(dependencies, settings);
//   if (!plugins->complaints().empty()) { … exit 2 … }
//   auto snapshot = tools::Snapshot::create(1, with_core(plugins->declarations()),
//   plugins->contents(), policy); for (const auto &refused : snapshot->resolution().refused) {
//   plugins->refuse(refused.owner, refused.reason); }
#pragma once

#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/config/settings.hpp"
#include "core/guard/audit.hpp"
#include "core/guard/redactor.hpp"
#include "core/plugin_host/descriptor.hpp"
#include "core/ssh/engine.hpp"
#include "core/ssh/output_spool.hpp"
#include "core/tools/content.hpp"
#include "core/tools/declaration.hpp"
#include "core/tools/peer_gateway.hpp"
#include "core/tools/snapshot.hpp"
#include "core/tools/tool_caller.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mre::plugin_host {

struct PluginHostDependencies {
  config::HostSource &hosts;
  ssh::Engine &engine;
  ssh::OutputSpool &spool; // for the output of exec_into
  guard::Redactor &redactor;
  guard::Audit &audit;
  const Clock &clock;
  const Log &log;
  std::function<void(const std::string &uri)> resource_updated =
      {}; // tools::Registry::resource_updated; may be empty
  std::function<void(const tools::Registry::Change &change)> list_changed =
      {};                                   // tools::Registry::announce; may be empty
  tools::ToolCaller *tool_caller = nullptr; // null: plugins cannot call tools
  // False: something else is wrong with the settings already, so plugins are asked about theirs and
  // none is created.
  bool may_create = true;
};

enum class PluginState {
  active,  // serving
  refused, // could not start, or was refused afterwards; offers nothing
  wedged,  // did not end in time: never called again, never destroyed
  stopped
};
std::string_view to_word(PluginState state);

struct PluginStatus {
  std::string name, file;
  PluginDescription description; // empty when the file could not be read
  PluginState state = PluginState::refused;
  std::string reason; // of a refusal: what failed, why and what to do
  std::vector<std::string> provides, tools;
};

class PluginHost {
public:
  static std::unique_ptr<PluginHost> load(PluginHostDependencies dependencies,
                                          config::SettingsPtr settings);
  ~PluginHost(); // stops what still runs, within a second
  PluginHost(const PluginHost &) = delete;
  PluginHost &operator=(const PluginHost &) = delete;

  // Wrong settings of plugins, one sentence each. Never excused: nothing was created when there is
  // one.
  const std::vector<std::string> &complaints() const;
  std::vector<PluginStatus> statuses() const;
  bool has_refused() const;

  // What the active plugins declare, in listing order.
  std::vector<tools::OwnerDeclaration> declarations() const;
  std::vector<tools::ContentDeclaration> contents() const;

  // Ends a plugin that the resolution of tools refused.
  void refuse(const std::string &owner, const std::string &reason);
  // Hands changed settings to the plugins; afterwards declarations() may differ. With complaints
  // nothing was changed.
  std::vector<std::string> reconfigure(config::SettingsPtr settings);
  // Lets the transports of active plugins listen; what they bring goes to the gateway, which stays
  // until stop_transports() and the plugins' end. Those that listen already stay as they are, so it
  // is called again after reconfigure(). A plugin whose transport does not start is refused: one
  // sentence each.
  std::vector<std::string> start_transports(tools::PeerGateway &gateway);
  // How many listen.
  std::size_t transports() const;
  // Some plugin that is active has declared one, whether it listens yet or not.
  bool has_transports() const;
  // No new clients and no new requests; what is under way goes on.
  void stop_transports();
  // Closes what transports hold open, before the gateway goes.
  void close_peers();
  // Asks all plugins to end, the last one first, waits for their calls, cancels those left, and
  // destroys what is idle.
  void stop(Milliseconds budget);
  // A call was answered for its plugin and still runs inside: its thread cannot be waited for.
  bool has_stuck_calls() const;

private:
  struct State;
  explicit PluginHost(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

} // namespace mre::plugin_host
