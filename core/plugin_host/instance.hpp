// One loaded plugin from create() to destroy().
//
// Promise: no exception of the plugin gets past this class; a function of the plugin that does not
// return in time makes it wedged: it is never called again and never destroyed, and its services
// answer nothing any more. Threads: control functions one at a time; the rest from any. Lifetime:
// shared by the host, the handlers in snapshots and running calls. A wedged one is kept for ever on
// purpose: its code may still run and use it.
#pragma once

#include "core/base/json.hpp"
#include "core/base/result.hpp"
#include "core/plugin_host/background.hpp"
#include "core/plugin_host/declare_session.hpp"
#include "core/plugin_host/descriptor.hpp"
#include "core/plugin_host/gate.hpp"

#include <mre/plugin.h>

#include <atomic>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace mre::plugin_host {

struct Parts;

class Instance : public std::enable_shared_from_this<Instance> {
public:
  Instance(Parts &parts, std::string name, Descriptor descriptor);
  ~Instance();
  Instance(const Instance &) = delete;
  Instance &operator=(const Instance &) = delete;

  // The plugin a host pointer was given to; null when it must not be served (before create, after
  // destroy, wedged).
  static Instance *from(const mre_host *host);

  const std::string &name() const { return name_; } // <NAME> of its variables
  const std::string &id() const { return description_.id; }
  const PluginDescription &description() const { return description_; }
  Parts &parts() const { return parts_; }
  Gate &gate() { return gate_; }
  Background &background() { return background_; }
  std::stop_token ending() const {
    return ending_.get_token();
  } // requested when its calls must end
  bool is_alive() const { return is_alive_; }
  bool is_active() const { return gate_.is_open(); }
  Json config() const {
    return config_.with([](const Json &config) { return config; });
  }

  Result<void> create(Json config);
  Result<Declared> declare();
  bool can_reconfigure() const { return functions_.reconfigure != nullptr; }
  Result<void> reconfigure(Json config);
  // Lets calls, timers and jobs in.
  void open();
  // A transport of its declaration. stop may come without start.
  Result<void> start_transport(const DeclaredTransport &transport);
  // False: wedged.
  bool stop_transport(const DeclaredTransport &transport, SteadyTime deadline);
  // Closes the door, asks the plugin to stop, waits for its calls, cancels them, waits again,
  // destroys. False: wedged.
  bool end(SteadyTime deadline);

  // One line in the log that names the plugin and what it got wrong.
  void blame(std::string_view what) const;

  // Calls a function of the plugin; what it throws becomes a status and a line of blame.
  mre_status guarded(std::string_view what, mre_error &err,
                     const std::function<mre_status()> &body) const;

private:
  struct Handle { // what mre_host is on this side; abi comes first
    mre_host abi;
    Instance *instance;
  };
  static const void *service(const mre_host *host, const char *id) noexcept;

  const mre_host *host() const { return &handle_.abi; }
  Result<void> checked(std::string_view what,
                       const std::function<mre_status(mre_error *)> &body) const;
  // Runs a function of the plugin on a thread of its own; false when it did not return in time.
  bool run_bounded(std::string_view what, SteadyTime deadline, std::function<void()> body);
  bool give_up(std::string_view what);

  Parts &parts_;
  const std::string name_;
  const PluginDescription description_;
  const mre_plugin functions_;
  Handle handle_;
  Gate gate_;
  std::stop_source ending_;
  std::atomic<bool> is_alive_{false};
  void *self_ = nullptr;
  Guarded<Json> config_;
  DeclareSession session_;
  Background background_; // last: its threads use the rest
};

} // namespace mre::plugin_host
