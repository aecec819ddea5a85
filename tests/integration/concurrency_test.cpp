// Many calls at once over a server with OpenSSH's default limits.
#include "tests/integration/bench.hpp"

using namespace mre;
using namespace mre::testing;

TEST_CASE("64 calls in flight all come back, each with its own output, under MaxSessions 10") {
  const Bench bench;
  auto server = start_server(bench.environment());
  std::vector<int> ids;
  for (int number = 0; number < 64; ++number) {
    ids.push_back(server.start_tool("ssh_exec_command",
                                    {{"command", "echo call-" + std::to_string(number)}}));
  }
  for (int number = 0; number < 64; ++number) {
    const Json result =
        server.response(ids[static_cast<std::size_t>(number)], std::chrono::seconds(60))
            .at("result");
    CHECK(structured(result).at("stdout") == "call-" + std::to_string(number) + "\n");
  }
}

TEST_CASE("calls run beside each other, and a ping is answered meanwhile") {
  const Bench bench;
  auto server = start_server(bench.environment());
  server.call_tool("ssh_exec_command", {{"command", "true"}});
  const auto begin = std::chrono::steady_clock::now();
  std::vector<int> ids;
  for (int number = 0; number < 8; ++number) {
    ids.push_back(server.start_tool("ssh_exec_command", {{"command", "sleep 1"}}));
  }
  const Json pong = server.request("ping", Json::object(), std::chrono::milliseconds(900));
  CHECK(pong.contains("result"));
  for (const int id : ids) {
    CHECK(structured(server.response(id).at("result")).at("exit_code") == 0);
  }
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(6));
}

TEST_CASE("files and commands share the few sessions a server allows") {
  for (const int sessions : {1, 2}) {
    const Bench bench({.max_sessions = sessions});
    auto server = start_server(bench.environment());
    const TemporaryFolder folder;
    const std::string file = folder.write("file", "content");
    std::vector<int> ids;
    for (int number = 0; number < 6; ++number) { // on every connection there can be
      ids.push_back(server.start_tool("ssh_exec_command", {{"command", "sleep 0.1; echo ok"}}));
    }
    for (const int id : ids) {
      CHECK(structured(server.response(id).at("result")).at("stdout") == "ok\n");
    }
    for (int round = 0; round < 3; ++round) {
      const Json read = server.call_tool("ssh_read_file", {{"path", file}});
      CHECK(structured(read).value("content", dump_json(read)) == "content");
      const Json ran = server.call_tool("ssh_exec_command", {{"command", "echo ok"}});
      CHECK(structured(ran).at("stdout") == "ok\n");
    }
  }
}

TEST_CASE("a server that allows one session still serves everybody") {
  const Bench bench({.max_sessions = 1});
  auto server = start_server(bench.environment());
  std::vector<int> ids;
  for (int number = 0; number < 6; ++number) {
    ids.push_back(server.start_tool("ssh_exec_command", {{"command", "sleep 0.1; echo ok"}}));
  }
  for (const int id : ids) {
    CHECK(structured(server.response(id, std::chrono::seconds(40)).at("result")).at("stdout") ==
          "ok\n");
  }
}

TEST_CASE("files move while commands run") {
  const Bench bench;
  const TemporaryFolder folder;
  auto server = start_server(bench.environment());
  const std::string source = folder.write("source", std::string(2U << 20U, 'x'));
  std::vector<int> ids;
  for (int number = 0; number < 8; ++number) {
    ids.push_back(server.start_tool(
        "ssh_upload_file",
        {{"local_path", source}, {"remote_path", folder / ("up-" + std::to_string(number))}}));
    ids.push_back(server.start_tool("ssh_exec_command", {{"command", "seq 1 20000"}}));
  }
  for (const int id : ids) {
    const Json result = server.response(id, std::chrono::seconds(60)).at("result");
    INFO(text_of(result));
    CHECK(result.value("isError", false) == false);
  }
  for (int number = 0; number < 8; ++number) {
    CHECK(read_whole_file(folder / ("up-" + std::to_string(number))).size() == 2U << 20U);
  }
}

TEST_CASE("a slow reader of results does not stop the server from ending commands in time") {
  const Bench bench;
  auto server = start_server(bench.environment());
  const RemoteSleep guard;
  const std::string sleeper = guard;
  const int id = server.start_tool("ssh_exec_command", {{"command", sleeper}, {"timeout", 1}});
  CHECK(eventually([&] { return runs(sleeper); }));
  CHECK(eventually([&] { return !runs(sleeper); },
                   std::chrono::seconds(10))); // nobody reads stdout meanwhile
  CHECK(structured(server.response(id).at("result")).at("outcome") == "timed_out");
}
