// The engine over a bad network, against a real sshd: cut at any byte in either direction, silent,
// frozen, slow, far. A command ends exactly once with an outcome that is true, in time, and the
// next one works.
#include "core/ssh/engine.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/sshd.hpp"
#include "tests/support/tcp_proxy.hpp"
#include "tests/unit/ssh/engine_client.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>

using namespace mre;
using namespace mre::testing;
using namespace std::chrono_literals;

namespace {

using Steady = std::chrono::steady_clock;

struct Network {
  Network() { point(client); }

  void point(EngineClient &at) const {
    at.host.port = proxy->port();
    at.host.user = sshd.user();
    at.host.key_files = {sshd.client_key()};
    at.host.connect_timeout = 4s;
  }

  void check_works() {
    const auto ending = client.start("echo works");
    const auto end = ending->wait(15s);
    REQUIRE(end.has_value());
    INFO((*end ? std::string(to_word((*end)->outcome)) : end->error().message));
    REQUIRE(end->has_value());
    CHECK((*end)->outcome == ssh::Outcome::exited);
    CHECK((*end)->exit_code == 0);
    CHECK(ending->output() == "works\n");
  }

  Sshd sshd;
  std::unique_ptr<TcpProxy> proxy = TcpProxy::start(sshd.port()).value();
  EngineClient client;
};

// How a command over a cut link may end.
void check_truthful(const Result<ssh::ExecEnd> &end, const std::string &output) {
  if (!end) {
    INFO(end.error().message);
    CHECK((end.error().code == Errc::unreachable || end.error().code == Errc::lost));
    CHECK(output.empty());
  } else if (end->outcome == ssh::Outcome::exited) {
    CHECK(end->exit_code == 0);
    CHECK(output == "works\n");
  } else {
    CHECK(to_word(end->outcome) == "lost");
    CHECK_FALSE(end->exit_code.has_value());
    CHECK(to_word(end->remote_process) == "unknown");
  }
}

std::uint64_t bytes_of_one_command(Direction direction) {
  Network network;
  network.check_works();
  const auto counts = network.proxy->counts();
  return direction == Direction::to_client ? counts.bytes_to_client : counts.bytes_to_server;
}

void sweep(Direction direction) {
  const std::uint64_t whole = bytes_of_one_command(direction);
  Network network;
  constexpr std::uint64_t kCuts = 25;
  for (std::uint64_t cut = 0; cut <= kCuts; ++cut) {
    const std::uint64_t bytes = whole * cut / kCuts;
    INFO("cut after " << bytes << " of " << whole);
    network.proxy->cut_after(direction, bytes, cut % 2 == 0 ? CutStyle::close : CutStyle::reset);
    EngineClient fresh; // so that each begins with a login
    network.point(fresh);
    const auto ending = fresh.start("echo works");
    const auto accepted = network.proxy->counts().accepted;
    const auto end = ending->wait(15s);
    REQUIRE(end.has_value());
    // Trying again is welcome while nothing has run; hammering the server is not.
    CHECK(network.proxy->counts().accepted - accepted < 15);
    check_truthful(*end, ending->output());
  }
  network.proxy->cut_after(direction, std::nullopt);
  network.check_works();
}

// A process of the far side that the test may leave behind, found by its unusual number of seconds.
struct Sleep {
  std::string command = "sleep 54321." + std::to_string(::getpid());
  ~Sleep() {
    for (const pid_t pid : processes_with_command(command)) {
      ::kill(pid, SIGKILL);
    }
  }
};

} // namespace

TEST_CASE("wherever the server's bytes are cut, the outcome is true") {
  sweep(Direction::to_client);
}

TEST_CASE("wherever our bytes are cut, the outcome is true") {
  sweep(Direction::to_server);
}

TEST_CASE("a link cut in a stream of output is lost, and what came is a prefix of it") {
  Network network;
  network.check_works();
  network.proxy->cut_after(Direction::to_client, 5'000'000, CutStyle::reset);
  const auto ending = network.client.start("seq 1 2000000");
  const auto end = ending->wait(15s);
  REQUIRE(end.has_value());
  REQUIRE(end->has_value());
  CHECK(to_word((*end)->outcome) == "lost");
  const std::string output = ending->output();
  CHECK(output.size() > 1'000'000);
  CHECK(output.size() == (*end)->out_bytes);
  CHECK(output.substr(0, 10) == "1\n2\n3\n4\n5\n");
  network.proxy->cut_after(Direction::to_client, std::nullopt);
  network.check_works();
}

TEST_CASE("a link cut in a silent command is lost at once") {
  Network network;
  network.check_works();
  const Sleep sleep;
  const auto ending = network.client.start("echo before; exec " + sleep.command, 60s);
  REQUIRE(ending->wait_for_output(7, 10s));
  const auto begin = Steady::now();
  SECTION("by a reset") {
    network.proxy->cut_all(CutStyle::reset);
  }
  SECTION("by an orderly end") {
    network.proxy->cut_all(CutStyle::close);
  }
  SECTION("by the server's half") {
    network.proxy->half_close_all(Direction::to_client);
  }
  const auto end = ending->wait(10s);
  CHECK(Steady::now() - begin < 2s);
  REQUIRE(end.has_value());
  REQUIRE(end->has_value());
  CHECK(to_word((*end)->outcome) == "lost");
  CHECK(to_word((*end)->remote_process) == "unknown");
  CHECK(ending->output() == "before\n");
  network.check_works();
}

TEST_CASE("a peer that falls silent is noticed within the command's own timeout") {
  Network network;
  network.check_works();
  const Sleep sleep;
  std::shared_ptr<Ending> ending;
  auto begin = Steady::now();
  SECTION("before the command") {
    network.proxy->set_black_hole(true);
    begin = Steady::now();
    ending = network.client.start("echo ran", 2s);
  }
  SECTION("in the command") {
    begin = Steady::now();
    ending = network.client.start("echo before; exec " + sleep.command, 2s);
    REQUIRE(ending->wait_for_output(7, 10s));
    network.proxy->set_black_hole(true);
  }
  const auto end = ending->wait(15s);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - begin);
  INFO("after " << took.count() << " ms");
  CHECK(took < 3s);
  REQUIRE(end.has_value());
  if (*end) {
    CHECK((*end)->outcome != ssh::Outcome::exited);
    CHECK(to_word((*end)->remote_process) == "unknown");
  }
  network.proxy->set_black_hole(false);
  const auto again = Steady::now();
  network.check_works();
  CHECK(Steady::now() - again < 5s);
}

TEST_CASE("a link that freezes for less than the timeout loses nothing") {
  Network network;
  network.check_works();
  network.proxy->pause();
  const auto ending = network.client.start("echo thawed", 20s);
  CHECK_FALSE(ending->wait(1500ms).has_value());
  network.proxy->resume();
  const auto end = ending->wait(15s);
  REQUIRE(end.has_value());
  REQUIRE(end->has_value());
  CHECK((*end)->exit_code == 0);
  CHECK(ending->output() == "thawed\n");
}

TEST_CASE("over a slow link every byte of the output arrives") {
  Network network;
  network.proxy->set_rate(Direction::to_client, 400'000);
  const auto ending = network.client.start("seq 1 50000", 30s);
  const auto end = ending->wait(30s);
  REQUIRE(end.has_value());
  REQUIRE(end->has_value());
  CHECK((*end)->exit_code == 0);
  CHECK(ending->output().size() == 288894); // 9 x 2 + 90 x 3 + 900 x 4 + 9000 x 5 + 40001 x 6
}

TEST_CASE("at a distance a command on a warm connection costs one round trip") {
  Network network;
  // A round trip of 600 ms: what counts is whether there are one or two of them, and a busy machine
  // adds less than one.
  network.proxy->set_delay(300ms);
  network.check_works();
  // Channels are opened ahead behind the first command's back.
  std::vector<std::chrono::milliseconds> times;
  for (int turn = 0; turn < 4; ++turn) {
    const auto begin = Steady::now();
    network.check_works();
    times.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - begin));
  }
  const auto best = *std::min_element(times.begin(), times.end());
  CHECK(best >= 600ms);
  CHECK(best < 1200ms);
}
