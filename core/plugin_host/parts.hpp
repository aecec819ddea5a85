// What every plugin's services work on, in one place: the collaborators main gave, and the state
// all plugins share.
//
// Threads: any; each member guards itself. Lifetime: owned by PluginHost, outlives its plugins. A
// plugin that could not be ended never reaches it again: Instance::is_alive() says no.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/guarded.hpp"
#include "core/base/log.hpp"
#include "core/base/timer.hpp"
#include "core/config/settings.hpp"
#include "core/guard/audit.hpp"
#include "core/guard/redactor.hpp"
#include "core/plugin_host/call_table.hpp"
#include "core/plugin_host/call_watch.hpp"
#include "core/plugin_host/manners.hpp"
#include "core/plugin_host/plugin_host.hpp"
#include "core/plugin_host/provided.hpp"
#include "core/plugin_host/services/kv_store.hpp"
#include "core/plugin_host/services/local_handles.hpp"
#include "core/plugin_host/services/peer_handles.hpp"
#include "core/ssh/engine.hpp"
#include "core/ssh/files.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mre::plugin_host {

class Instance;

struct Parts {
  Parts(PluginHostDependencies given, const config::SettingsPtr &start)
      : hosts(given.hosts), engine(given.engine), spool(given.spool), redactor(given.redactor),
        audit(given.audit), clock(given.clock), log(given.log), tool_caller(given.tool_caller),
        resource_updated(std::move(given.resource_updated)),
        list_changed(std::move(given.list_changed)), settings(start),
        kv(start->state_dir, given.clock), files(given.engine, given.clock, given.log) {}

  config::HostSource &hosts;
  ssh::Engine &engine;
  ssh::OutputSpool &spool;
  guard::Redactor &redactor;
  guard::Audit &audit;
  const Clock &clock;
  const Log &log;
  tools::ToolCaller *tool_caller;                                          // may be null
  std::function<void(const std::string &uri)> resource_updated;            // may be empty
  std::function<void(const tools::Registry::Change &change)> list_changed; // may be empty

  Guarded<config::SettingsPtr> settings;
  const Manners manners;
  CallTable calls;
  CallWatch watch{*this};
  ProvidedServices provided;
  KvStore kv;
  ssh::Files files;
  LocalHandles local_handles;
  PeerHandles peers;
  Guarded<std::vector<std::shared_ptr<Instance>>> plugins; // all that were loaded, in order

  Guarded<std::unique_ptr<Timer>> timer_if_used; // its thread is made by the first timer

  Timer &timer() {
    return timer_if_used.with([](std::unique_ptr<Timer> &timer) -> Timer & {
      if (!timer) {
        timer = std::make_unique<Timer>();
      }
      return *timer;
    });
  }
  config::SettingsPtr current_settings() const {
    return settings.with([](const config::SettingsPtr &current) { return current; });
  }
};

} // namespace mre::plugin_host
