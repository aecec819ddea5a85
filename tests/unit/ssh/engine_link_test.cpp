// Links that die and servers that are not there: said truly, said soon, and over by the next call.
#include "core/guard/limits.hpp"
#include "tests/support/network.hpp"
#include "tests/support/tcp_proxy.hpp"
#include "tests/unit/ssh/engine_fixture.hpp"

using namespace mre;
using namespace mre::testing;
using ssh::Outcome;
using ssh::RemoteProcess;

namespace {

std::shared_ptr<CollectingObserver> start(EngineFixture &fixture, const config::HostConfig &host,
                                          const std::string &command,
                                          Milliseconds timeout = Milliseconds(20000)) {
  ssh::ExecRequest request;
  request.host = host;
  request.command = command;
  request.timeout = timeout;
  auto observer = std::make_shared<CollectingObserver>();
  fixture.engine->start(request, observer);
  return observer;
}

} // namespace

TEST_CASE("a link that is cut during a command is lost, soon, and the next call reconnects") {
  Sshd sshd;
  auto proxy = TcpProxy::start(sshd.port());
  REQUIRE(proxy);
  EngineFixture fixture;
  auto host = host_for(sshd);
  host.port = (*proxy)->port();
  host.host_key_alias = "[127.0.0.1]:" + std::to_string(sshd.port());
  REQUIRE(fixture.run(host, "true").end);
  const auto observer = start(fixture, host, "echo partial; sleep 41.1");
  REQUIRE(eventually(
      [&] { return !processes_with_command("sleep 41.1").empty() && observer->received == 8; }));
  const auto cut = (*proxy)->cut_all();
  const auto end = observer->wait();
  const auto noticed = std::chrono::steady_clock::now() - cut;
  REQUIRE(end);
  CHECK(end->outcome == Outcome::lost);
  CHECK(end->remote_process == RemoteProcess::unknown);
  CHECK(!end->exit_code);
  CHECK(end->out_bytes == 8);
  CHECK(noticed < std::chrono::milliseconds(100));
  const auto next = fixture.run(host, "echo back");
  REQUIRE(next.end);
  CHECK(next.out == "back\n");
  for (const pid_t pid : processes_with_command("sleep 41.1")) {
    ::kill(pid, SIGKILL);
  }
}

TEST_CASE("a killed server process is lost as well") {
  Sshd sshd;
  EngineFixture fixture;
  REQUIRE(fixture.run(host_for(sshd), "true").end);
  const auto observer = start(fixture, host_for(sshd), "sleep 42.1");
  REQUIRE(eventually([] { return !processes_with_command("sleep 42.1").empty(); }));
  sshd.kill_connections();
  const auto end = observer->wait();
  REQUIRE(end);
  CHECK(end->outcome == Outcome::lost);
  CHECK(fixture.run(host_for(sshd), "echo back").out == "back\n");
  for (const pid_t pid : processes_with_command("sleep 42.1")) {
    ::kill(pid, SIGKILL);
  }
}

TEST_CASE("a peer that falls silent is noticed within the call's time and the next call works") {
  Sshd sshd;
  EngineFixture fixture;
  REQUIRE(fixture.run(host_for(sshd), "true").end);
  sshd.freeze();
  const auto begin = std::chrono::steady_clock::now();
  const auto observer = start(fixture, host_for(sshd), "true", Milliseconds(4000));
  const auto end = observer->wait();
  const auto took = std::chrono::steady_clock::now() - begin;
  REQUIRE(end);
  CHECK(end->outcome != Outcome::exited);
  CHECK(end->remote_process == RemoteProcess::unknown);
  CHECK(took <= std::chrono::milliseconds(4500));
  CHECK(fixture.run(host_for(sshd), "echo back", Milliseconds(10000)).out == "back\n");
  sshd.thaw();
}

TEST_CASE("a closed port is unreachable and says so") {
  const Sshd sshd;
  EngineFixture fixture;
  auto host = host_for(sshd);
  host.port = free_port();
  const auto ran = fixture.run(host, "true");
  REQUIRE(!ran.end);
  CHECK(ran.end.error().code == Errc::unreachable);
  CHECK(ran.end.error().message.find("refused") != std::string::npos);
  CHECK(ran.end.error().message.find("127.0.0.1:" + std::to_string(host.port)) !=
        std::string::npos);
  CHECK(!ran.end.error().hint.empty());
}

TEST_CASE("a name that does not resolve is unreachable and names it") {
  const Sshd sshd;
  EngineFixture fixture;
  auto host = host_for(sshd);
  host.address = "no-such-host.invalid";
  const auto ran = fixture.run(host, "true");
  REQUIRE(!ran.end);
  CHECK(ran.end.error().code == Errc::unreachable);
  CHECK(ran.end.error().message.find("no-such-host.invalid") != std::string::npos);
}

TEST_CASE("a port that says nothing is unreachable when the connect timeout is over") {
  const Sshd sshd;
  const SilentServer silent;
  EngineFixture fixture;
  auto host = host_for(sshd);
  host.port = silent.port();
  host.connect_timeout = Milliseconds(1000);
  const auto begin = std::chrono::steady_clock::now();
  const auto ran = fixture.run(host, "true");
  REQUIRE(!ran.end);
  CHECK(ran.end.error().code == Errc::unreachable);
  CHECK(ran.end.error().message.find("banner") != std::string::npos);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(3));
}

TEST_CASE("a command that waits for its connection longer than its own timeout says so") {
  const Sshd sshd;
  const SilentServer silent;
  EngineFixture fixture;
  auto host = host_for(sshd);
  host.port = silent.port();
  const auto ran = fixture.run(host, "true", Milliseconds(700));
  REQUIRE(!ran.end);
  CHECK(ran.end.error().code == Errc::timed_out);
}

TEST_CASE("a host whose line is full refuses the next command, and other hosts take theirs") {
  const Sshd sshd;
  const SilentServer silent;
  EngineFixture fixture;
  ssh::ExecRequest request;
  request.host = host_for(sshd);
  request.host.name = "full";
  request.host.port = silent.port();
  request.command = "true";
  request.timeout = Milliseconds(60000);
  std::vector<std::shared_ptr<CollectingObserver>> waiting;
  for (std::size_t i = 0; i < limits::kCommandsQueuedPerHost; ++i) {
    waiting.push_back(std::make_shared<CollectingObserver>());
    fixture.engine->start(request, waiting.back());
  }
  const auto refused = fixture.run(request);
  REQUIRE_FALSE(refused.end);
  CHECK(refused.end.error().code == Errc::limit);
  CHECK(refused.end.error().message.find("full (127.0.0.1:") != std::string::npos);
  CHECK(refused.end.error().hint.find("call again") != std::string::npos);
  CHECK(fixture.run(host_for(sshd), "echo free").out == "free\n");
  CHECK_FALSE(waiting.front()->has_ended());
}

TEST_CASE("an unused connection is closed and silently opened again") {
  const Sshd sshd;
  EngineFixture fixture;
  auto host = host_for(sshd);
  host.idle_timeout = Milliseconds(300);
  REQUIRE(fixture.run(host, "true").end);
  CHECK(eventually([&] { return sshd.connections().empty(); }));
  CHECK(!fixture.engine->is_connected(host));
  CHECK(fixture.run(host, "echo again").out == "again\n");
}

TEST_CASE("a command that comes right after the end of an idle link runs on a new one") {
  Sshd sshd;
  auto proxy = TcpProxy::start(sshd.port());
  REQUIRE(proxy);
  EngineFixture fixture;
  auto host = host_for(sshd);
  host.port = (*proxy)->port();
  host.host_key_alias = "[127.0.0.1]:" + std::to_string(sshd.port());
  REQUIRE(fixture.run(host, "true").end);
  for (int i = 0; i < 30; ++i) { // the reactor wakes for the command and for the end at once
    (*proxy)->cut_all();
    const auto ran = fixture.run(host, "echo once");
    REQUIRE(ran.end);
    CHECK(ran.end->outcome == Outcome::exited);
    CHECK(ran.out == "once\n");
  }
}
