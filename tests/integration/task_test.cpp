// Commands and transfers as tasks, over the real binary and a real sshd, in both generations.
#include "tests/integration/bench.hpp"

#include <string>

using namespace mre;
using namespace mre::testing;

namespace {

Json modern(Json params) {
  params["_meta"] = ServerProcess::modern_meta(
      {{"extensions", {{"io.modelcontextprotocol/tasks", Json::object()}}}});
  return params;
}

// The task once it is over, polled as a client polls.
Json wait_until_over(ServerProcess &server, const std::string &id,
                     const std::function<Json(Json)> &dressed) {
  Json task;
  CHECK(eventually(
      [&] {
        task = server.request("tasks/get", dressed({{"taskId", id}})).at("result");
        const auto status = task.at("status").get<std::string>();
        return status == "completed" || status == "failed" || status == "cancelled";
      },
      kPatience));
  return task;
}

} // namespace

TEST_CASE("a command that lasts becomes a task, and its result is fetched later") {
  const Bench bench;
  ServerProcess server({.environment = bench.environment()});
  const Json created =
      server
          .request("tools/call", modern({{"name", "ssh_exec_command"},
                                         {"arguments", {{"command", "sleep 8; echo done"}}}}))
          .at("result");
  REQUIRE(created.at("resultType") == "task");
  const auto task = wait_until_over(server, created.at("taskId"), modern);
  CHECK(task.at("status") == "completed");
  CHECK(task.at("result").at("isError") == false);
  CHECK(task.at("result").at("structuredContent").at("stdout") == "done\n");
  CHECK(task.at("result").at("structuredContent").at("outcome") == "exited");
}

TEST_CASE("cancelling a task ends the remote process") {
  const Bench bench;
  const RemoteSleep sleep;
  const std::string command = sleep;
  SECTION("as the extension of the newer generation") {
    ServerProcess server({.environment = bench.environment()});
    const Json created =
        server
            .request("tools/call",
                     modern({{"name", "ssh_exec_command"}, {"arguments", {{"command", command}}}}))
            .at("result");
    REQUIRE(created.at("resultType") == "task");
    REQUIRE(eventually([&] { return runs(command); }));
    const auto id = created.at("taskId").get<std::string>();
    CHECK(server.request("tasks/cancel", modern({{"taskId", id}})).contains("result"));
    CHECK(wait_until_over(server, id, modern).at("status") == "cancelled");
    CHECK(eventually([&] { return !runs(command); }));
  }
  SECTION("as the experiment of the older one, which also tells what became of it") {
    ServerProcess server({.environment = bench.environment()});
    server.initialize();
    const Json created = server
                             .request("tools/call", {{"name", "ssh_exec_command"},
                                                     {"arguments", {{"command", command}}},
                                                     {"task", {{"ttl", 60000}}}})
                             .at("result")
                             .at("task");
    REQUIRE(eventually([&] { return runs(command); }));
    const auto id = created.at("taskId").get<std::string>();
    CHECK(server.request("tasks/cancel", {{"taskId", id}}).at("result").at("status") ==
          "cancelled");
    const Json result = server.request("tasks/result", {{"taskId", id}}).at("result");
    CHECK(result.at("isError") == true);
    CHECK(result.at("structuredContent").at("outcome") == "cancelled");
    CHECK(result.at("structuredContent").at("remote_process") == "gone");
    CHECK_FALSE(runs(command));
  }
}

TEST_CASE("the end of the client ends its tasks too") {
  const Bench bench;
  const RemoteSleep sleep;
  const std::string command = sleep;
  ServerProcess server({.environment = bench.environment()});
  server.initialize();
  server.request("tools/call", {{"name", "ssh_exec_command"},
                                {"arguments", {{"command", command}}},
                                {"task", Json::object()}});
  REQUIRE(eventually([&] { return runs(command); }));
  server.close_input();
  const auto end = server.wait();
  REQUIRE(end);
  CHECK(end->exit_code == 0);
  CHECK(eventually([&] { return !runs(command); }));
}

TEST_CASE("a transfer runs as a task and gives the result of a plain one") {
  const Bench bench;
  const TemporaryFolder folder;
  const std::string local = folder.write("local.bin", std::string(300000, 'x'));
  const std::string remote = folder / "remote.bin";
  ServerProcess server({.environment = bench.environment()});
  server.initialize();
  const Json created =
      server
          .request("tools/call", {{"name", "ssh_upload_file"},
                                  {"arguments", {{"local_path", local}, {"remote_path", remote}}},
                                  {"task", Json::object()}})
          .at("result")
          .at("task");
  const Json result =
      server.request("tasks/result", {{"taskId", created.at("taskId")}}).at("result");
  CHECK(result.at("isError") == false);
  CHECK(result.at("structuredContent").at("bytes") == 300000);
  CHECK(result.at("_meta").at("io.modelcontextprotocol/related-task").at("taskId") ==
        created.at("taskId"));
  CHECK(read_whole_file(remote) == read_whole_file(local));
}

TEST_CASE("the list says which tools run as tasks, to the revision that asks for it") {
  const Bench bench;
  ServerProcess server({.environment = bench.environment()});
  server.initialize("2025-11-25");
  const Json list = server.request("tools/list").at("result");
  for (const Json &tool : list.at("tools")) {
    const auto name = tool.at("name").get<std::string>();
    INFO(name);
    const bool lasts = name == "ssh_exec_command" || name.starts_with("ssh_upload_") ||
                       name.starts_with("ssh_download_");
    CHECK(tool.contains("execution") == lasts);
    CHECK(tool.contains("annotations"));
  }
  ServerProcess older({.environment = bench.environment()});
  CHECK_FALSE(older.initialize("2025-06-18").at("capabilities").contains("tasks"));
  const Json older_list = older.request("tools/list").at("result");
  for (const Json &tool : older_list.at("tools")) {
    CHECK_FALSE(tool.contains("execution"));
  }
}
