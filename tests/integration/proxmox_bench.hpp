// What the Proxmox tests start from: a cluster of stand-ins, one node behind an sshd, the daemon.
//
// Threads: one. Lifetime: declared in this order, so that the daemon goes first.
#pragma once

#include "tests/integration/bench.hpp"
#include "tests/support/proxmox_cluster.hpp"

#include <string>

namespace mre::testing {

// False, and said loudly, where containers cannot be made.
inline bool skip_without_containers() {
  if (ProxmoxCluster::is_available()) {
    return false;
  }
  WARN("skipped: containers for the stand-in need root, namespaces and busybox-static");
  return true;
}

// Node pve1 with container 101 (web, running), and what a test adds before `start`.
struct NodeBench {
  explicit NodeBench(const Environment &extra = {}, const std::string &without = {})
      : bench(cluster.node("pve1", without)) {
    cluster.container("pve1", 101, {{"hostname", "web"}, {"tags", "prod;front"}});
    cluster.start("pve1", 101);
    Environment environment{{"ENABLE_PROXMOX", "true"}};
    for (const auto &[name, value] : extra) {
      environment[name] = value;
    }
    server.emplace(ServerOptions{.environment = bench.environment(environment)});
    server->initialize();
  }

  Json call(const std::string &tool, const Json &arguments = Json::object()) {
    return server->call_tool("proxmox_" + tool, arguments, std::chrono::seconds(60));
  }
  // The structured result of a call that must not fail.
  Json good(const std::string &tool, const Json &arguments = Json::object()) {
    const Json result = call(tool, arguments);
    INFO(dump_json(result));
    CHECK_FALSE(result.value("isError", false));
    return structured(result);
  }
  // "code: message" of one that must.
  std::string bad(const std::string &tool, const Json &arguments = Json::object()) {
    const Json result = call(tool, arguments);
    INFO(dump_json(result));
    CHECK(result.value("isError", false));
    const Json error = structured(result).value("error", Json::object());
    return error.value("code", "") + ": " + error.value("message", "") + " | " +
           error.value("hint", "");
  }

  ProxmoxCluster cluster;
  Bench bench;
  TemporaryFolder near;
  std::optional<ServerProcess> server;
};

inline bool begins(const std::string &text, const std::string &with) {
  return text.rfind(with, 0) == 0;
}

} // namespace mre::testing
