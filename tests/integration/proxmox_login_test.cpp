// A login other than root: everything goes through the machine's own sudo, and the lines that the
// plugin prints for sudoers are enough, and no more than is enabled.
#include "tests/integration/proxmox_bench.hpp"
#include "tests/support/system_user.hpp"

using namespace mre;
using namespace mre::testing;

namespace {

bool skip_without_accounts() {
  if (skip_without_containers()) {
    return true;
  }
  if (!SystemUser::can_create() || !ProxmoxCluster::has_sudo()) {
    WARN("SKIPPED: a login other than root needs useradd and sudo");
    return true;
  }
  return false;
}

ProgramResult print_lines(const std::string &login) {
  return run_server({.environment = {{"I_ACCEPT_RISKS", "true"},
                                     {"HOST", "pve1.example"},
                                     {"SSH_PASSWORD", "not-used-here"},
                                     {"ENABLE_PROXMOX", "true"}},
                     .arguments = {"proxmox", "sudoers", login}});
}

// Node pve1 as `user` sees it.
struct Deployed {
  explicit Deployed(const Environment &extra = {}) : extra_(extra) {
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
  Bench bench{cluster.node_with_sudo("pve1")};
  TemporaryFolder near;
  std::optional<ServerProcess> server;

private:
  Environment extra_;
};

} // namespace

TEST_CASE("sudo reads the printed lines, whatever the login is called") {
  if (!ProxmoxCluster::has_sudo()) {
    WARN("SKIPPED: needs sudo");
    return;
  }
  const TemporaryFolder folder;
  for (const char *login :
       {"deploy", "john.doe", "_apt-2", "Deploy", "DEPLOY", "ALL", "42", "deploy@example.org"}) {
    INFO(login);
    const auto printed = print_lines(login);
    REQUIRE(printed.exit_code() == 0);
    const auto checked =
        run_program({.command = {"/usr/sbin/visudo", "--check", "--strict", "--file",
                                 folder.write("lines", printed.output)}});
    INFO(checked.output + checked.error);
    CHECK(checked.exit_code() == 0);
  }
  for (const char *login : {"root", "", "-u", "%admin", "#0", "+net", "!deploy", "a b", "a,b",
                            "a=b", "a\\b", "a\nb", "\"a\""}) {
    INFO(login);
    const auto refused = print_lines(login);
    CHECK(refused.exit_code() > 0);
    CHECK_FALSE(holds(refused.output, "NOPASSWD"));
  }
}

TEST_CASE("lines for a login with the name of everybody are for that login") {
  if (skip_without_accounts()) {
    return;
  }
  const ProxmoxCluster cluster;
  cluster.allow(print_lines("ALL").output);
  std::vector<std::string> command = cluster.on_node_with_sudo();
  command.insert(command.end(), {"sudo", "--list", "--other-user", "nobody"});
  const auto listed = run_program({.command = command});
  INFO(listed.output + listed.error);
  CHECK(holds(listed.output, "User nobody is not allowed to run sudo"));
}

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
  CHECK_FALSE(holds(ran.at("stdout").get<std::string>(), "SUDO_"));
  CHECK_FALSE(holds(ran.at("stdout").get<std::string>(), "NODE_SECRET"));

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

  // What sudo says when it would not even ask for a password; it repeats the command.
  for (const std::string allowed : {"", "/usr/sbin/pct list"}) {
    node.cluster.allow("Defaults:" + node.user.name() + " !authenticate\n" +
                       (allowed.empty() ? "" : node.user.name() + " ALL=(root) " + allowed + "\n"));
    for (const Json &refused :
         {node.call("container_status", {{"ctid", 101}}),
          node.call(
              "container_exec_command",
              {{"ctid", 101}, {"command", "true"}, {"environment", {{"T", "in-the-line"}}}})}) {
      INFO(text_of(refused));
      CHECK(error_code(refused) == "denied");
      CHECK(holds(text_of(refused), "sudoers"));
      CHECK_FALSE(holds(text_of(refused), "in-the-line"));
    }
  }
  node.cluster.allow("Defaults requiretty\n" + lines);
  const Json no_terminal = node.call("container_status", {{"ctid", 101}});
  CHECK(error_code(no_terminal) == "denied");
  CHECK(holds(text_of(no_terminal), "!requiretty"));
}

TEST_CASE("what sudo warns of on every call is not taken for what the node or the program said") {
  if (skip_without_accounts()) {
    return;
  }
  Deployed node; // its own name cannot be looked up, and sudo says so each time
  node.cluster.allow(node.printed_lines());
  node.begin();
  const Json failed = node.good("container_exec_command", {{"ctid", 101}, {"command", "exit 7"}});
  CHECK(failed.at("outcome") == "exited");
  CHECK(failed.at("exit_code") == 7);
  CHECK(holds(failed.at("stderr").get<std::string>(), "unable to resolve host"));
  const Json missing = node.call("container_status", {{"ctid", 999}});
  INFO(text_of(missing));
  CHECK(error_code(missing) == "not_found");
  CHECK_FALSE(holds(text_of(missing), "unable to resolve host"));
  const Json stopped = node.call("container_exec_command", {{"ctid", 102}, {"command", "true"}});
  INFO(text_of(stopped));
  CHECK(error_code(stopped) == "conflict");
  CHECK_FALSE(holds(text_of(stopped), "unable to resolve host"));
}
