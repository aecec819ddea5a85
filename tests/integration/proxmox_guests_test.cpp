// Guests of both kinds: listing, looking, switching, running commands; consent for what destroys.
#include "tests/integration/proxmox_bench.hpp"

using namespace mre;
using namespace mre::testing;

namespace {

struct Hall : NodeBench {
  Hall() {
    cluster.container("pve1", 102, {{"hostname", "db"}, {"lock", "backup"}});
    cluster.container("pve2", 201, {{"hostname", "far"}});
    cluster.machine("pve1", 300, {{"name", "vm"}, {"agent", "1"}});
    cluster.start("pve1", 300);
  }
};

} // namespace

TEST_CASE("all guests of the cluster are listed with node, state, tags and lock") {
  if (skip_without_containers()) {
    return;
  }
  Hall hall;
  const Json guests = hall.good("list_guests").at("guests");
  REQUIRE(guests.size() == 4);
  CHECK(guests[0] == Json{{"id", 101},
                          {"type", "container"},
                          {"name", "web"},
                          {"status", "running"},
                          {"lock", nullptr},
                          {"node", "pve1"},
                          {"tags", {"prod", "front"}},
                          {"template", false}});
  CHECK(guests[1].at("lock") == "backup");
  CHECK(guests[2].at("node") == "pve2");
  CHECK(guests[3].at("type") == "machine");
}

TEST_CASE("a guest is found by name, and an ambiguous name is refused with the candidates") {
  if (skip_without_containers()) {
    return;
  }
  Hall hall;
  CHECK(hall.good("guest_info", {{"guest", "web"}}).at("id") == 101);
  CHECK(hall.good("guest_info", {{"guest", 101}}).at("name") == "web");
  CHECK(hall.good("guest_info", {{"guest", "101"}}).at("name") == "web");
  hall.cluster.container("pve2", 202, {{"hostname", "web"}});
  const std::string said = hall.bad("guest_info", {{"guest", "web"}});
  CHECK(begins(said, "conflict: "));
  CHECK(holds(said, "container 101 (web) on pve1"));
  CHECK(holds(said, "container 202 (web) on pve2"));
  CHECK(begins(hall.bad("guest_info", {{"guest", "$(id)"}}), "not_found: "));
  CHECK(begins(hall.bad("guest_info"), "bad_argument: "));
  CHECK(begins(hall.bad("guest_info", {{"guest", "web"}, {"ctid", 101}}), "bad_argument: "));
  CHECK(begins(hall.bad("guest_info", {{"guest", 5}}), "bad_argument: "));
}

TEST_CASE("info has configuration, usage, addresses and snapshots") {
  if (skip_without_containers()) {
    return;
  }
  Hall hall;
  const Json info = hall.good("guest_info", {{"guest", "web"}});
  CHECK(info.at("config").at("hostname") == "web");
  CHECK(info.at("usage").at("maxmem") == 536870912);
  CHECK(info.at("addresses") == Json{"10.0.0.7/24"});
  CHECK(info.at("snapshots") == Json::array());
  CHECK(hall.good("guest_info", {{"guest", "vm"}}).at("addresses") == Json{"10.0.0.9/24"});
  CHECK(hall.good("guest_info", {{"guest", "far"}}).at("addresses") == Json::array());
}

TEST_CASE("power is idempotent, and a hard stop needs consent") {
  if (skip_without_containers()) {
    return;
  }
  Hall hall;
  CHECK(hall.good("guest_power", {{"guest", "vm"}, {"action", "start"}}).at("changed") == false);
  const std::string asked = hall.bad("guest_power", {{"guest", "vm"}, {"action", "stop"}});
  CHECK(begins(asked, "denied: "));
  CHECK(holds(asked, "confirm=true"));
  CHECK(holds(asked, "machine 300 (vm)"));
  CHECK(hall.cluster.is_running(300));
  CHECK(begins(hall.bad("guest_power", {{"guest", "vm"}, {"action", "stop"}, {"confirm", false}}),
               "denied: "));
  const Json stopped =
      hall.good("guest_power", {{"guest", "vm"}, {"action", "stop"}, {"confirm", true}});
  CHECK(stopped.at("changed") == true);
  CHECK(stopped.at("before") == "running");
  CHECK(stopped.at("after") == "stopped");
  CHECK(stopped.at("state") == "finished");
  // Both programs differ here: qm succeeds silently, pct fails.
  CHECK(hall.good("guest_power", {{"guest", "vm"}, {"action", "stop"}}).at("changed") == false);
  CHECK(hall.good("guest_power", {{"guest", "vm"}, {"action", "start"}}).at("after") == "running");
  CHECK(hall.good("guest_power", {{"guest", "vm"}, {"action", "suspend"}}).at("after") == "paused");
  CHECK(hall.good("guest_power", {{"guest", "vm"}, {"action", "suspend"}}).at("changed") == false);
  CHECK(hall.good("guest_power", {{"guest", "vm"}, {"action", "resume"}}).at("after") == "running");
  CHECK(hall.good("guest_power", {{"guest", "web"}, {"action", "shutdown"}}).at("after") ==
        "stopped");
  CHECK(hall.good("guest_power", {{"guest", "web"}, {"action", "shutdown"}}).at("changed") ==
        false);
  const std::string reboot = hall.bad("guest_power", {{"guest", "web"}, {"action", "reboot"}});
  CHECK(begins(reboot, "conflict: "));
  CHECK(holds(reboot, "VM 101 not running"));
}

TEST_CASE("a start that is left to a manager is waited for, and told when it outlasts the wait") {
  if (skip_without_containers()) {
    return;
  }
  Hall hall;
  hall.cluster.container("pve1", 110, {{"hostname", "managed"}});
  hall.cluster.knob("ha-110");
  const Json asked =
      hall.good("guest_power", {{"guest", "managed"}, {"action", "start"}, {"wait", 0}});
  if (asked.at("after") == "stopped") { // the manager takes a second
    CHECK(asked.at("changed") == false);
    CHECK(asked.at("state") == "running");
  }
  REQUIRE(eventually([&] { return hall.cluster.is_running(110); }));
  hall.cluster.remove_knob("ha-110");
  hall.good("guest_power", {{"guest", "managed"}, {"action", "shutdown"}});
  hall.cluster.knob("ha-110");
  const Json started = hall.good("guest_power", {{"guest", "managed"}, {"action", "start"}});
  CHECK(started.at("changed") == true);
  CHECK(started.at("after") == "running");
  CHECK(started.at("state") == "finished");
}

TEST_CASE("a start after which the guest is not up is no success") {
  if (skip_without_containers()) {
    return;
  }
  Hall hall;
  hall.cluster.container("pve1", 111, {{"hostname", "shy"}});
  hall.cluster.knob("pretends-to-start-111");
  const std::string said = hall.bad("guest_power", {{"guest", "shy"}, {"action", "start"}});
  CHECK(begins(said, "remote_failed: "));
  CHECK(holds(said, "is stopped after pct start 111"));
  CHECK(begins(hall.bad("guest_power", {{"guest", ""}, {"action", "start"}}), "bad_argument: "));
}

TEST_CASE("a guest that ignores a shutdown says so and what to do") {
  if (skip_without_containers()) {
    return;
  }
  Hall hall;
  hall.cluster.knob("ignores-shutdown-101");
  const std::string said = hall.bad("guest_power", {{"guest", "web"}, {"action", "shutdown"}});
  CHECK(begins(said, "timed_out: "));
  CHECK(holds(said, "container did not stop"));
  CHECK(holds(said, "action stop"));
}

TEST_CASE("a person who can be asked decides") {
  if (skip_without_containers()) {
    return;
  }
  Hall hall;
  ServerProcess server({.environment = hall.bench.environment({{"ENABLE_PROXMOX", "true"}})});
  server.initialize("2025-11-25", {{"elicitation", Json::object()}});
  const auto answer = [&](const Json &reply) {
    const int id = server.start_tool("proxmox_guest_power", {{"guest", "vm"}, {"action", "stop"}});
    std::optional<Json> question;
    while (!question || question->value("method", "") != "elicitation/create") {
      question = server.receive();
      REQUIRE(question.has_value());
    }
    CHECK(holds(question->at("params").at("message").get<std::string>(), "machine 300 (vm)"));
    server.send({{"jsonrpc", "2.0"}, {"id", question->at("id")}, {"result", reply}});
    return server.response(id, std::chrono::seconds(60)).at("result");
  };
  CHECK(error_code(answer({{"action", "decline"}})) == "denied");
  CHECK(hall.cluster.is_running(300));
  const Json done = answer({{"action", "accept"}, {"content", {{"confirm", true}}}});
  CHECK(structured(done).at("after") == "stopped");
}

TEST_CASE("a command runs in a container and in a machine, with the inner exit code") {
  if (skip_without_containers()) {
    return;
  }
  Hall hall;
  const Json inside =
      hall.good("guest_exec", {{"guest", "web"}, {"command", "cat /etc/hostname; exit 3"}});
  CHECK(inside.at("stdout") == "guest101\n");
  CHECK(inside.at("exit_code") == 3);
  CHECK(inside.at("guest") == 101);
  const Json machine =
      hall.good("guest_exec",
                {{"guest", "vm"},
                 {"command", "cat /etc/hostname; echo \"$WORD\"; pwd; cat; echo bad >&2; exit 4"},
                 {"environment", {{"WORD", "it's"}}},
                 {"working_directory", "/srv"},
                 {"stdin", "fed\n"}});
  CHECK(machine.at("outcome") == "exited");
  CHECK(machine.at("exit_code") == 4);
  CHECK(machine.at("stdout") == "guest300\nit's\n/srv\nfed\n");
  CHECK(machine.at("stderr") == "bad\n");
  CHECK(machine.at("guest") == 300);
}

TEST_CASE("a command in a machine that outlasts its time is ended there") {
  if (skip_without_containers()) {
    return;
  }
  Hall hall;
  const RemoteSleep sleeper;
  const std::string command = sleeper;
  const Json result =
      hall.call("guest_exec", {{"guest", "vm"}, {"command", command}, {"timeout", 1}});
  CHECK(error_code(result) == "timed_out");
  CHECK(structured(result).at("outcome") == "timed_out");
  CHECK(structured(result).at("remote_process") == "gone");
  CHECK_FALSE(runs(command));
}

TEST_CASE("a machine without a working agent refuses with the reason") {
  if (skip_without_containers()) {
    return;
  }
  Hall hall;
  hall.cluster.machine("pve1", 301, {{"name", "bare"}});
  hall.cluster.start("pve1", 301);
  hall.cluster.machine("pve1", 302, {{"name", "off"}, {"agent", "1"}});
  const std::string bare = hall.bad("guest_exec", {{"guest", "bare"}, {"command", "true"}});
  CHECK(begins(bare, "unsupported: "));
  CHECK(holds(bare, "No QEMU guest agent configured"));
  const std::string off = hall.bad("guest_exec", {{"guest", "off"}, {"command", "true"}});
  CHECK(begins(off, "conflict: "));
  CHECK(holds(off, "VM 302 is not running"));
  hall.cluster.knob("silent-agent-300");
  const std::string silent = hall.bad("guest_exec", {{"guest", "vm"}, {"command", "true"}});
  CHECK(begins(silent, "conflict: "));
  CHECK(holds(silent, "QEMU guest agent is not running"));
}

TEST_CASE("only tools that never change anything exist under MRE_READ_ONLY") {
  if (skip_without_containers()) {
    return;
  }
  NodeBench node(Environment{{"MRE_READ_ONLY", "true"}});
  const auto names = node.server->tool_names();
  for (const char *name : {"list_containers", "container_status", "list_guests", "guest_info"}) {
    CHECK(contains(names, std::string("proxmox_") + name));
  }
  for (const char *name : {"start_container", "guest_exec", "guest_power", "snapshot", "backup",
                           "provision", "task", "upload_file_to_container"}) {
    CHECK_FALSE(contains(names, std::string("proxmox_") + name));
  }
}
