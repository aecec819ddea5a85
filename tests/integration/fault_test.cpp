// A bad network between the daemon and its host: cut at any byte, silent, frozen, closed, crowded.
// Whatever happens, the call ends in time and says the truth, and the next one works.
#include "tests/integration/bench.hpp"
#include "tests/support/loopback.hpp"
#include "tests/support/tcp_proxy.hpp"

#include <chrono>

using namespace mre;
using namespace mre::testing;
using namespace std::chrono_literals;

namespace {

using Steady = std::chrono::steady_clock;

// A bench whose daemon reaches the sshd only through the proxy.
struct FaultBench {
  explicit FaultBench(SshdOptions options = {}) : bench(std::move(options)) {
    const std::string line = read_whole_file(bench.sshd.known_hosts());
    known_hosts = folder.write("known_hosts", "[127.0.0.1]:" + std::to_string(proxy->port()) +
                                                  line.substr(line.find(' ')));
  }

  Environment environment(const Environment &extra = {}) const {
    Environment all = bench.environment({{"SSH_PORT", std::to_string(proxy->port())},
                                         {"SSH_KNOWN_HOSTS", known_hosts},
                                         {"SSH_CONNECT_TIMEOUT", "3"}});
    for (const auto &[name, value] : extra) {
      all[name] = value;
    }
    return all;
  }

  Bench bench;
  TemporaryFolder folder;
  std::unique_ptr<TcpProxy> proxy = TcpProxy::start(bench.sshd.port()).value();
  std::string known_hosts;
};

Json exec(ServerProcess &server, const std::string &command, int timeout_seconds = 10) {
  return server.call_tool("ssh_exec_command", {{"command", command}, {"timeout", timeout_seconds}});
}

bool is_error(const Json &result) {
  return result.value("isError", false);
}
std::string outcome(const Json &result) {
  return structured(result).value("outcome", "");
}

// A success that carries everything a success carries; anything less is not one.
bool ran(const Json &result, const std::string &output) {
  const Json content = structured(result);
  return !is_error(result) && content.value("outcome", "") == "exited" &&
         content["exit_code"] == 0 && content.value("stdout", "") == output;
}

void check_works(ServerProcess &server) {
  const Json result = exec(server, "echo works");
  INFO(dump_json(result));
  CHECK(ran(result, "works\n"));
}

// Starts a command that says `before` and then sleeps, and waits until its words have arrived.
struct Sleeper {
  int id = 0;
  std::string command = "sleep " + unique_seconds();

  Sleeper(ServerProcess &server, int timeout_seconds) {
    id = server.start_tool(
        "ssh_exec_command",
        {{"command", "echo before; exec " + command}, {"timeout", timeout_seconds}}, 1);
    REQUIRE(server.receive(std::chrono::seconds(10))); // progress: the output is here
    REQUIRE(eventually([&] { return runs(command); }));
  }
  ~Sleeper() { kill_command(command); }
};

std::vector<std::string> names_in(const std::string &folder) {
  const auto listed = run_program({.command = {"ls", "-A", folder}});
  std::vector<std::string> names;
  std::string name;
  for (const char letter : listed.output) {
    if (letter != '\n') {
      name += letter;
    } else {
      names.push_back(std::exchange(name, {}));
    }
  }
  return names;
}

} // namespace

TEST_CASE("a link that is cut during the handshake is unreachable, and the next call works") {
  FaultBench bench;
  auto server = start_server(bench.environment());
  // In and after the server's banner, in its KEXINIT, in its key exchange reply.
  for (const std::uint64_t bytes : {0U, 10U, 60U, 700U, 1250U}) {
    INFO("cut after " << bytes);
    bench.proxy->cut_after(Direction::to_client, bytes,
                           bytes % 20 == 0 ? CutStyle::close : CutStyle::reset);
    const auto begin = Steady::now();
    const Json result = exec(server, "echo ran");
    INFO(dump_json(result));
    CHECK(is_error(result));
    CHECK(error_code(result) == "unreachable");
    CHECK(Steady::now() - begin < 6s);
  }
  bench.proxy->cut_after(Direction::to_client, std::nullopt);
  check_works(server);
}

TEST_CASE("wherever the link is cut, a call either ran completely or is an error that says so") {
  FaultBench bench;
  std::uint64_t whole = 0;
  {
    auto server = start_server(bench.environment());
    check_works(server);
    whole = bench.proxy->counts().bytes_to_client;
  }
  constexpr std::uint64_t kCuts = 8;
  for (std::uint64_t cut = 1; cut < kCuts; ++cut) {
    const std::uint64_t bytes = whole * cut / kCuts;
    INFO("cut after " << bytes << " of " << whole);
    bench.proxy->cut_after(Direction::to_client, bytes,
                           cut % 2 == 0 ? CutStyle::close : CutStyle::reset);
    auto server = start_server(bench.environment());
    const Json result = exec(server, "echo works");
    INFO(dump_json(result));
    if (!ran(result, "works\n")) {
      CHECK(is_error(result));
      CHECK((error_code(result) == "unreachable" || outcome(result) == "lost"));
      CHECK(structured(result).value("exit_code", Json(nullptr)).is_null());
    }
    bench.proxy->cut_after(Direction::to_client, std::nullopt);
    check_works(server);
  }
}

TEST_CASE("a link that is cut in a command is lost, at once, with what the command had said") {
  FaultBench bench;
  auto server = start_server(bench.environment());
  const auto lose = [&](auto cut) {
    const Sleeper sleeper(server, 60);
    const auto begin = Steady::now();
    cut();
    const Json result = server.response(sleeper.id)["result"];
    // Milliseconds in truth; the benchmark measures them. Here it must only not be a time limit of
    // any kind.
    CHECK(Steady::now() - begin < 2s);
    INFO(dump_json(result));
    CHECK(is_error(result));
    CHECK(outcome(result) == "lost");
    const Json content = structured(result);
    CHECK(content.value("stdout", "") == "before\n");
    CHECK(content.value("exit_code", Json(nullptr)).is_null());
    CHECK(content.value("remote_process", "") == "unknown");
    check_works(server);
  };
  SECTION("by a reset") {
    lose([&] { bench.proxy->cut_all(CutStyle::reset); });
  }
  SECTION("by an orderly end") {
    lose([&] { bench.proxy->cut_all(CutStyle::close); });
  }
  SECTION("by the server's half only") {
    lose([&] { bench.proxy->half_close_all(Direction::to_client); });
  }
}

TEST_CASE("a link that is cut in an upload leaves the old file, and the next upload is whole") {
  FaultBench bench;
  auto server = start_server(bench.environment({{"MAX_FILE_SIZE", "0"}}));
  const std::string source = bench.folder.write("source", std::string(6'000'000, 'n'));
  const std::string target_folder = bench.folder.make_folder("far");
  write_whole_file(target_folder + "/target", "old");
  const Json arguments{
      {"local_path", source}, {"remote_path", target_folder + "/target"}, {"overwrite", true}};

  bench.proxy->cut_after(Direction::to_server, 3'000'000, CutStyle::reset);
  const Json cut = server.call_tool("ssh_upload_file", arguments);
  INFO(dump_json(cut));
  CHECK(is_error(cut));
  CHECK(error_code(cut) == "lost");
  CHECK(read_whole_file(target_folder + "/target") == "old");

  bench.proxy->cut_after(Direction::to_server, std::nullopt);
  const Json whole = server.call_tool("ssh_upload_file", arguments);
  INFO(dump_json(whole));
  CHECK_FALSE(is_error(whole));
  CHECK(read_whole_file(target_folder + "/target") == std::string(6'000'000, 'n'));
}

TEST_CASE("a link that is cut in a download leaves no half of a file") {
  FaultBench bench;
  auto server = start_server(bench.environment({{"MAX_FILE_SIZE", "0"}}));
  const std::string source = bench.folder.write("far", std::string(6'000'000, 'f'));
  const std::string folder = bench.folder.make_folder("here");
  const Json arguments{{"remote_path", source}, {"local_path", folder + "/target"}};

  bench.proxy->cut_after(Direction::to_client, 3'000'000, CutStyle::reset);
  const Json cut = server.call_tool("ssh_download_file", arguments);
  INFO(dump_json(cut));
  CHECK(is_error(cut));
  CHECK(error_code(cut) == "lost");
  CHECK(names_in(folder).empty());

  bench.proxy->cut_after(Direction::to_client, std::nullopt);
  CHECK_FALSE(is_error(server.call_tool("ssh_download_file", arguments)));
  CHECK(read_whole_file(folder + "/target") == std::string(6'000'000, 'f'));
  CHECK(names_in(folder) == std::vector<std::string>{"target"});
}

TEST_CASE(
    "a peer that falls silent is noticed within the call's own timeout, and the next call works") {
  FaultBench bench;
  auto server = start_server(bench.environment());
  check_works(server);
  SECTION("before the command") {
    bench.proxy->set_black_hole(true);
    const auto begin = Steady::now();
    const Json result = exec(server, "echo ran", 2);
    CHECK(Steady::now() - begin < 4s);
    INFO(dump_json(result));
    CHECK(is_error(result));
    CHECK(outcome(result) != "exited");
  }
  SECTION("in a command, whose words are kept") {
    const Sleeper sleeper(server, 2);
    bench.proxy->set_black_hole(true);
    const auto begin = Steady::now();
    const Json result = server.response(sleeper.id)["result"];
    CHECK(Steady::now() - begin < 4s);
    INFO(dump_json(result));
    CHECK(is_error(result));
    CHECK((outcome(result) == "timed_out" || outcome(result) == "lost"));
    CHECK(structured(result).value("stdout", "") == "before\n");
    CHECK(structured(result).value("remote_process", "") == "unknown");
  }
  bench.proxy->set_black_hole(false);
  check_works(server);
}

TEST_CASE("a link that freezes for less than the call's timeout loses nothing") {
  FaultBench bench;
  auto server = start_server(bench.environment());
  check_works(server);
  bench.proxy->pause();
  const int id =
      server.start_tool("ssh_exec_command", {{"command", "echo thawed"}, {"timeout", 20}});
  CHECK_FALSE(server.has_response(id, 1000ms));
  bench.proxy->resume();
  const Json result = server.response(id)["result"];
  INFO(dump_json(result));
  CHECK(ran(result, "thawed\n"));
}

TEST_CASE("a host that accepts and never answers is unreachable when SSH_CONNECT_TIMEOUT is over") {
  FaultBench bench;
  bench.proxy->set_black_hole(true);
  auto server = start_server(bench.environment({{"SSH_CONNECT_TIMEOUT", "2"}}));
  const auto begin = Steady::now();
  const Json result = exec(server, "echo ran", 30);
  const auto took = Steady::now() - begin;
  INFO(dump_json(result));
  CHECK(error_code(result) == "unreachable");
  CHECK(took >= 1900ms);
  CHECK(took < 5s);
  bench.proxy->set_black_hole(false);
  check_works(server);
}

TEST_CASE("a server that is restarted under a command loses it and serves the next") {
  FaultBench bench;
  auto server = start_server(bench.environment());
  const Sleeper sleeper(server, 60);
  bench.bench.sshd.restart();
  const Json result = server.response(sleeper.id)["result"];
  INFO(dump_json(result));
  CHECK(is_error(result));
  CHECK(outcome(result) == "lost");
  check_works(server);
}

TEST_CASE("a server that is down is unreachable, and works when it is up again") {
  FaultBench bench;
  auto server = start_server(bench.environment());
  check_works(server);
  bench.bench.sshd.stop();
  const Json result = exec(server, "echo ran");
  INFO(dump_json(result));
  CHECK(is_error(result));
  CHECK(error_code(result) == "unreachable");
  bench.bench.sshd.restart();
  check_works(server);
}

TEST_CASE("a server that is full of half-open logins is unreachable, in time, and works when there "
          "is room") {
  SshdOptions options;
  options.extra_config = {"MaxStartups 1:100:1"};
  FaultBench bench(options);
  auto server = start_server(bench.environment());
  UniqueFd half_open = connect_loopback(bench.bench.sshd.port());
  REQUIRE(wait_readable(half_open.get(), 5000ms)); // its banner: sshd counts it
  const auto begin = Steady::now();
  const Json result = exec(server, "echo ran", 30);
  INFO(dump_json(result));
  CHECK(error_code(result) == "unreachable");
  CHECK(Steady::now() - begin < 6s);
  half_open.reset();
  check_works(server);
}

TEST_CASE("a server that drops surplus logins at random fails no call") {
  SshdOptions options;
  options.extra_config = {"MaxStartups 1:60:4"};
  FaultBench bench(options);
  auto server = start_server(bench.environment({{"SSH_CONNECT_TIMEOUT", "15"}}));
  std::vector<int> calls;
  for (int call = 0; call < 40; ++call) {
    calls.push_back(server.start_tool("ssh_exec_command",
                                      {{"command", "sleep 0.1; echo done"}, {"timeout", 30}}));
  }
  for (const int id : calls) {
    const Json result = server.response(id, 40s)["result"];
    INFO(dump_json(result));
    CHECK(ran(result, "done\n"));
  }
}
