// Many hosts in one process: connected at once, and each with troubles of its own that no other
// notices.
#include "tests/integration/bench.hpp"
#include "tests/support/network.hpp"
#include "tests/support/tcp_proxy.hpp"

#include <map>
#include <memory>

using namespace mre;
using namespace mre::testing;
using namespace std::chrono_literals;

namespace {

// A host book over one sshd; known_hosts holds its key for every address and port of loopback.
class Fleet {
public:
  explicit Fleet(SshdOptions options = {}) : sshd(std::move(options)) {
    const std::string line = read_whole_file(sshd.known_hosts());
    known_hosts_ = folder_.write("known_hosts", "[127.*]:*" + line.substr(line.find(' ')));
  }

  void add(const std::string &name, const std::string &address, std::uint16_t port,
           const Json &more = Json::object()) {
    Json host = {{"host", address},
                 {"port", port},
                 {"user", sshd.user()},
                 {"key", sshd.client_key()},
                 {"known_hosts", known_hosts_}};
    host.update(more);
    hosts_[name] = host;
  }
  // A host of which the network can be made as bad as needed.
  TcpProxy &add_behind_proxy(const std::string &name, const Json &more = Json::object()) {
    auto &proxy = proxies_[name];
    proxy = TcpProxy::start(sshd.port()).value();
    add(name, "127.0.0.1", proxy->port(), more);
    return *proxy;
  }

  Environment environment(const Environment &extra = {}) const {
    Environment all{{"I_ACCEPT_RISKS", "true"},
                    {"MRE_HOSTS", folder_.write("hosts.json", dump_json({{"hosts", hosts_}}))}};
    for (const auto &[name, value] : extra) {
      all[name] = value;
    }
    return all;
  }

  std::string path(const std::string &name) const { return folder_ / name; }
  const TemporaryFolder &folder() const { return folder_; }

  Sshd sshd;

private:
  TemporaryFolder folder_;
  std::string known_hosts_;
  Json hosts_ = Json::object();
  std::map<std::string, std::unique_ptr<TcpProxy>> proxies_;
};

int begin_exec(ServerProcess &server, const std::string &host, const std::string &command,
               int timeout_seconds = 60) {
  return server.start_tool("ssh_exec_command",
                           {{"host", host}, {"command", command}, {"timeout", timeout_seconds}});
}

Json answer(ServerProcess &server, int id) {
  return server.response(id, 90s).at("result");
}

void check_ran(const Json &result, const std::string &output) {
  INFO(dump_json(result));
  const Json content = structured(result);
  CHECK_FALSE(result.value("isError", false));
  CHECK(content.value("outcome", "") == "exited");
  CHECK(content.value("stdout", "") == output);
}

std::size_t connected(ServerProcess &server) {
  const Json list = structured(server.call_tool("ssh_list_hosts", Json::object()));
  std::size_t count = 0;
  for (const Json &host : list.at("hosts")) {
    count += host.at("connected").get<bool>() ? 1U : 0U;
  }
  return count;
}

std::string name_of(int index) {
  return "h" + std::to_string(index);
}

} // namespace

TEST_CASE("a fleet is connected at once, and its machine never sees too many logins") {
  constexpr int kHosts = 40;
  // Beyond twelve half-open logins sshd drops every further one, and says so.
  Fleet fleet({.extra_config = {"MaxStartups 12:100:12"}});
  for (int i = 0; i < kHosts; ++i) {
    fleet.add(name_of(i), "127.0.0.1", fleet.sshd.port());
  }
  auto server = start_server(fleet.environment());
  CHECK(connected(server) == 0);
  std::vector<int> calls;
  for (int i = 0; i < kHosts; ++i) {
    calls.push_back(begin_exec(server, name_of(i), "echo " + name_of(i)));
  }
  for (int i = 0; i < kHosts; ++i) {
    check_ran(answer(server, calls[static_cast<std::size_t>(i)]), name_of(i) + "\n");
  }
  CHECK(connected(server) == kHosts);
  CHECK_FALSE(holds(fleet.sshd.log(), "MaxStartups"));
}

TEST_CASE("hosts that nobody answers at delay none of the others") {
  constexpr int kHosts = 6;
  Fleet fleet;
  const std::vector<SilentServer> silent(kHosts);
  for (int i = 0; i < kHosts; ++i) {
    fleet.add(name_of(i), "127.0.0.1", fleet.sshd.port());
    fleet.add("dead" + std::to_string(i), "127.0.0.1", silent[static_cast<std::size_t>(i)].port());
  }
  auto server = start_server(fleet.environment({{"SSH_CONNECT_TIMEOUT", "60"}}));
  std::vector<int> dead;
  for (int i = 0; i < kHosts; ++i) {
    dead.push_back(begin_exec(server, "dead" + std::to_string(i), "true"));
  }
  for (int i = 0; i < kHosts; ++i) {
    check_ran(answer(server, begin_exec(server, name_of(i), "echo up")), "up\n");
  }
  for (const int id : dead) {
    CHECK_FALSE(server.has_response(id, 0ms));
  }
}

TEST_CASE("faults of several hosts at once: each is told the truth, and nobody else notices") {
  Fleet fleet;
  TcpProxy &login = fleet.add_behind_proxy("login");
  TcpProxy &exec = fleet.add_behind_proxy("exec");
  TcpProxy &silent = fleet.add_behind_proxy("silent");
  TcpProxy &transfer = fleet.add_behind_proxy("transfer");
  TcpProxy &idle = fleet.add_behind_proxy("idle");
  TcpProxy &gate = fleet.add_behind_proxy("gate");
  fleet.add("inner", "127.0.0.1", fleet.sshd.port(), {{"jump", "gate"}});
  fleet.add("healthy", "127.0.0.1", fleet.sshd.port());
  auto server = start_server(fleet.environment({{"MAX_FILE_SIZE", "0"}}));

  // Everybody but `login` is connected and at work.
  check_ran(answer(server, begin_exec(server, "idle", "echo warm")), "warm\n");
  const RemoteSleep in_exec;
  const RemoteSleep in_silence;
  const RemoteSleep behind_gate;
  const RemoteSleep in_health;
  const int lost = begin_exec(server, "exec", "echo before; " + std::string(in_exec));
  const int unanswered = begin_exec(server, "silent", in_silence, 4);
  const int jumped = begin_exec(server, "inner", behind_gate);
  const int lasting = begin_exec(server, "healthy", in_health, 60);
  for (const std::string &command : {std::string(in_exec), std::string(in_silence),
                                     std::string(behind_gate), std::string(in_health)}) {
    REQUIRE(eventually([&] { return runs(command); }));
  }
  fleet.folder().write("big", std::string(8U << 20U, 'x'));
  fleet.folder().write("target", "old");
  transfer.set_rate(Direction::to_server, 2U << 20U); // so that the cut comes in its middle
  const int upload = server.start_tool("ssh_upload_file", {{"host", "transfer"},
                                                           {"local_path", fleet.path("big")},
                                                           {"remote_path", fleet.path("target")},
                                                           {"overwrite", true}});
  REQUIRE(eventually([&] { return transfer.counts().bytes_to_server > (1U << 20U); }));

  // Then all networks fail, each in its way.
  login.cut_after(Direction::to_client, 700, CutStyle::reset);
  const int refused = begin_exec(server, "login", "true");
  exec.cut_all(CutStyle::reset);
  silent.set_black_hole(true);
  transfer.cut_all(CutStyle::close);
  idle.cut_all(CutStyle::reset);
  gate.cut_all(CutStyle::reset);
  for (int i = 0; i < 5; ++i) { // the healthy one never stops working
    check_ran(answer(server, begin_exec(server, "healthy", "echo fine")), "fine\n");
  }

  const auto outcome_of = [&](int id) {
    return structured(answer(server, id)).value("outcome", "");
  };
  const Json cut = structured(answer(server, lost));
  CHECK(cut.at("outcome") == "lost");
  CHECK(cut.at("stdout") == "before\n");
  CHECK(outcome_of(jumped) == "lost");
  CHECK(error_code(answer(server, refused)) == "unreachable");
  CHECK(error_code(answer(server, upload)) == "lost");
  CHECK(read_whole_file(fleet.path("target")) == "old");
  const Json deaf = answer(server, unanswered);
  INFO(dump_json(deaf));
  const std::string end = structured(deaf).value("outcome", "");
  CHECK((end == "lost" || end == "timed_out"));
  CHECK_FALSE(server.has_response(lasting, 0ms));

  // The networks are mended, and every host works again without anybody's help.
  login.cut_after(Direction::to_client, std::nullopt);
  silent.set_black_hole(false);
  transfer.set_rate(Direction::to_server, 0);
  for (const char *host :
       {"login", "exec", "silent", "transfer", "idle", "gate", "inner", "healthy"}) {
    INFO(host);
    check_ran(answer(server, begin_exec(server, host, "echo again")), "again\n");
  }
  CHECK_FALSE(server.has_response(lasting, 0ms));
}
