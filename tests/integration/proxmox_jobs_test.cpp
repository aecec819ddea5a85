// What lasts: snapshots, backups, provisioning, and following a task.
#include "tests/integration/proxmox_bench.hpp"

#include <filesystem>

using namespace mre;
using namespace mre::testing;

namespace {

bool has_job_folders() {
  for (const auto &entry : std::filesystem::directory_iterator("/tmp")) {
    if (begins(entry.path().filename().string(), "mre-job-")) {
      return true;
    }
  }
  return false;
}

} // namespace

TEST_CASE("snapshots are made, listed, rolled back to and deleted") {
  if (skip_without_containers()) {
    return;
  }
  NodeBench node;
  const auto snapshot = [](const std::string &action, Json extra = Json::object()) {
    extra.update({{"guest", "web"}, {"action", action}, {"name", "before_update"}});
    return extra;
  };
  const Json made = node.good("snapshot", snapshot("create", {{"description", "it's fine"}}));
  CHECK(made.at("state") == "finished");
  const Json listed = node.good("snapshot", {{"guest", "web"}, {"action", "list"}});
  REQUIRE(listed.at("snapshots").size() == 1);
  CHECK(listed.at("snapshots")[0].at("name") == "before_update");
  const std::string again = node.bad("snapshot", snapshot("create"));
  CHECK(begins(again, "already_exists: "));
  CHECK(holds(again, "snapshot name 'before_update' already used"));
  const std::string asked = node.bad("snapshot", snapshot("rollback"));
  CHECK(begins(asked, "denied: "));
  CHECK(holds(asked, "container 101 (web) on pve1"));
  CHECK(holds(asked, "stops it"));
  node.good("snapshot", snapshot("rollback", {{"confirm", true}}));
  CHECK_FALSE(node.cluster.is_running(101));
  CHECK(begins(node.bad("snapshot", snapshot("delete")), "denied: "));
  node.good("snapshot", snapshot("delete", {{"confirm", true}}));
  const std::string missing = node.bad("snapshot", snapshot("delete", {{"confirm", true}}));
  CHECK(begins(missing, "not_found: "));
  CHECK(holds(missing, "snapshot 'before_update' does not exist"));
  for (const char *name : {"x", "1st", "current", "with blank", "a;b"}) {
    CHECK(begins(node.bad("snapshot", {{"guest", "web"}, {"action", "create"}, {"name", name}}),
                 "bad_argument: "));
  }
}

TEST_CASE("storage without snapshots and a locked guest refuse with their words") {
  if (skip_without_containers()) {
    return;
  }
  NodeBench node;
  node.cluster.knob("no-snapshots");
  const std::string said =
      node.bad("snapshot", {{"guest", "web"}, {"action", "create"}, {"name", "first"}});
  CHECK(begins(said, "unsupported: "));
  CHECK(holds(said, "snapshot feature is not available"));
  node.cluster.container("pve1", 102, {{"hostname", "db"}, {"lock", "backup"}});
  CHECK(begins(node.bad("snapshot", {{"guest", "db"}, {"action", "create"}, {"name", "first"}}),
               "conflict: "));
}

TEST_CASE("a backup is made and listed, and one that fails tells why") {
  if (skip_without_containers()) {
    return;
  }
  NodeBench node;
  const Json made = node.good("backup", {{"guest", "web"}});
  CHECK(made.at("state") == "finished");
  CHECK(holds(made.at("archive").get<std::string>(), "vzdump-lxc-101-"));
  const Json listed = node.good("backup", {{"guest", "web"}, {"action", "list"}});
  REQUIRE(listed.at("backups").size() == 1);
  CHECK(holds(listed.at("backups")[0].at("volid").get<std::string>(), "vzdump-lxc-101-"));
  node.cluster.container("pve1", 102, {{"hostname", "db"}, {"lock", "snapshot"}});
  const std::string locked = node.bad("backup", {{"guest", "db"}});
  CHECK(begins(locked, "conflict: "));
  CHECK(holds(locked, "ERROR: Backup of VM 102 failed - CT is locked (snapshot)"));
  const std::string storage = node.bad("backup", {{"guest", "web"}, {"storage", "nowhere"}});
  CHECK(begins(storage, "not_found: "));
  CHECK(holds(storage, "storage 'nowhere' does not exist"));
  CHECK(
      begins(node.bad("backup", {{"guest", "web"}, {"storage", "--dumpdir=/"}}), "bad_argument: "));
}

TEST_CASE("a guest that vzdump skips is looked for on its own node, which is named") {
  if (skip_without_containers()) {
    return;
  }
  NodeBench node;
  node.cluster.container("pve2", 201, {{"hostname", "far"}});
  const std::string said = node.bad("backup", {{"guest", "far"}});
  CHECK(begins(said, "unreachable: "));
  CHECK(holds(said, "is on node pve2"));
  CHECK(holds(said, "host book"));
}

TEST_CASE("a job that outlasts the wait goes on and is followed by its UPID") {
  if (skip_without_containers()) {
    return;
  }
  NodeBench node;
  node.cluster.knob("slow", "4");
  const Json begun = node.good("backup", {{"guest", "web"}, {"wait", 2}});
  CHECK(begun.at("state") == "running");
  REQUIRE(begun.at("upid").is_string());
  const std::string upid = begun.at("upid").get<std::string>();
  CHECK(holds(upid, ":vzdump:101:"));
  const Json tasks = node.good("task", {{"action", "list"}});
  CHECK(tasks.at("tasks")[0].at("upid") == upid);
  CHECK(tasks.at("tasks")[0].at("state") == "running");
  const Json ended = node.good("task", {{"action", "status"}, {"upid", upid}, {"wait", 60}});
  CHECK(ended.at("state") == "stopped");
  CHECK(ended.at("result") == "OK");
  const Json log = node.good("task", {{"action", "log"}, {"upid", upid}});
  CHECK(log.at("log").back() == "INFO: Backup job finished successfully");
  CHECK(eventually([] { return !has_job_folders(); }));
}

TEST_CASE("a task is stopped only with consent") {
  if (skip_without_containers()) {
    return;
  }
  NodeBench node;
  node.cluster.knob("slow", "60");
  const std::string upid =
      node.good("backup", {{"guest", "web"}, {"wait", 2}}).at("upid").get<std::string>();
  CHECK(begins(node.bad("task", {{"action", "stop"}, {"upid", upid}}), "denied: "));
  const Json stopped = node.good("task", {{"action", "stop"}, {"upid", upid}, {"confirm", true}});
  CHECK(stopped.at("state") == "stopped");
  CHECK(stopped.at("result") == "interrupted by signal");
  CHECK(begins(node.bad("task", {{"action", "status"}, {"upid", "UPID:x"}}), "bad_argument: "));
}

TEST_CASE("progress of a job reaches a caller who asked") {
  if (skip_without_containers()) {
    return;
  }
  NodeBench node;
  node.cluster.knob("slow", "2");
  const int id = node.server->start_tool("proxmox_backup", {{"guest", "web"}}, "token");
  node.server->response(id, std::chrono::seconds(60));
  std::string seen;
  for (const auto &note : node.server->take_notifications()) {
    seen += note.at("params").value("message", "") + "\n";
  }
  CHECK(holds(seen, "% done"));
}

TEST_CASE("a password goes by standard input, and no record or command line holds it") {
  if (skip_without_containers()) {
    return;
  }
  const TemporaryFolder state;
  NodeBench node({{"MRE_STATE_DIR", state / "state"}});
  const std::string password = "correct horse";
  const Json create{{"action", "create"},
                    {"template", "local:vztmpl/tiny.tar.zst"},
                    {"new_id", 150},
                    {"password", password},
                    {"confirm", true}};
  const Json made = node.good("provision", create);
  CHECK(node.cluster.is_running(150));
  CHECK(read_whole_file(node.cluster.root(150) + "/root/passwords") == "root:" + password + "\n");
  CHECK_FALSE(holds(dump_json(made), password));
  CHECK(holds(node.cluster.calls(), "chpasswd"));
  CHECK_FALSE(holds(node.cluster.calls(), password));
  const std::string audit = read_whole_file(state / "state/audit.jsonl");
  CHECK(holds(audit, "local:vztmpl/tiny.tar.zst"));
  CHECK_FALSE(holds(audit, password));
  Json two_lines = create;
  two_lines.update({{"new_id", 151}, {"password", "a\nroot2:b"}});
  CHECK(begins(node.bad("provision", two_lines), "bad_argument: "));
  CHECK_FALSE(node.cluster.has_guest("pve1", "lxc", 151));
}

TEST_CASE("a container is created, cloned, resized and destroyed, each with consent") {
  if (skip_without_containers()) {
    return;
  }
  NodeBench node;
  const std::string key = "ssh-ed25519 AAAAkey me@there";
  Json create{{"action", "create"}, {"template", "local:vztmpl/tiny.tar.zst"},
              {"new_id", 150},      {"name", "fresh"},
              {"memory", 256},      {"ssh_public_key", key}};
  const std::string asked = node.bad("provision", create);
  CHECK(begins(asked, "denied: "));
  CHECK(holds(asked, "create container 150"));
  CHECK_FALSE(node.cluster.has_guest("pve1", "lxc", 150));
  create["confirm"] = true;
  CHECK(node.good("provision", create).at("id") == 150);
  CHECK(holds(read_whole_file(node.cluster.folder() / "nodes/pve1/lxc/150.conf"), key));
  const std::string twice = node.bad("provision", create);
  CHECK(begins(twice, "already_exists: "));
  CHECK(holds(twice, "CT 150 already exists on node 'pve1'"));
  const Json cloned = node.good(
      "provision", {{"action", "clone"}, {"guest", "fresh"}, {"name", "copy"}, {"confirm", true}});
  CHECK(cloned.at("id") == 100);
  CHECK(node.cluster.has_guest("pve1", "lxc", 100));
  node.good("provision", {{"action", "resize"},
                          {"guest", 150},
                          {"disk", "rootfs"},
                          {"size", "+2G"},
                          {"confirm", true}});
  CHECK(begins(node.bad("provision", {{"action", "resize"},
                                      {"guest", 150},
                                      {"disk", "rootfs"},
                                      {"size", "1G"},
                                      {"confirm", true}}),
               "bad_argument: "));
  const std::string running =
      node.bad("provision", {{"action", "destroy"}, {"guest", "web"}, {"confirm", true}});
  CHECK(begins(running, "conflict: "));
  CHECK(holds(running, "unable to destroy CT 101 - container is running"));
  const std::string destroy = node.bad("provision", {{"action", "destroy"}, {"guest", "fresh"}});
  CHECK(holds(destroy, "destroy container 150 (fresh) on pve1 with its disks"));
  node.good("provision", {{"action", "destroy"}, {"guest", "fresh"}, {"confirm", true}});
  CHECK_FALSE(node.cluster.has_guest("pve1", "lxc", 150));
  CHECK_FALSE(has_job_folders());
}
