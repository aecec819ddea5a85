// Commands in containers: what reaches them, what comes back, and how they end.
#include "tests/integration/proxmox_bench.hpp"

using namespace mre;
using namespace mre::testing;

namespace {

struct Shell : NodeBench {
  using NodeBench::NodeBench;

  Json run(const std::string &command, Json extra = Json::object()) {
    extra["ctid"] = 101;
    extra["command"] = command;
    return structured(call("container_exec_command", extra));
  }
};

} // namespace

TEST_CASE("a command runs inside the container and its exit code comes through") {
  if (skip_without_containers()) {
    return;
  }
  Shell shell;
  const Json fields = shell.run("cat /etc/hostname; echo oops >&2; exit 7");
  CHECK(fields.at("outcome") == "exited");
  CHECK(fields.at("exit_code") == 7);
  CHECK(fields.at("stdout") == "guest101\n");
  CHECK(fields.at("stderr") == "oops\n");
  CHECK(fields.at("ctid") == 101);
  CHECK(fields.at("remote_process") == "gone");
  CHECK(shell.run("exit 255").at("exit_code") == 255);
  CHECK(shell.run("no-such-program").at("exit_code") == 127);
  const Json killed = shell.run("kill -9 $$");
  CHECK(killed.at("exit_code") == 137);
  CHECK(killed.at("stderr") == "");
}

TEST_CASE("no word of a command is read by the node's shell") {
  if (skip_without_containers()) {
    return;
  }
  Shell shell;
  const std::string odd = "printf '%s|' \"$(cat /etc/hostname)\" 'a  b' '$HOME;`id`' \"it's\" '*'";
  CHECK(shell.run(odd).at("stdout") == "guest101|a  b|$HOME;`id`|it's|*|");
  CHECK(shell.run("true; touch /srv/inside").at("exit_code") == 0);
  CHECK(path_exists(shell.cluster.root(101) + "/srv/inside"));
}

TEST_CASE("the container gets an environment of its own and nothing of the node's") {
  if (skip_without_containers()) {
    return;
  }
  Shell shell;
  const auto check = [](const Json &fields) {
    const std::string printed = fields.at("stdout").get<std::string>();
    CHECK(holds(printed, "HOME=/root\n"));
    CHECK(holds(printed, "container=lxc\n"));
    CHECK(holds(printed, "LANG=C.UTF-8\n"));
    CHECK(holds(printed, "WORD=two words\n"));
    CHECK_FALSE(holds(printed, "NODE_SECRET"));
    CHECK_FALSE(holds(printed, "SSH_CONNECTION"));
    CHECK_FALSE(holds(printed, "MRE_CALL"));
  };
  const Json extra{{"environment", {{"WORD", "two words"}}}};
  check(shell.run("env", extra));
  shell.cluster.knob("old-release");
  check(shell.run("env", extra));
  check(shell.run("env", extra));
}

TEST_CASE("an old release without --keep-env is asked again without it, once") {
  if (skip_without_containers()) {
    return;
  }
  Shell shell;
  shell.cluster.knob("old-release");
  const Json fields = shell.run("cat; exit 5", {{"stdin", "fed"}});
  CHECK(fields.at("outcome") == "exited");
  CHECK(fields.at("exit_code") == 5);
  CHECK(fields.at("stdout") == "fed");
}

TEST_CASE("standard input and the working directory reach the command") {
  if (skip_without_containers()) {
    return;
  }
  Shell shell;
  CHECK(shell.run("cat; pwd", {{"stdin", "line\n"}, {"working_directory", "/srv"}}).at("stdout") ==
        "line\n/srv\n");
  CHECK(shell.run("pwd").at("stdout") == "/root\n");
  CHECK(shell.run("pwd", {{"working_directory", "/etc/.."}}).at("exit_code") == 0);
  const Json missing = shell.run("echo ran", {{"working_directory", "/none"}});
  CHECK(missing.at("exit_code") != 0);
  CHECK(missing.at("stdout") == "");
  CHECK(holds(missing.at("stderr").get<std::string>(), "/none"));
}

TEST_CASE("a refusal of pct is an error with its code, not an exit code") {
  if (skip_without_containers()) {
    return;
  }
  Shell shell;
  shell.cluster.container("pve1", 102);
  const std::string stopped =
      shell.bad("container_exec_command", {{"ctid", 102}, {"command", "true"}});
  CHECK(begins(stopped, "conflict: "));
  CHECK(holds(stopped, "container '102' not running!"));
  CHECK(holds(stopped, "proxmox_start_container"));
  // The same words out of a program are that program's.
  const Json fields = shell.run("echo seen; echo \"container '101' not running!\" >&2; exit 255");
  CHECK(fields.at("outcome") == "exited");
  CHECK(fields.at("exit_code") == 255);
  const Json alone = shell.run("echo \"container '101' not running!\" >&2; exit 255");
  CHECK(alone.at("outcome") == "exited");
  CHECK(alone.at("exit_code") == 255);
  const Json option = shell.run("echo x >>/srv/ran; echo 'Unknown option: keep-env' >&2; exit 255");
  CHECK(option.at("exit_code") == 255);
  CHECK(shell.run("cat /srv/ran").at("stdout") == "x\n");
  CHECK(begins(shell.bad("container_exec_command", {{"ctid", 101}, {"command", " "}}),
               "bad_argument: "));
}

TEST_CASE("a timeout ends the process inside the container, its children and what ignores TERM") {
  if (skip_without_containers()) {
    return;
  }
  Shell shell;
  const RemoteSleep child;
  const RemoteSleep stubborn;
  const std::string first = child;
  const std::string second = stubborn;
  const Json fields =
      shell.run(first + " & trap '' TERM; echo begun; " + second + "; " + second, {{"timeout", 2}});
  CHECK(fields.at("outcome") == "timed_out");
  CHECK(fields.at("stdout") == "begun\n");
  CHECK(fields.at("remote_process") == "gone");
  CHECK(fields.at("error").at("code") == "timed_out");
  CHECK_FALSE(runs(first));
  CHECK_FALSE(runs(second));
}

TEST_CASE("a timeout ends what threw its environment away") {
  if (skip_without_containers()) {
    return;
  }
  Shell shell;
  const RemoteSleep sleeper;
  const std::string command = sleeper;
  const Json fields = shell.run("echo begun; env -i " + command + "; true", {{"timeout", 2}});
  CHECK(fields.at("stdout") == "begun\n");
  CHECK(fields.at("remote_process") == "gone");
  CHECK_FALSE(runs(command));
}

TEST_CASE("a cancelled call ends the process inside the container") {
  if (skip_without_containers()) {
    return;
  }
  Shell shell;
  const RemoteSleep sleeper;
  const std::string command = sleeper;
  const int id = shell.server->start_tool("proxmox_container_exec_command",
                                          {{"ctid", 101}, {"command", "setsid " + command}});
  // A process whose whole command line this is; the shells before it hold it in one of their words.
  const auto runs_inside = [&] {
    for (const pid_t pid : processes_with_command(command)) {
      if (process_name(pid) == "sleep") {
        return true;
      }
    }
    return false;
  };
  REQUIRE(eventually(runs_inside));
  shell.server->notify("notifications/cancelled", {{"requestId", id}});
  CHECK(eventually([&] { return !runs(command); }, std::chrono::seconds(30)));
}

TEST_CASE("output and binary input pass unchanged") {
  if (skip_without_containers()) {
    return;
  }
  Shell shell;
  CHECK(shell.run("printf '\\000\\001\\377'").at("stdout") == "AAH/");
  CHECK(shell.run("printf '\\000\\001\\377'").at("stdout_encoding") == "base64");
  const Json result =
      shell.call("container_exec_command",
                 {{"ctid", 101}, {"command", "echo x"}, {"response_format", "json"}});
  CHECK(parse_json(text_of(result)).value() == structured(result));
}
