// The whole server as one object: what it is built of, in the order in which it stands on each
// other.
//
// Promise: build() either gives a house that is ready to serve, or everything that is wrong, said
// at once. Nothing connects and no remote process is started by building it. reload() takes new
// settings over as a whole or leaves everything as it was. Threads: build(), reload() and the
// destructor on one thread each, never at once with each other; the rooms themselves say theirs.
// Lifetime: members are destroyed in reverse order: calls end before plugins, plugins before the
// engine, the engine before the guard.
#pragma once

#include "core/app/nested_calls.hpp"
#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/builtin/core_tools.hpp"
#include "core/config/file_host_source.hpp"
#include "core/config/load.hpp"
#include "core/guard/audit.hpp"
#include "core/guard/redactor.hpp"
#include "core/mcp/call_runner.hpp"
#include "core/plugin_host/plugin_host.hpp"
#include "core/ssh/engine.hpp"
#include "core/ssh/output_spool.hpp"
#include "core/tools/snapshot.hpp"

#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace mre::app {

class House {
public:
  using Complaints = std::vector<std::string>;
  using ToolsByOwner = std::map<std::string, std::vector<std::string>>;
  // Plugins that were asked for and cannot start stop a server; a command that shows what was
  // refused goes on.
  enum class RefusedPlugins { stop_the_start, show };
  // Descriptor 1 must have been claimed before: plugins are loaded in here.
  static std::variant<std::unique_ptr<House>, Complaints> build(config::LoadRequest request,
                                                                RefusedPlugins refused);
  ~House();
  House(const House &) = delete;
  House &operator=(const House &) = delete;

  // SIGHUP: the settings file, the hosts and the plugins' settings are read again. Complaints are
  // logged and change nothing.
  void reload();

  // Ends calls, plugins and connections, with all threads that may be inside a call's end: what
  // serves calls stays alive until then. Nothing but destroying the house comes after it; the
  // destructor does the same.
  void end();

  // For a server whose handlers do not let go: ends the remote processes, then this one. Destroying
  // anything would not be safe.
  [[noreturn]] void abandon();

  Log &log() { return log_; }
  const Clock &clock() const { return clock_; }
  const guard::Redactor &redactor() const { return redactor_; }
  ssh::Engine &engine() { return *engine_; }
  config::HostBookPtr hosts() { return hosts_.hosts(); }
  tools::Registry &registry() { return registry_; }
  mcp::CallRunner &runner() { return *runner_; }
  plugin_host::PluginHost &plugins() { return *plugins_; }
  config::SettingsPtr settings() const;

private:
  House(config::LoadRequest request, config::LoadResult loaded);
  Complaints open(const Complaints &earlier, RefusedPlugins refused);
  tools::SnapshotPtr resolve(const config::Settings &settings);
  Complaints furnish(const config::SettingsPtr &settings);
  Complaints complaints_about_plugins(const config::Settings &settings) const;
  void record_surface(const tools::Snapshot &before, const tools::Snapshot &after);

  const config::LoadRequest request_;
  SystemClock clock_;
  Log log_;
  guard::Redactor redactor_;
  Guarded<config::SettingsPtr> settings_;
  config::FileHostSource hosts_;
  guard::Audit audit_;
  std::unique_ptr<ssh::Engine> engine_;
  ssh::OutputSpool spool_;
  tools::Registry registry_;
  NestedCalls nested_calls_{registry_};
  std::unique_ptr<plugin_host::PluginHost> plugins_;
  std::unique_ptr<mcp::CallRunner> runner_;
  std::uint64_t generation_ = 0;
  ToolsByOwner served_; // since the start
  bool has_ended_ = false;
};

} // namespace mre::app
