// What a PluginHost holds, for the two sources it is written in: the plugins' life
// (plugin_host.cpp) and their transports (transports.cpp).
//
// Threads and lifetime: those of PluginHost.
#pragma once

#include "core/plugin_host/instance.hpp"
#include "core/plugin_host/parts.hpp"
#include "core/plugin_host/plugin_host.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mre::plugin_host {

// One plugin that was asked for, from its file to its end.
struct Entry {
  config::PluginRequest request;
  PluginDescription description;
  std::shared_ptr<Instance> instance; // null when the file was refused
  std::pair<std::uint64_t, std::uint64_t> identity;
  PluginState state = PluginState::refused;
  bool is_new = true;  // create() has not run yet
  bool is_out = false; // refused in this round
  std::string reason;
  Json config;
  Declared declared;
  bool is_listening = false; // its transports were started
};
using Entries = std::vector<Entry>;

// A failure with its hint, as one sentence for the operator.
inline std::string sentence(const Error &error) {
  return error.hint.empty() ? error.message : error.message + " (" + error.hint + ")";
}

struct PluginHost::State {
  State(PluginHostDependencies dependencies, const config::SettingsPtr &settings)
      : may_create(dependencies.may_create), parts(std::move(dependencies), settings) {}

  std::vector<std::string> apply(const config::SettingsPtr &settings);
  Entry open(const config::PluginRequest &request);
  std::optional<Entry> keep(const config::PluginRequest &request);
  void refuse_doubles(Entries &plan);
  std::vector<std::string> configure(Entries &plan, const config::Settings &settings);
  void warn_of_unknown(const Entries &plan, const Entry &owner,
                       const std::map<std::string, std::string> &unknown);
  void end_missing(const Entries &plan);
  void start(Entry &entry);
  void change(Entry &entry, Json config);
  void declare(Entry &entry);
  void refuse_needy(Entries &plan);
  void tell_of_refused(Entries plan);
  void refuse(Entry &entry, const std::string &reason);
  void end(Entry &entry, PluginState state, SteadyTime deadline);

  const bool may_create;
  Parts parts;
  std::vector<std::string> complaints;
  Guarded<Entries> entries;
  bool has_wedged = false;
};

} // namespace mre::plugin_host
