// The container tools that list, tell and switch; and what every tool says when the node refuses.
#include "tests/integration/proxmox_bench.hpp"

using namespace mre;
using namespace mre::testing;

namespace {

Json row_of(const Json &listing, int ctid) {
  for (const auto &row : listing.at("containers")) {
    if (row.at("ctid") == ctid) {
      return row;
    }
  }
  return Json::object();
}

} // namespace

TEST_CASE("the plugin adds its tools to the core's") {
  if (skip_without_containers()) {
    return;
  }
  NodeBench node;
  const auto names = node.server->tool_names();
  for (const char *name :
       {"list_containers", "container_status", "start_container", "stop_container",
        "container_exec_command", "upload_file_to_container", "download_file_from_container"}) {
    CHECK(contains(names, std::string("proxmox_") + name));
  }
}

TEST_CASE("a listing tells locked containers from others, with node and tags") {
  if (skip_without_containers()) {
    return;
  }
  NodeBench node;
  node.cluster.container("pve1", 102, {{"hostname", "db"}, {"lock", "backup"}});
  node.cluster.container("pve1", 103);
  node.cluster.container("pve2", 201, {{"hostname", "far"}});
  node.cluster.machine("pve1", 300, {{"name", "vm"}});
  const Json listing = node.good("list_containers");
  REQUIRE(listing.at("containers").size() == 4);
  CHECK(row_of(listing, 101) == Json{{"ctid", 101},
                                     {"name", "web"},
                                     {"status", "running"},
                                     {"lock", nullptr},
                                     {"node", "pve1"},
                                     {"tags", {"prod", "front"}}});
  CHECK(row_of(listing, 102).at("lock") == "backup");
  CHECK(row_of(listing, 102).at("name") == "db");
  CHECK(row_of(listing, 102).at("status") == "stopped");
  CHECK(row_of(listing, 103).at("name") == "CT103");
  CHECK(row_of(listing, 201).at("node") == "pve2");
  const Json as_json = node.call("list_containers", {{"response_format", "json"}});
  CHECK(parse_json(text_of(as_json)).value() == structured(as_json));
}

TEST_CASE("no containers are an empty list, not an error") {
  if (skip_without_containers()) {
    return;
  }
  const ProxmoxCluster cluster;
  const Bench bench(cluster.node("pve1"));
  auto server = start_server(bench.environment({{"ENABLE_PROXMOX", "true"}}));
  const Json result = server.call_tool("proxmox_list_containers", Json::object());
  CHECK_FALSE(result.value("isError", false));
  CHECK(structured(result).at("containers") == Json::array());
}

TEST_CASE("a host that is no node is told from one without containers") {
  if (skip_without_containers()) {
    return;
  }
  NodeBench node({}, "pct");
  for (const char *tool : {"container_status", "start_container", "stop_container"}) {
    const std::string said = node.bad(tool, {{"ctid", 101}});
    CHECK(begins(said, "unsupported: default has no pct"));
  }
  CHECK(begins(node.bad("list_containers"), "unsupported: default has no pct"));
  CHECK(begins(node.bad("container_exec_command", {{"ctid", 101}, {"command", "true"}}),
               "unsupported: default has no pct"));
}

TEST_CASE("without pvesh there is still this node's list") {
  if (skip_without_containers()) {
    return;
  }
  NodeBench node({}, "pvesh");
  const Json listing = node.good("list_containers");
  REQUIRE(listing.at("containers").size() == 1);
  CHECK(row_of(listing, 101).at("status") == "running");
}

TEST_CASE("status tells name, state, lock and node") {
  if (skip_without_containers()) {
    return;
  }
  NodeBench node;
  node.cluster.container("pve1", 102, {{"hostname", "db"}, {"lock", "snapshot"}});
  const Json up = node.good("container_status", {{"ctid", 101}});
  CHECK(up.at("status") == "running");
  CHECK(up.at("name") == "web");
  CHECK(up.at("lock").is_null());
  CHECK(up.at("node") == "pve1");
  const Json locked = node.good("container_status", {{"ctid", 102}});
  CHECK(locked.at("status") == "stopped");
  CHECK(locked.at("lock") == "snapshot");
}

TEST_CASE("a container that is not there is not found, in the node's own words") {
  if (skip_without_containers()) {
    return;
  }
  NodeBench node;
  const std::string words = "Configuration file 'nodes/pve1/lxc/999.conf' does not exist";
  for (const char *tool : {"container_status", "start_container", "stop_container"}) {
    const std::string said = node.bad(tool, {{"ctid", 999}});
    CHECK(begins(said, "not_found: "));
    CHECK(holds(said, words));
    CHECK(holds(said, "proxmox_list_guests"));
  }
  const std::string said = node.bad("container_exec_command", {{"ctid", 999}, {"command", "true"}});
  CHECK(begins(said, "not_found: "));
  CHECK(holds(said, words));
}

TEST_CASE("a number outside the bounds, or none, is a bad argument") {
  if (skip_without_containers()) {
    return;
  }
  NodeBench node;
  CHECK(begins(node.bad("start_container", {{"ctid", 99}}), "bad_argument: "));
  CHECK(begins(node.bad("start_container", {{"ctid", 1000000000}}), "bad_argument: "));
  CHECK(begins(node.bad("start_container"), "bad_argument: "));
}

TEST_CASE("start and stop change the state once, and say when there was nothing to change") {
  if (skip_without_containers()) {
    return;
  }
  NodeBench node;
  const Json stopped = node.good("stop_container", {{"ctid", 101}});
  CHECK(stopped.at("changed") == true);
  CHECK(stopped.at("before") == "running");
  CHECK(stopped.at("after") == "stopped");
  CHECK_FALSE(node.cluster.is_running(101));
  const Json again = node.good("stop_container", {{"ctid", 101}});
  CHECK(again.at("changed") == false);
  CHECK(again.at("after") == "stopped");
  const Json started = node.good("start_container", {{"ctid", 101}});
  CHECK(started.at("changed") == true);
  CHECK(started.at("before") == "stopped");
  CHECK(started.at("after") == "running");
  CHECK(node.cluster.is_running(101));
  CHECK(node.good("start_container", {{"ctid", 101}}).at("changed") == false);
}

TEST_CASE("locked, template, failing and quorum: each refusal has its code and the node's words") {
  if (skip_without_containers()) {
    return;
  }
  NodeBench node;
  node.cluster.container("pve1", 102, {{"lock", "backup"}});
  node.cluster.container("pve1", 103, {{"template", "1"}});
  node.cluster.container("pve1", 104);
  node.cluster.container("pve1", 105);
  node.cluster.knob("fails-to-start-104");
  const std::string locked = node.bad("start_container", {{"ctid", 102}});
  CHECK(begins(locked, "conflict: "));
  CHECK(holds(locked, "CT is locked (backup)"));
  CHECK(holds(locked, "proxmox_task"));
  const std::string is_template = node.bad("start_container", {{"ctid", 103}});
  CHECK(begins(is_template, "conflict: "));
  CHECK(holds(is_template, "you can't start a CT if it's a template"));
  const std::string failed = node.bad("start_container", {{"ctid", 104}});
  CHECK(begins(failed, "remote_failed: "));
  CHECK(holds(failed, "startup for container '104' failed"));
  CHECK(holds(failed, "Script exited with status 1")); // why stands in the task's log
  node.cluster.knob("no-quorum");
  const std::string readonly = node.bad("start_container", {{"ctid", 105}});
  CHECK(begins(readonly, "conflict: "));
  CHECK(holds(readonly, "no quorum"));
}

TEST_CASE("a start that a manager carries out later is awaited") {
  if (skip_without_containers()) {
    return;
  }
  NodeBench node;
  node.cluster.container("pve1", 102);
  node.cluster.knob("ha-102");
  const Json started = node.good("start_container", {{"ctid", 102}});
  CHECK(started.at("changed") == true);
  CHECK(started.at("after") == "running");
}

TEST_CASE("a container of another node is reached through the host of that name") {
  if (skip_without_containers()) {
    return;
  }
  NodeBench node;
  node.cluster.container("pve2", 201, {{"hostname", "far"}});
  const std::string said = node.bad("start_container", {{"ctid", 201}});
  CHECK(begins(said, "unreachable: "));
  CHECK(holds(said, "container 201 (far) is on node pve2"));
  CHECK(holds(said, "host book"));
  CHECK_FALSE(node.cluster.is_running(201));

  Sshd second(node.cluster.node("pve2"));
  const TemporaryFolder book;
  const auto entry = [](const Sshd &sshd) {
    return Json{{"host", "127.0.0.1"},
                {"port", sshd.port()},
                {"user", sshd.user()},
                {"key", sshd.client_key()},
                {"known_hosts", sshd.known_hosts()}};
  };
  const std::string hosts = book.write(
      "hosts.json",
      dump_json({{"hosts", {{"first", entry(node.bench.sshd)}, {"pve2", entry(second)}}}}));
  auto server =
      start_server({{"I_ACCEPT_RISKS", "true"}, {"ENABLE_PROXMOX", "true"}, {"MRE_HOSTS", hosts}});
  const Json arguments{{"ctid", 201}, {"host", "first"}};
  const Json started = structured(server.call_tool("proxmox_start_container", arguments));
  CHECK(started.at("changed") == true);
  CHECK(started.at("host") == "pve2");
  CHECK(node.cluster.is_running(201));
  const Json exec = structured(
      server.call_tool("proxmox_container_exec_command",
                       {{"ctid", 201}, {"host", "first"}, {"command", "cat /etc/hostname"}}));
  CHECK(exec.at("stdout") == "guest201\n");
  CHECK(exec.at("host") == "pve2");
  // It moves: what was remembered is looked up again.
  node.cluster.move(201, "pve2", "pve1");
  const Json status = structured(server.call_tool("proxmox_container_status", arguments));
  CHECK(status.at("host") == "first");
  CHECK(status.at("status") == "running");
}

TEST_CASE("a login that is not root is told what to allow") {
  if (skip_without_containers()) {
    return;
  }
  NodeBench node;
  node.cluster.knob("needs-root");
  const std::string said = node.bad("container_status", {{"ctid", 101}});
  CHECK(begins(said, "denied: "));
  CHECK(holds(said, "please run as root"));
  CHECK(holds(said, "sudoers"));
}
