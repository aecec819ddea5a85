#include "core/plugin_host/plugin_host.hpp"

#include "core/config/names.hpp"
#include "core/guard/limits.hpp"
#include "core/plugin_host/loader.hpp"
#include "core/plugin_host/plugin_host_state.hpp"
#include "core/plugin_host/plugin_settings.hpp"
#include "core/plugin_host/services/services.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

namespace mre::plugin_host {
namespace {

// Of kPluginPatience, at the end of the process, however long the plugins before it took: ending is
// a matter of milliseconds for one that behaves.
constexpr int kLeastShare = 5;

bool can_serve(const Entry &entry) {
  return entry.instance && !entry.is_out && entry.state != PluginState::wedged;
}

} // namespace

std::string_view to_word(PluginState state) {
  switch (state) {
  case PluginState::active:
    return "active";
  case PluginState::refused:
    return "refused";
  case PluginState::wedged:
    return "wedged";
  case PluginState::stopped:
    break;
  }
  return "stopped";
}

void PluginHost::State::refuse(Entry &entry, const std::string &reason) {
  entry.reason = reason;
  entry.is_out = true;
  parts.log.warn(
      "plugin_refused",
      {{"plugin", entry.request.name}, {"file", entry.request.path}, {"reason", reason}});
  end(entry, PluginState::refused, parts.clock.now() + limits::kPluginPatience);
}

void PluginHost::State::end(Entry &entry, PluginState state, SteadyTime deadline) {
  entry.state = state;
  entry.declared = Declared{};
  if (!entry.instance) {
    return;
  }
  parts.provided.withdraw(*entry.instance);
  if (!entry.instance->end(deadline)) {
    entry.state = PluginState::wedged;
    has_wedged = true;
  }
}

Entry PluginHost::State::open(const config::PluginRequest &request) {
  Entry entry;
  entry.request = request;
  const SignalMask mask;
  auto loaded = load_file({request.path, request.sha256,
                           "MRE_PLUGIN_" + config::variable_part(request.name) + "_SHA256"});
  for (const std::string &changed : parts.manners.mend(mask)) { // by a constructor
    parts.log.warn("plugin_misbehaving",
                   {{"plugin", request.name}, {"what", "loading it " + changed}});
  }
  if (!loaded) {
    refuse(entry, sentence(loaded.error()));
    return entry;
  }
  entry.description = loaded->descriptor.description;
  entry.identity = loaded->identity;
  if (const auto allowed = check_id(entry.description.id, request.name, request.bundled);
      !allowed) {
    refuse(entry, sentence(allowed.error()));
    return entry;
  }
  entry.instance = std::make_shared<Instance>(parts, request.name, std::move(loaded->descriptor));
  return entry;
}

// One that serves already stays as it is; one that is wedged is never started again.
std::optional<Entry> PluginHost::State::keep(const config::PluginRequest &request) {
  return entries.with([&](const Entries &current) -> std::optional<Entry> {
    for (const Entry &entry : current) {
      const bool is_same = entry.request.name == request.name && entry.request.path == request.path;
      if (is_same && (entry.state == PluginState::active || entry.state == PluginState::wedged)) {
        return entry;
      }
    }
    return std::nullopt;
  });
}

void PluginHost::State::refuse_doubles(Entries &plan) {
  for (auto entry = plan.begin(); entry != plan.end(); ++entry) {
    for (auto earlier = plan.begin(); earlier != entry && can_serve(*entry); ++earlier) {
      if (!can_serve(*earlier)) {
        continue;
      }
      if (earlier->identity == entry->identity) {
        refuse(*entry, "it is the same file as plugin " + earlier->request.name);
      } else if (earlier->description.id == entry->description.id) {
        refuse(*entry, "its id " + entry->description.id + " is that of " + earlier->request.path +
                           " as well");
      }
    }
  }
}

// What begins like a setting of a plugin with a longer name is that one's matter.
void PluginHost::State::warn_of_unknown(const Entries &plan, const Entry &owner,
                                        const std::map<std::string, std::string> &unknown) {
  const std::string own = config::plugin_prefix(owner.request.name);
  for (const auto &[variable, what] : unknown) {
    const bool is_of_another = std::any_of(
        plan.begin(), plan.end(), [&, name = std::string_view(variable)](const Entry &other) {
          const std::string prefix = config::plugin_prefix(other.request.name);
          return prefix.size() > own.size() && name.starts_with(prefix);
        });
    if (!is_of_another) {
      parts.log.warn("settings", {{"what", what}});
    }
  }
}

std::vector<std::string> PluginHost::State::configure(Entries &plan,
                                                      const config::Settings &settings) {
  std::vector<std::string> wrong;
  for (Entry &entry : plan) {
    if (!can_serve(entry)) {
      continue;
    }
    auto read = read_plugin_settings(
        {entry.description, entry.request.name, entry.request.bundled, settings.variables},
        parts.redactor);
    if (!read) {
      if (entry.is_new) {
        refuse(entry, sentence(read.error()));
      }
      continue;
    }
    wrong.insert(wrong.end(), read->complaints.begin(), read->complaints.end());
    warn_of_unknown(plan, entry, read->unknown);
    entry.config = std::move(read->config);
  }
  return wrong;
}

void PluginHost::State::end_missing(const Entries &plan) {
  Entries missing = entries.with([&](const Entries &current) {
    Entries gone;
    for (const Entry &entry : current) {
      const bool stays = std::any_of(plan.begin(), plan.end(), [&](const Entry &other) {
        return other.instance == entry.instance;
      });
      if (entry.state == PluginState::active && !stays) {
        gone.push_back(entry);
      }
    }
    return gone;
  });
  for (Entry &entry : missing) {
    end(entry, PluginState::stopped, parts.clock.now() + limits::kPluginPatience);
    parts.log.info("plugin_stopped", {{"plugin", entry.description.id}});
  }
}

void PluginHost::State::declare(Entry &entry) {
  auto declared = entry.instance->declare();
  Result<void> offered;
  if (declared) {
    offered = parts.provided.offer(entry.instance, declared->services);
  }
  if (declared && offered) {
    entry.declared = std::move(*declared);
    return;
  }
  const Error &error = declared ? offered.error() : declared.error();
  if (entry.is_new) {
    refuse(entry, sentence(error));
    return;
  }
  // What it declared before stays: the tools a client knows must not vanish over a half-done
  // change.
  parts.log.warn("plugin_change_failed",
                 {{"plugin", entry.description.id}, {"reason", sentence(error)}});
}

void PluginHost::State::start(Entry &entry) {
  if (auto created = entry.instance->create(entry.config); !created) {
    refuse(entry, sentence(created.error()));
    return;
  }
  entry.state = PluginState::active;
  declare(entry);
}

void PluginHost::State::change(Entry &entry, Json config) {
  if (config == entry.instance->config()) {
    return;
  }
  if (!entry.instance->can_reconfigure()) {
    parts.log.warn("plugin_needs_restart",
                   {{"plugin", entry.description.id},
                    {"reason", "its settings changed, and it cannot take them while it runs"}});
    return;
  }
  if (const auto changed = entry.instance->reconfigure(std::move(config)); !changed) {
    parts.log.warn("plugin_change_failed",
                   {{"plugin", entry.description.id}, {"reason", sentence(changed.error())}});
    return;
  }
  declare(entry);
}

// A refusal can take away a service that another one needs; the set only shrinks, so this ends.
void PluginHost::State::refuse_needy(Entries &plan) {
  bool has_changed = true;
  while (has_changed) {
    has_changed = false;
    for (Entry &entry : plan) {
      for (const std::string &id : entry.description.needs) {
        if (entry.state == PluginState::active && find_host_service(id) == nullptr &&
            !parts.provided.is_offered(id)) {
          refuse(entry, "it needs the service " + id +
                            ", which neither this server nor another active plugin offers");
          has_changed = true;
        }
      }
    }
  }
}

// Nobody is created over wrong settings, yet who could not have been is part of what is wrong. At a
// reload those who serve stay as they are.
void PluginHost::State::tell_of_refused(Entries plan) {
  entries.with([&](Entries &current) {
    if (current.empty()) {
      std::copy_if(std::make_move_iterator(plan.begin()), std::make_move_iterator(plan.end()),
                   std::back_inserter(current),
                   [](const Entry &entry) { return !can_serve(entry); });
    }
  });
}

std::vector<std::string> PluginHost::State::apply(const config::SettingsPtr &settings) {
  Entries plan;
  for (const config::PluginRequest &request : settings->plugins) {
    auto kept = keep(request);
    plan.push_back(kept ? std::move(*kept) : open(request));
  }
  refuse_doubles(plan);
  if (auto wrong = configure(plan, *settings); !wrong.empty() || !may_create) {
    tell_of_refused(std::move(plan));
    return wrong;
  }
  parts.settings.with([&](config::SettingsPtr &current) { current = settings; });
  end_missing(plan);
  parts.plugins.with([&](auto &plugins) {
    plugins.clear();
    for (const Entry &entry : plan) {
      if (can_serve(entry)) {
        plugins.push_back(entry.instance);
      }
    }
  });
  for (Entry &entry : plan) {
    if (!can_serve(entry)) {
      continue;
    }
    if (entry.is_new) {
      start(entry);
    } else {
      change(entry, entry.config);
    }
  }
  refuse_needy(plan);
  for (Entry &entry : plan) {
    if (entry.state == PluginState::active) {
      entry.is_new = false;
      entry.instance->open();
    }
  }
  entries.with([&](Entries &current) { current = std::move(plan); });
  return {};
}

PluginHost::PluginHost(std::unique_ptr<State> state) : state_(std::move(state)) {}

std::unique_ptr<PluginHost> PluginHost::load(PluginHostDependencies dependencies,
                                             config::SettingsPtr settings) {
  auto state = std::make_unique<State>(std::move(dependencies), settings);
  state->complaints = state->apply(settings);
  return std::unique_ptr<PluginHost>(new PluginHost(std::move(state)));
}

PluginHost::~PluginHost() {
  stop(std::chrono::seconds(1));
  if (state_->has_wedged) {
    static_cast<void>(state_.release()); // code that nobody could end may still look at it
  }
}

const std::vector<std::string> &PluginHost::complaints() const {
  return state_->complaints;
}

std::vector<PluginStatus> PluginHost::statuses() const {
  return state_->entries.with([&](const Entries &entries) {
    std::vector<PluginStatus> statuses;
    for (const Entry &entry : entries) {
      PluginStatus status;
      status.name = entry.request.name;
      status.file = entry.request.path;
      status.description = entry.description;
      status.state = entry.state;
      status.reason = entry.reason;
      for (const auto &[id, table] : entry.declared.services) {
        status.provides.push_back(id);
      }
      for (const auto &tool : entry.declared.tools.tools) {
        status.tools.push_back(tool.name);
      }
      statuses.push_back(std::move(status));
    }
    return statuses;
  });
}

bool PluginHost::has_refused() const {
  return state_->entries.with([](const Entries &entries) {
    return std::any_of(entries.begin(), entries.end(),
                       [](const Entry &entry) { return entry.state == PluginState::refused; });
  });
}

std::vector<tools::OwnerDeclaration> PluginHost::declarations() const {
  return state_->entries.with([](const Entries &entries) {
    std::vector<tools::OwnerDeclaration> all;
    for (const Entry &entry : entries) {
      if (entry.state == PluginState::active) {
        all.push_back(entry.declared.tools);
      }
    }
    return all;
  });
}

std::vector<tools::ContentDeclaration> PluginHost::contents() const {
  return state_->entries.with([](const Entries &entries) {
    std::vector<tools::ContentDeclaration> all;
    for (const Entry &entry : entries) {
      if (entry.state == PluginState::active) {
        all.push_back(entry.declared.contents);
      }
    }
    return all;
  });
}

void PluginHost::refuse(const std::string &owner, const std::string &reason) {
  // Ended outside the lock: it waits for the plugin's calls.
  Entries plan = state_->entries.with([](const Entries &entries) { return entries; });
  for (Entry &entry : plan) {
    if (entry.state == PluginState::active && entry.description.id == owner) {
      state_->refuse(entry, reason);
    }
  }
  state_->refuse_needy(plan);
  state_->entries.with([&](Entries &entries) { entries = std::move(plan); });
}

std::vector<std::string> PluginHost::reconfigure(config::SettingsPtr settings) {
  return state_->apply(settings);
}

bool PluginHost::has_stuck_calls() const {
  return state_->entries.with([](const Entries &entries) {
    return std::any_of(entries.begin(), entries.end(), [](const Entry &entry) {
      return entry.instance && entry.instance->gate().has_stuck();
    });
  });
}

void PluginHost::stop(Milliseconds budget) {
  const SteadyTime deadline = state_->parts.clock.now() + budget;
  Entries plan = state_->entries.with([](const Entries &entries) { return entries; });
  for (auto entry = plan.rbegin(); entry != plan.rend(); ++entry) {
    if (entry->state == PluginState::active) {
      // One that hung has used up the time of all, and the others are neither slow nor to blame.
      const SteadyTime least = state_->parts.clock.now() + limits::kPluginPatience / kLeastShare;
      state_->end(*entry, PluginState::stopped, std::max(deadline, least));
    }
  }
  state_->entries.with([&](Entries &entries) { entries = std::move(plan); });
  state_->parts.watch.end();
}

} // namespace mre::plugin_host
