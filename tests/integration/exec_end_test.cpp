// Commands that do not end by themselves: time limits, cancelling, the client or the link going
// away.
#include "tests/integration/bench.hpp"

using namespace mre;
using namespace mre::testing;

namespace {

// TERM, KILL and sweep have 2, 1 and 5 s; the rest is a busy machine.
constexpr auto kLadder = std::chrono::seconds(15);

} // namespace

TEST_CASE(
    "a command that lasts too long is ended with all its children, and what it said is kept") {
  const Bench bench;
  auto server = start_server(bench.environment());
  const RemoteSleep guard;
  const std::string sleeper = guard;
  std::string command;
  SECTION("a plain command") {
    command = sleeper;
  }
  SECTION("a tree") {
    command = "(" + sleeper + " & " + sleeper + ") & " + sleeper;
  }
  SECTION("one that ignores TERM, HUP and INT") {
    command = "trap '' TERM HUP INT; while :; do " + sleeper + "; done";
  }
  SECTION("a child in a session of its own") {
    command = "setsid " + sleeper + " & " + sleeper;
  }
  server.call_tool("ssh_exec_command", {{"command", "true"}}); // the limit counts the login as well
  const auto begin = std::chrono::steady_clock::now();
  const Json result = server.call_tool("ssh_exec_command",
                                       {{"command", "echo before; " + command}, {"timeout", 1}});
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(1) + kLadder);
  const Json fields = structured(result);
  CHECK(fields.at("outcome") == "timed_out");
  CHECK(fields.at("exit_code").is_null());
  CHECK(fields.at("stdout") == "before\n");
  CHECK(fields.at("remote_process") == "gone");
  CHECK(result.at("isError") == true);
  CHECK(error_code(result) == "timed_out");
  CHECK(holds(text_of(result), "TIMED OUT after 1 s"));
  CHECK_FALSE(runs(sleeper)); // "gone" was verified, so it is gone now, not soon
}

TEST_CASE("a command that prints all the time is ended at its limit too") {
  const Bench bench;
  auto server = start_server(bench.environment());
  server.call_tool("ssh_exec_command", {{"command", "true"}});
  const Json fields = structured(server.call_tool(
      "ssh_exec_command", {{"command", "while :; do echo tick; sleep 0.1; done"}, {"timeout", 1}}));
  CHECK(fields.at("outcome") == "timed_out");
  CHECK(fields.at("stdout").get<std::string>().rfind("tick\ntick\n", 0) == 0);
}

TEST_CASE("TIMEOUT is the default limit of a command") {
  const Bench bench;
  auto server = start_server(bench.environment({{"TIMEOUT", "1"}}));
  const Json result =
      server.call_tool("ssh_exec_command", {{"command", "sleep " + unique_seconds()}});
  CHECK(structured(result).at("outcome") == "timed_out");
}

TEST_CASE("a cancelled call gets no answer and leaves no remote process") {
  const Bench bench;
  auto server = start_server(bench.environment());
  const RemoteSleep guard;
  const std::string sleeper = guard;
  const int id = server.start_tool("ssh_exec_command", {{"command", sleeper}});
  REQUIRE(eventually([&] { return runs(sleeper); }));
  server.notify("notifications/cancelled", {{"requestId", id}, {"reason", "test"}});
  CHECK(eventually([&] { return !runs(sleeper); }, kLadder));
  CHECK_FALSE(server.has_response(id, std::chrono::milliseconds(300)));
  CHECK(structured(server.call_tool("ssh_exec_command", {{"command", "echo on"}})).at("stdout") ==
        "on\n");
}

TEST_CASE("cancelling an id of the other JSON type cancels nothing") {
  const Bench bench;
  auto server = start_server(bench.environment());
  const int id = server.start_tool("ssh_exec_command", {{"command", "sleep 0.7; echo done"}});
  server.notify("notifications/cancelled", {{"requestId", std::to_string(id)}});
  CHECK(structured(server.response(id).at("result")).at("stdout") == "done\n");
}

TEST_CASE("a client that goes away leaves no remote process behind") {
  const Bench bench;
  auto server = start_server(bench.environment());
  const RemoteSleep guard;
  const std::string sleeper = guard;
  server.start_tool(
      "ssh_exec_command",
      {{"command", "trap '' TERM; while :; do " + sleeper + "; done"}, {"timeout", 200}});
  REQUIRE(eventually([&] { return runs(sleeper); }));
  SECTION("by closing the pipe") {
    server.close_input();
  }
  SECTION("by SIGTERM") {
    server.signal(SIGTERM);
  }
  const auto end = server.wait(kLadder);
  REQUIRE(end);
  CHECK(end->exit_code == 0);
  CHECK(eventually([&] { return !runs(sleeper); }, kLadder));
  CHECK(eventually([&] { return bench.sshd.connections().empty(); }));
}

TEST_CASE("an idle server ends with its input, promptly and cleanly") {
  const Bench bench;
  auto server = start_server(bench.environment());
  server.call_tool("ssh_exec_command", {{"command", "true"}});
  server.close_input();
  const auto end = server.wait(std::chrono::seconds(5));
  REQUIRE(end);
  CHECK(end->exit_code == 0);
}

TEST_CASE(
    "a link that breaks during a command is lost, never success, and the next call reconnects") {
  Bench bench;
  auto server = start_server(bench.environment());
  const RemoteSleep guard;
  const std::string sleeper = guard;
  const int id =
      server.start_tool("ssh_exec_command", {{"command", "echo started; " + sleeper}}, 1);
  REQUIRE(server.receive(std::chrono::seconds(5))); // progress: the output is here, not on its way
  REQUIRE(eventually([&] { return runs(sleeper); }));
  bench.sshd.kill_connections();
  const Json result = server.response(id, std::chrono::seconds(5)).at("result");
  const Json fields = structured(result);
  CHECK(fields.at("outcome") == "lost");
  CHECK(fields.at("exit_code").is_null());
  CHECK(fields.at("remote_process") == "unknown");
  CHECK(fields.at("stdout") == "started\n");
  CHECK(result.at("isError") == true);
  CHECK(error_code(result) == "lost");
  CHECK(
      structured(server.call_tool("ssh_exec_command", {{"command", "echo again"}})).at("stdout") ==
      "again\n");
}

TEST_CASE("a connection that died while idle is reopened without a word") {
  Bench bench;
  auto server = start_server(bench.environment());
  CHECK(structured(server.call_tool("ssh_exec_command", {{"command", "true"}})).at("exit_code") ==
        0);
  SECTION("the connection alone") {
    bench.sshd.kill_connections();
  }
  SECTION("the whole server restarted") {
    bench.sshd.restart();
  }
  const Json fields = structured(server.call_tool("ssh_exec_command", {{"command", "echo back"}}));
  CHECK(fields.at("outcome") == "exited");
  CHECK(fields.at("stdout") == "back\n");
}

TEST_CASE(
    "a server that falls silent is noticed within the call's own limit, and the next call works") {
  Bench bench;
  auto server = start_server(bench.environment());
  const RemoteSleep guard;
  const std::string sleeper = guard;
  const int id = server.start_tool("ssh_exec_command", {{"command", sleeper}, {"timeout", 2}});
  REQUIRE(eventually([&] { return runs(sleeper); }));
  bench.sshd.freeze();
  const auto begin = std::chrono::steady_clock::now();
  const Json result = server.response(id, std::chrono::seconds(2) + kLadder).at("result");
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2) + kLadder);
  const Json fields = structured(result);
  CHECK((fields.at("outcome") == "timed_out" || fields.at("outcome") == "lost"));
  CHECK(fields.at("remote_process") != "gone"); // nobody could verify that
  CHECK(result.at("isError") == true);
  const Json next = structured(server.call_tool(
      "ssh_exec_command", {{"command", "echo works"}, {"timeout", 20}}, std::chrono::seconds(40)));
  CHECK(next.at("stdout") == "works\n");
  bench.sshd.thaw();
}
