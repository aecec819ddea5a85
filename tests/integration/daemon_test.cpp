// The life of a daemon: how it ends, what the service manager hands it and hears from it.
#include "tests/integration/http_bench.hpp"
#include "tests/support/loopback.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <map>
#include <sstream>

using namespace mre;
using namespace mre::testing;

namespace {

// A call with its end in the audit, by the call's number.
std::map<std::string, Json> ended_calls(const std::string &state_folder) {
  std::map<std::string, Json> ends;
  std::istringstream text(read_whole_file(state_folder + "/audit.jsonl"));
  for (std::string line; std::getline(text, line);) {
    Json record = Json::parse(line);
    const std::string call = record.at("call").dump();
    if (record.at("phase") == "begin") {
      ends[call]; // null until its end comes
    } else if (record.at("phase") == "end") {
      ends[call] = std::move(record);
    }
  }
  return ends;
}

// A stateless call whose client takes tasks, so that a task is what it gets.
std::string task_post(const std::string &command) {
  Json params = exec_params(command);
  params["_meta"] = ServerProcess::modern_meta(
      {{"extensions", {{"io.modelcontextprotocol/tasks", Json::object()}}}});
  return http_post({{"MCP-Protocol-Version", "2026-07-28"},
                    {"Mcp-Method", "tools/call"},
                    {"Mcp-Name", "ssh_exec_command"}},
                   HttpDaemon::message("tools/call", params));
}

bool is_refused(std::uint16_t port) {
  return !connect_loopback(port);
}

// How the daemon ended, and when not well, what it said: the only witness of a crash.
std::string end_of(ServerProcess &daemon, std::chrono::milliseconds patience = kPatience) {
  const auto end = daemon.wait(patience);
  if (!end) {
    return "it still runs";
  }
  if (end->signal) {
    return "signal " + std::to_string(*end->signal) + ": " + daemon.error_output();
  }
  const int code = *end->exit_code;
  return code == 0 ? "well" : "exit " + std::to_string(code) + ": " + daemon.error_output();
}

// The server with the listening socket handed to it as a service manager does.
ShellDaemon activated(const Listener &listener, const std::string &pid = "$$") {
  return ShellDaemon("exec 3<&" + std::to_string(listener.socket.get()) +
                         "; export LISTEN_FDS=1 LISTEN_PID=" + pid,
                     offline());
}

Listener inheritable_listener() {
  auto listener = listen_loopback();
  REQUIRE(listener);
  ::fcntl(listener->socket.get(), F_SETFD, 0);
  return std::move(*listener);
}

} // namespace

TEST_CASE("what needs no longer than the budget is done when a daemon ends, tasks included") {
  if (!Sshd::is_available()) {
    WARN("SKIPPED: no sshd here");
    return;
  }
  const Bench bench;
  const TemporaryFolder folder;
  Environment environment = with_http(bench);
  environment["MRE_STATE_DIR"] = folder.path();
  HttpDaemon daemon(environment);
  const std::string gate = folder / "gate";
  const std::string until_open = "until [ -e " + gate + " ]; do sleep 0.05; done; echo through";
  const std::string trace = folder / "trace";
  const Json created =
      daemon.ask(task_post(until_open + "; echo done > " + trace)).json().at("result");
  REQUIRE(created.at("resultType") == "task");
  HttpConnection call(daemon.port);
  call.send(modern_post("tools/call",
                        exec_params("echo here > " + (folder / "begun") + "; " + until_open)));
  REQUIRE(eventually([&] { return path_exists(folder / "begun"); }, kPatience));
  daemon.process.signal(SIGTERM);
  REQUIRE(eventually([&] { return is_refused(daemon.port); }, kPatience));
  write_whole_file(gate, "");
  CHECK(call.response().json().at("result").at("structuredContent").at("stdout") == "through\n");
  CHECK(end_of(daemon.process) == "well");
  CHECK(path_exists(trace));
  const auto calls = ended_calls(folder.path());
  CHECK(calls.size() == 2);
  for (const auto &[number, record] : calls) {
    REQUIRE(record.is_object());
    CHECK(record.at("outcome") == "exited");
  }
}

TEST_CASE("what needs longer is ended on the far side, and the audit knows") {
  if (!Sshd::is_available()) {
    WARN("SKIPPED: no sshd here");
    return;
  }
  const Bench bench;
  const TemporaryFolder folder;
  Environment environment = with_http(bench);
  environment["MRE_STATE_DIR"] = folder.path();
  HttpDaemon daemon(environment);
  const RemoteSleep in_task;
  const RemoteSleep in_call;
  REQUIRE(daemon.ask(task_post(in_task)).json().at("result").at("resultType") == "task");
  HttpConnection call(daemon.port);
  call.send(modern_post("tools/call", exec_params(in_call)));
  REQUIRE(eventually([&] { return runs(in_task) && runs(in_call); }, kPatience));
  daemon.process.signal(SIGTERM);
  const Json result = call.response().json().at("result");
  CHECK(result.at("structuredContent").at("outcome") == "cancelled");
  CHECK(result.at("structuredContent").at("remote_process") == "gone");
  CHECK(end_of(daemon.process, 2 * kPatience) == "well");
  CHECK_FALSE(runs(in_task));
  CHECK_FALSE(runs(in_call));
  const auto calls = ended_calls(folder.path());
  CHECK(calls.size() == 2);
  for (const auto &[number, record] : calls) {
    REQUIRE(record.is_object());
    CHECK(record.at("outcome") == "cancelled");
  }
}

TEST_CASE("a daemon that ends refuses the next request on a kept connection") {
  HttpDaemon daemon(offline());
  HttpConnection kept(daemon.port);
  kept.send(modern_post("tools/list"));
  REQUIRE(kept.response().status == 200);
  daemon.process.signal(SIGTERM);
  CHECK(kept.is_closed());
  CHECK(end_of(daemon.process) == "well");
}

TEST_CASE("a socket that was handed over is served, also clients who came before the daemon") {
  const Listener listener = inheritable_listener();
  HttpConnection early(listener.port);
  early.send(modern_post("tools/list"));
  ShellDaemon first = activated(listener);
  CHECK(early.response().status == 200);
  // A restart loses nobody: the socket is the manager's and stays.
  first.process().signal(SIGTERM);
  REQUIRE(first.process().wait(kPatience));
  HttpConnection meanwhile(listener.port);
  meanwhile.send(modern_post("tools/list"));
  ShellDaemon second = activated(listener);
  CHECK(meanwhile.response().status == 200);
  second.process().signal(SIGTERM);
  CHECK(second.process().wait(kPatience)->exit_code == 0);
}

TEST_CASE("a socket that was handed to another process is left alone") {
  const Listener listener = inheritable_listener();
  ShellDaemon server = activated(listener, "1");
  CHECK(server.port() != listener.port);
}

TEST_CASE("a public socket that was handed over needs a token like any other") {
  Listener listener = inheritable_listener();
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in everywhere{};
  everywhere.sin_family = AF_INET;
  REQUIRE(::bind(socket, reinterpret_cast<sockaddr *>(&everywhere), sizeof everywhere) == 0);
  REQUIRE(::listen(socket, 8) == 0);
  listener.socket.reset(socket);
  ShellDaemon server = activated(listener);
  const auto end = server.process().wait(kPatience);
  REQUIRE(end);
  CHECK(end->exit_code == 2);
  CHECK(holds(server.said(), "HTTP_TOKEN"));
}

TEST_CASE("the service manager is told when the daemon serves, reloads and ends") {
  const TemporaryFolder folder;
  const UniqueFd manager(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = folder / "notify";
  path.copy(static_cast<char *>(address.sun_path), sizeof address.sun_path - 1);
  REQUIRE(::bind(manager.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) == 0);
  const auto heard = [&]() -> std::string {
    if (!wait_readable(manager.get(), kPatience)) {
      return "nothing";
    }
    std::array<char, 512> text{};
    const ssize_t size = ::recv(manager.get(), text.data(), text.size(), 0);
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  };
  HttpDaemon daemon(offline({{"NOTIFY_SOCKET", path}}));
  CHECK(heard() == "READY=1");
  CHECK(daemon.status(modern_post("tools/list")) == 200);
  daemon.process.signal(SIGHUP);
  CHECK(holds(heard(), "RELOADING=1\nMONOTONIC_USEC="));
  CHECK(heard() == "READY=1");
  daemon.process.signal(SIGTERM);
  CHECK(heard() == "STOPPING=1");
  CHECK(end_of(daemon.process) == "well");
}
