// A login other than root: everything goes through sudo, and the lines that the plugin prints for
// sudoers are enough, and no more than is enabled.
#include "tests/integration/proxmox_bench.hpp"
#include "tests/support/system_user.hpp"

using namespace mre;
using namespace mre::testing;

namespace {

bool skip_without_accounts() {
  if (skip_without_containers()) {
    return true;
  }
  if (!SystemUser::can_create()) {
    WARN("skipped: a login other than root needs useradd");
    return true;
  }
  return false;
}

// Node pve1 as `user` sees it, with a setuid sudo in its PATH.
struct Deployed {
  explicit Deployed(const Environment &extra = {}) : extra_(extra) {
    cluster.install_sudo();
    cluster.container("pve1", 101, {{"hostname", "web"}});
    cluster.container("pve1", 102, {{"hostname", "db"}});
    cluster.machine("pve1", 300, {{"name", "vm"}, {"agent", "1"}});
    cluster.start("pve1", 101);
    cluster.start("pve1", 300);
  }

  Environment environment() const {
    Environment all{{"ENABLE_PROXMOX", "true"}, {"SSH_USERNAME", user.name()}};
    for (const auto &[name, value] : extra_) {
      all[name] = value;
    }
    return bench.environment(all);
  }
  std::string printed_lines() const {
    const auto printed = run_server(
        {.environment = environment(), .arguments = {"proxmox", "sudoers", user.name()}});
    INFO(printed.error);
    REQUIRE(printed.exit_code() == 0);
    return printed.output;
  }
  void begin() {
    server.emplace(ServerOptions{.environment = environment()});
    server->initialize();
  }
  Json call(const std::string &tool, const Json &arguments = Json::object()) {
    return server->call_tool("proxmox_" + tool, arguments, std::chrono::seconds(90));
  }
  Json good(const std::string &tool, const Json &arguments = Json::object()) {
    const Json result = call(tool, arguments);
    INFO(tool + ": " + dump_json(result));
    CHECK_FALSE(result.value("isError", false));
    return structured(result);
  }

  SystemUser user{"not-used-here"};
  ProxmoxCluster cluster;
  Bench bench{cluster.node("pve1")};
  TemporaryFolder near;
  std::optional<ServerProcess> server;

private:
  Environment extra_;
};

} // namespace

TEST_CASE("every tool works for a login that may run the printed lines through sudo") {
  if (skip_without_accounts()) {
    return;
  }
  Deployed node;
  node.cluster.allow(node.printed_lines());
  node.begin();
  CHECK(node.good("list_containers").at("containers").size() == 2);
  CHECK(node.good("container_status", {{"ctid", 101}}).at("node") == "pve1");
  CHECK(node.good("start_container", {{"ctid", 102}}).at("changed") == true);
  CHECK(node.good("stop_container", {{"ctid", 102}}).at("changed") == true);
  const Json ran = node.good("container_exec_command",
                             {{"ctid", 101}, {"command", "id -u; env"}, {"stdin", "x"}});
  CHECK(begins(ran.at("stdout").get<std::string>(), "0\n"));
  CHECK_FALSE(holds(ran.at("stdout").get<std::string>(), "SUDO_COMMAND"));

  const std::string local = node.near.write("source", std::string(100000, 'x'));
  const Json file{{"ctid", 101}, {"local_path", local}, {"container_path", "/srv/file"}};
  CHECK(node.good("upload_file_to_container", file).at("verified") == "digest");
  Json back = file;
  back["local_path"] = node.near / "back";
  CHECK(node.good("download_file_from_container", back).at("bytes") == 100000);

  CHECK(node.good("list_guests").at("guests").size() == 3);
  CHECK(node.good("guest_info", {{"guest", "vm"}}).at("status") == "running");
  CHECK(node.good("guest_power", {{"guest", "vm"}, {"action", "suspend"}}).at("after") == "paused");
  CHECK(node.good("guest_power", {{"guest", "vm"}, {"action", "resume"}}).at("after") == "running");
  CHECK(node.good("guest_exec", {{"guest", "vm"}, {"command", "exit 3"}}).at("exit_code") == 3);
  const Json snapshot{
      {"guest", "web"}, {"action", "create"}, {"name", "first"}, {"description", "two words"}};
  CHECK(node.good("snapshot", snapshot).at("state") == "finished");
  CHECK(node.good("snapshot", {{"guest", "web"}, {"action", "list"}}).at("snapshots").size() == 1);
  CHECK(node.good("backup", {{"guest", "web"}}).at("state") == "finished");
  const Json made = node.good("provision", {{"action", "create"},
                                            {"template", "local:vztmpl/tiny.tar.zst"},
                                            {"ssh_public_key", "ssh-ed25519 AAAA me"},
                                            {"confirm", true}});
  CHECK(made.at("id") == 100);
  node.good("provision", {{"action", "destroy"}, {"guest", 100}, {"confirm", true}});
  CHECK_FALSE(node.good("task", {{"action", "list"}}).at("tasks").empty());
}

TEST_CASE("what outlasts its time or is cancelled is ended behind sudo as well") {
  if (skip_without_accounts()) {
    return;
  }
  Deployed node;
  node.cluster.allow(node.printed_lines());
  node.begin();
  const RemoteSleep sleeper;
  const std::string command = sleeper;
  const Json late = structured(node.call(
      "container_exec_command",
      {{"ctid", 101}, {"command", "trap '' TERM; " + command + "; " + command}, {"timeout", 2}}));
  CHECK(late.at("outcome") == "timed_out");
  CHECK(late.at("remote_process") == "gone");
  CHECK_FALSE(runs(command));

  // A job is root's: the node is asked to stop it.
  node.cluster.knob("slow", "60");
  const int id = node.server->start_tool("proxmox_backup", {{"guest", "web"}});
  const auto state = [&] {
    const Json tasks = node.good("task", {{"action", "list"}}).at("tasks");
    for (const Json &task : tasks) {
      if (task.at("type") == "vzdump") {
        return task.at("state").get<std::string>();
      }
    }
    return std::string();
  };
  REQUIRE(eventually([&] { return state() == "running"; }, std::chrono::seconds(60)));
  node.server->notify("notifications/cancelled", {{"requestId", id}});
  CHECK(eventually([&] { return state() == "stopped"; }, std::chrono::seconds(60)));
}

TEST_CASE("the lines allow what is enabled, and what is not allowed is denied with the next step") {
  if (skip_without_accounts()) {
    return;
  }
  Deployed node(
      {{"MRE_TOOLS_ALLOW", ""}, {"MRE_TOOLS_DENY", "proxmox_provision,proxmox_guest_exec"}});
  const std::string lines = node.printed_lines();
  CHECK(holds(lines, node.user.name() + " ALL=(root) NOPASSWD: /usr/sbin/pct list"));
  CHECK_FALSE(holds(lines, "destroy"));
  CHECK_FALSE(holds(lines, "qm guest exec"));
  node.begin();
  const Json denied = node.call("container_status", {{"ctid", 101}});
  CHECK(error_code(denied) == "denied");
  CHECK(holds(text_of(denied), "a password is required"));
  CHECK(holds(text_of(denied), "sudoers"));
  CHECK(error_code(node.call("container_exec_command", {{"ctid", 101}, {"command", "true"}})) ==
        "denied");
  CHECK(error_code(node.call("backup", {{"guest", "web"}})) == "denied");
}
