// A server's surroundings for plugins: hosts, engine, guard and log, all in memory but for a
// temporary state folder.
//
// Threads: one, apart from what plugins start. Lifetime: outlives the PluginHost made from it.
#pragma once

#include "core/base/file.hpp"
#include "core/plugin_host/plugin_host.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/fake_call.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/temporary_folder.hpp"

#include <memory>
#include <string>
#include <vector>

namespace mre::test {

class FakeHosts final : public config::HostSource {
public:
  config::HostBookPtr hosts() override { return book; }
  std::shared_ptr<config::HostBook> book = [] {
    auto made = std::make_shared<config::HostBook>();
    config::HostConfig host;
    host.name = "default";
    host.address = "192.0.2.1";
    made->hosts["default"] = host;
    return made;
  }();
};

inline config::PluginRequest fixture_plugin(const std::string &name) {
  config::PluginRequest request;
  request.name = name;
  request.path = std::string(MRE_FIXTURE_PLUGINS) + "/" + name + ".so";
  return request;
}

struct World {
  World() { settings->state_dir = folder.path() + "/state"; }

  plugin_host::PluginHostDependencies dependencies() {
    return {hosts, engine, spool, redactor,
            audit, clock,  log,   [this](const std::string &uri) { updated.push_back(uri); }};
  }
  // Loads the fixture plugins with these names; nothing may be wrong with their settings.
  std::unique_ptr<plugin_host::PluginHost> load(const std::vector<std::string> &names) {
    settings->plugins.clear();
    for (const std::string &name : names) {
      settings->plugins.push_back(fixture_plugin(name));
    }
    auto host = plugin_host::PluginHost::load(dependencies(), settings);
    CHECK(host->complaints() == std::vector<std::string>());
    return host;
  }
  std::string said() const {
    return lines.with([](const std::string &text) { return text; });
  }
  bool said(std::string_view part) const { return said().find(part) != std::string::npos; }
  bool blamed(std::string_view part) const {
    return said("event=plugin_misbehaving") && said(part);
  }
  std::string audit_trail() const {
    const auto text = read_file(settings->state_dir + "/audit.jsonl", std::size_t{1} << 20U);
    return text ? *text : std::string();
  }

  testing::TemporaryFolder folder;
  std::shared_ptr<config::Settings> settings = std::make_shared<config::Settings>();
  FakeHosts hosts;
  FakeEngine engine;
  guard::Redactor redactor;
  SystemClock clock;
  Guarded<std::string> lines;
  Log log{LogLevel::debug,
          [this](std::string_view line) { lines.with([&](std::string &text) { text += line; }); }};
  ssh::OutputSpool spool{folder.path() + "/state", std::uint64_t{1} << 20U, clock, log};
  guard::Audit audit{{config::AuditMode::on, folder.path() + "/state"}, redactor, clock, log};
  std::vector<std::string> updated;
};

// The handler of a tool that an active plugin declared; null for a name nobody declared.
inline std::shared_ptr<tools::ToolHandler> find_tool(const plugin_host::PluginHost &host,
                                                     std::string_view name) {
  for (const auto &owner : host.declarations()) {
    for (const auto &tool : owner.tools) {
      if (tool.name == name) {
        return tool.handler;
      }
    }
  }
  return nullptr;
}

// Runs a tool to its end on this thread.
inline FakeCall::Record call_tool(const plugin_host::PluginHost &host, std::string_view name,
                                  const Json &arguments = Json::object(),
                                  std::shared_ptr<FakeCall> call = std::make_shared<FakeCall>()) {
  const auto tool = find_tool(host, name);
  REQUIRE(tool != nullptr);
  tool->invoke(call, arguments);
  return call->wait();
}

// Waits until the plugin reported progress, which fixtures do when they are inside.
inline bool is_inside(const FakeCall &call) {
  return testing::eventually([&] { return !call.record().progress.empty(); });
}

inline bool contains(const std::string &text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace mre::test
