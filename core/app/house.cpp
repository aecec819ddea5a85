#include "core/app/house.hpp"

#include "core/guard/known_secrets.hpp"
#include "core/guard/limits.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

namespace mre::app {
namespace {

// Bundled plugins that are off: a policy or suppression that names them is no typo.
constexpr std::string_view kBundled[] = {"sftp", "proxmox", "imagekit", "http"};

tools::Policy policy_of(const config::Settings &settings,
                        const std::vector<tools::OwnerDeclaration> &owners) {
  tools::Policy policy{.deny = settings.tools_deny,
                       .allow = settings.tools_allow,
                       .read_only = settings.read_only,
                       .keeps_local_paths = settings.transfer_root.empty(),
                       .serves_network = false,
                       .absent = {}};
  for (const auto name : kBundled) {
    const bool is_on = std::any_of(owners.begin(), owners.end(),
                                   [&](const auto &owner) { return owner.owner == name; });
    if (is_on) {
      continue;
    }
    tools::AbsentOwner absent{std::string(name), {}, {}};
    for (const auto &plugin : settings.absent_plugins) {
      if (plugin.name == name) {
        absent.remedy = plugin.variable + "=true";
        absent.tools = plugin.tools;
      }
    }
    policy.absent.push_back(std::move(absent));
  }
  return policy;
}

House::ToolsByOwner tools_of(const std::vector<tools::OwnerDeclaration> &owners) {
  House::ToolsByOwner names;
  for (const auto &owner : owners) {
    for (const auto &tool : owner.tools) {
      names[owner.owner].push_back(tool.name);
    }
  }
  return names;
}

// Whoever calls a tool of a plugin that a reload took away hears that, not that it never was. The
// bundled ones say themselves how they come back.
void add_gone(const House::ToolsByOwner &served, const House::ToolsByOwner &serving,
              tools::Policy &policy) {
  for (const auto &[owner, names] : served) {
    const bool is_known =
        std::any_of(policy.absent.begin(), policy.absent.end(),
                    [&name = owner](const auto &absent) { return absent.owner == name; });
    if (!is_known && serving.find(owner) == serving.end()) {
      policy.absent.push_back({owner, "its file in MRE_PLUGINS", names});
    }
  }
}

} // namespace

House::House(config::LoadRequest request, config::LoadResult loaded)
    : request_(std::move(request)), log_(loaded.settings->log_level), settings_(loaded.settings),
      hosts_(std::move(loaded.hosts), loaded.settings->hosts, clock_,
             [this](const config::HostBookReading &reading) { guard::teach(redactor_, reading); }),
      audit_({loaded.settings->audit, loaded.settings->state_dir}, redactor_, clock_, log_),
      engine_(ssh::Engine::create(hosts_, clock_, log_)),
      spool_(loaded.settings->state_dir, loaded.settings->spool_limit_bytes, clock_, log_) {
  log_.set_filter([this](std::string_view text) { return redactor_.redact(text); });
}

void House::abandon() {
  log_.error("call_did_not_end",
             {{"what", "a handler holds on to its call; the process ends without it"}});
  engine_->shutdown(limits::kEndBudget);
  audit_.sync();
  std::_Exit(70); // sysexits' EX_SOFTWARE
}

House::~House() {
  end();
}

void House::end() {
  if (std::exchange(has_ended_, true)) {
    return;
  }
  if (!nested_calls_.close(limits::kEndBudget)) {
    abandon();
  }
  if (plugins_ && plugins_->has_stuck_calls()) {
    plugins_->stop(limits::kEndBudget); // the others end as they should
    abandon();
  }
  runner_.reset(); // cancels the calls that are left and waits for them
  if (plugins_) {
    plugins_->stop(limits::kEndBudget);
  }
  engine_->shutdown(limits::kEndBudget);
}

std::variant<std::unique_ptr<House>, House::Complaints> House::build(config::LoadRequest request,
                                                                     RefusedPlugins refused) {
  config::LoadResult loaded = config::load(request);
  Complaints complaints = std::move(loaded.complaints);
  // Without the consent nothing of anybody's code is run, not even to look for more complaints.
  const auto consent = loaded.settings->variables.find("I_ACCEPT_RISKS");
  if (consent == loaded.settings->variables.end() || consent->second != "true") {
    return complaints;
  }
  std::unique_ptr<House> house(new House(std::move(request), std::move(loaded)));
  complaints = house->open(complaints, refused);
  if (!complaints.empty()) {
    return complaints;
  }
  return house;
}

config::SettingsPtr House::settings() const {
  return settings_.with([](const config::SettingsPtr &current) { return current; });
}

House::Complaints House::open(const Complaints &earlier, RefusedPlugins refused) {
  const config::SettingsPtr current = settings();
  for (const auto &warning : guard::teach(redactor_, *current)) {
    log_.warn("settings", {{"what", warning}});
  }
  for (const auto &warning : current->warnings) {
    log_.warn("settings", {{"what", warning}});
  }
  runner_ = std::make_unique<mcp::CallRunner>(
      mcp::CallCollaborators{registry_, audit_, redactor_, clock_, log_});
  nested_calls_.open(*runner_);
  plugins_ = plugin_host::PluginHost::load(
      {.hosts = hosts_,
       .engine = *engine_,
       .spool = spool_,
       .redactor = redactor_,
       .audit = audit_,
       .clock = clock_,
       .log = log_,
       .resource_updated = [this](const std::string &uri) { registry_.resource_updated(uri); },
       .list_changed = [this](const auto &change) { registry_.announce(change); },
       .tool_caller = &nested_calls_,
       .may_create = earlier.empty()},
      current);
  Complaints complaints = earlier;
  complaints.insert(complaints.end(), plugins_->complaints().begin(), plugins_->complaints().end());
  if (!complaints.empty()) {
    const Complaints refusals = complaints_about_plugins(*current);
    complaints.insert(complaints.end(), refusals.begin(), refusals.end());
    return complaints;
  }
  Complaints unable = furnish(current);
  return refused == RefusedPlugins::show ? Complaints{} : unable;
}

// What the core and the plugins declare now. A plugin that the resolution refuses may take others
// with it that needed its services, so it is made again until everybody stays.
tools::SnapshotPtr House::resolve(const config::Settings &settings) {
  while (true) {
    std::vector<tools::OwnerDeclaration> owners;
    owners.push_back(builtin::declare_core_tools(
        {.exec = {.engine = *engine_, .spool = spool_, .redactor = redactor_},
         .hosts = hosts_,
         .settings = [this] { return this->settings(); }}));
    for (auto &owner : plugins_->declarations()) {
      owners.push_back(std::move(owner));
    }
    const std::size_t before = owners.size();
    tools::Policy policy = policy_of(settings, owners);
    policy.serves_network = plugins_->has_transports();
    ToolsByOwner serving = tools_of(owners);
    add_gone(served_, serving, policy);
    auto snapshot =
        tools::Snapshot::create(++generation_, std::move(owners), plugins_->contents(), policy);
    for (const auto &refused : snapshot->resolution().refused) {
      plugins_->refuse(refused.owner, refused.reason);
    }
    if (plugins_->declarations().size() + 1 == before) {
      for (auto &[owner, names] : serving) {
        served_[owner] = std::move(names);
      }
      return snapshot;
    }
  }
}

// The plugin host has logged them, which is all there is to say where they are optional.
House::Complaints House::complaints_about_plugins(const config::Settings &settings) const {
  Complaints complaints;
  for (const auto &status : plugins_->statuses()) {
    if (status.state == plugin_host::PluginState::refused && !settings.plugins_optional) {
      complaints.push_back(
          "the plugin " + status.name + " (" + status.file + ") cannot start: " + status.reason +
          ". Mend it, leave it out, or set MRE_PLUGINS_OPTIONAL=true to start without it");
    }
  }
  return complaints;
}

// Publishes it. Complaints are plugins that were asked for and cannot serve.
House::Complaints House::furnish(const config::SettingsPtr &settings) {
  const tools::SnapshotPtr snapshot = resolve(*settings);
  Complaints complaints = complaints_about_plugins(*settings);
  for (const auto &warning : snapshot->resolution().warnings) {
    log_.warn("policy", {{"what", warning}});
  }
  record_surface(*registry_.current(), *snapshot);
  registry_.publish(snapshot);
  return complaints;
}

// What plugins hide goes into the audit, and so does what becomes visible again when one that hid
// it is gone: a wider surface than before is nobody's tool call and would be seen nowhere else.
void House::record_surface(const tools::Snapshot &before, const tools::Snapshot &after) {
  Json hidden = Json::array();
  for (const auto &tool : after.resolution().tools) {
    if (tool.state == tools::Visibility::suppressed || tool.state == tools::Visibility::replaced) {
      hidden.push_back({{"tool", tool.name}, {"by", tool.by}});
    }
  }
  Json widened = Json::array();
  for (const auto &tool : after.tools()) {
    const std::string &name = tool.declaration->name;
    if (before.find(name) == nullptr && before.find_hidden(name) != nullptr) {
      widened.push_back(name);
    }
  }
  if (!widened.empty()) {
    log_.warn("surface_widened", {{"tools", dump_json(widened)}});
    audit_.effect({{}, "core", {}, "surface_widened", {{"tools", widened}}});
  }
  if (!hidden.empty()) {
    audit_.effect({{}, "core", {}, "surface", {{"hidden", hidden}}});
  }
}

void House::reload() {
  config::LoadResult loaded = config::load(request_);
  guard::teach(redactor_, *loaded.settings);
  if (loaded.complaints.empty()) {
    loaded.complaints = plugins_->reconfigure(loaded.settings);
  }
  if (!loaded.complaints.empty()) {
    for (const auto &complaint : loaded.complaints) {
      log_.error("reload_refused", {{"what", complaint}});
    }
    return;
  }
  settings_.with([&](config::SettingsPtr &current) { current = loaded.settings; });
  log_.set_level(loaded.settings->log_level);
  spool_.set_limit(loaded.settings->spool_limit_bytes);
  hosts_.replace(std::move(loaded.hosts), loaded.settings->hosts);
  // A plugin that cannot take the new settings is refused, which hides nothing; the server goes on
  // without it.
  for (const auto &complaint : furnish(loaded.settings)) {
    log_.error("reload_plugin", {{"what", complaint}});
  }
  log_.info("reloaded", {{"hosts", std::to_string(loaded.settings->hosts->hosts.size())}});
}

} // namespace mre::app
