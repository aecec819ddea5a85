// Timeouts and cancelling on a real sshd: what is left on the far side is counted there.
#include "tests/support/system_user.hpp"
#include "tests/unit/ssh/engine_fixture.hpp"

using namespace mre;
using namespace mre::testing;
using ssh::Outcome;
using ssh::RemoteProcess;

namespace {

struct Started {
  std::shared_ptr<CollectingObserver> observer = std::make_shared<CollectingObserver>();
  std::shared_ptr<ssh::Execution> execution;
};

Started start(EngineFixture &fixture, const config::HostConfig &host, const std::string &command) {
  Started started;
  ssh::ExecRequest request;
  request.host = host;
  request.command = command;
  started.execution = fixture.engine->start(request, started.observer);
  return started;
}

} // namespace

TEST_CASE("a timeout ends the whole tree and keeps what was said") {
  const Sshd sshd;
  EngineFixture fixture;
  const auto begin = std::chrono::steady_clock::now();
  const auto ran =
      fixture.run(host_for(sshd), "echo before; sleep 32.1 & sleep 32.2", Milliseconds(1000));
  REQUIRE(ran.end);
  CHECK(ran.end->outcome == Outcome::timed_out);
  CHECK(ran.end->remote_process == RemoteProcess::gone);
  CHECK(ran.out == "before\n");
  CHECK(processes_with_command("sleep 32.").empty());
  CHECK(std::chrono::steady_clock::now() - begin <
        std::chrono::seconds(10)); // a busy machine, a slow login shell
}

TEST_CASE("a process that ignores every polite signal is ended by KILL") {
  const Sshd sshd;
  EngineFixture fixture;
  const auto ran = fixture.run(host_for(sshd), "trap '' TERM INT HUP; sleep 33.1; sleep 33.2",
                               Milliseconds(500));
  REQUIRE(ran.end);
  CHECK(ran.end->outcome == Outcome::timed_out);
  CHECK(ran.end->remote_process == RemoteProcess::gone);
  CHECK(processes_with_command("sleep 33.").empty());
}

TEST_CASE("a child that emptied its environment and closed its output is found and ended") {
  const Sshd sshd;
  EngineFixture fixture;
  const auto ran = fixture.run(host_for(sshd),
                               "env -i setsid sleep 30.1 >/dev/null 2>&1 </dev/null & (env -i "
                               "setsid sh -c 'trap \"\" TERM; sleep 30.2; sleep 30.3' >/dev/null "
                               "2>&1 </dev/null &); sleep 30.4",
                               Milliseconds(1000));
  REQUIRE(ran.end);
  CHECK(ran.end->outcome == Outcome::timed_out);
  CHECK(ran.end->remote_process == RemoteProcess::gone);
  CHECK(processes_with_command("sleep 30.").empty());
}

TEST_CASE("a child that lost every mark and holds the output is told, not taken for gone") {
  const Sshd sshd;
  EngineFixture fixture;
  const auto ran =
      fixture.run(host_for(sshd),
                  "(ulimit -S -m unlimited; env -i setsid sh -c 'echo $$; exec sleep 39.1') & "
                  "sleep 39.2",
                  Milliseconds(1000));
  REQUIRE(ran.end);
  CHECK(ran.end->outcome == Outcome::timed_out);
  CHECK(ran.end->remote_process == RemoteProcess::still_running);
  REQUIRE(processes_with_command("sleep 39.1").size() == 1);
  const pid_t left = std::stoi(ran.out);
  CHECK(processes_with_command("sleep 39.1").front() == left);
  ::kill(left, SIGKILL);
}

TEST_CASE("a child in a session of its own is found and ended after a timeout") {
  const Sshd sshd;
  EngineFixture fixture;
  const auto ran = fixture.run(host_for(sshd),
                               "setsid sleep 34.1 >/dev/null 2>&1 </dev/null & (setsid sh -c "
                               "'sleep 34.2 & sleep 34.3' &); sleep 34.4",
                               Milliseconds(500));
  REQUIRE(ran.end);
  CHECK(ran.end->outcome == Outcome::timed_out);
  CHECK(ran.end->remote_process == RemoteProcess::gone);
  CHECK(processes_with_command("sleep 34.").empty());
}

TEST_CASE("a shell that is busy by itself is ended") {
  const Sshd sshd;
  EngineFixture fixture;
  const auto ran = fixture.run(host_for(sshd), "trap '' TERM; : busy-35.7; while :; do :; done",
                               Milliseconds(1500));
  REQUIRE(ran.end);
  CHECK(ran.end->outcome == Outcome::timed_out);
  CHECK(ran.end->remote_process == RemoteProcess::gone);
  CHECK(processes_with_command("busy-35.7").empty());
}

TEST_CASE("an account without root's privileges is ended likewise") {
  if (!SystemUser::can_create()) {
    WARN("skipped: needs root for another account");
    return;
  }
  const SystemUser user("unused");
  const Sshd sshd;
  auto host = host_for(sshd);
  host.user = user.name();
  EngineFixture fixture;
  const auto ran = fixture.run(host, "setsid sleep 39.1 & trap '' TERM; sleep 39.2; sleep 39.3",
                               Milliseconds(700));
  REQUIRE(ran.end);
  CHECK(ran.end->outcome == Outcome::timed_out);
  CHECK(ran.end->remote_process == RemoteProcess::gone);
  CHECK(processes_with_command("sleep 39.").empty());
}

TEST_CASE("cancelling ends the process and other commands go on") {
  const Sshd sshd;
  EngineFixture fixture;
  auto victim = start(fixture, host_for(sshd), "echo up; exec sleep 35.1");
  auto other = start(fixture, host_for(sshd), "sleep 1; echo unharmed");
  REQUIRE(eventually([] { return processes_with_command("sleep 35.1").size() == 1; }));
  victim.execution->cancel();
  const auto end = victim.observer->wait();
  REQUIRE(end);
  CHECK(end->outcome == Outcome::cancelled);
  CHECK(end->remote_process == RemoteProcess::gone);
  CHECK(processes_with_command("sleep 35.1").empty());
  REQUIRE(other.observer->wait());
  CHECK(other.observer->out == "unharmed\n");
}

TEST_CASE("cancelling before the start runs nothing") {
  const Sshd sshd;
  EngineFixture fixture;
  auto started = start(fixture, host_for(sshd), "sleep 36.1");
  started.execution->cancel();
  const auto end = started.observer->wait();
  REQUIRE(!end);
  CHECK(end.error().code == Errc::cancelled);
  CHECK(processes_with_command("sleep 36.1").empty());
}

TEST_CASE("eight commands that time out together are all ended") {
  const Sshd sshd;
  EngineFixture fixture;
  std::vector<std::shared_ptr<CollectingObserver>> observers;
  for (int i = 0; i < 24; ++i) {
    ssh::ExecRequest request;
    request.host = host_for(sshd);
    request.command = "trap '' TERM; sleep 37.1; sleep 37.2";
    request.timeout = Milliseconds(1500);
    observers.push_back(std::make_shared<CollectingObserver>());
    fixture.engine->start(request, observers.back());
  }
  for (const auto &observer : observers) {
    const auto end = observer->wait();
    if (end) { // one that never got a channel is an error instead
      CHECK(end->outcome == Outcome::timed_out);
      CHECK(end->remote_process == RemoteProcess::gone);
    }
  }
  CHECK(processes_with_command("sleep 37.").empty());
}

TEST_CASE("shutdown ends what still runs") {
  const Sshd sshd;
  EngineFixture fixture;
  auto started = start(fixture, host_for(sshd), "trap '' TERM; sleep 38.1; sleep 38.2");
  REQUIRE(eventually([] { return !processes_with_command("sleep 38.1").empty(); }));
  fixture.engine->shutdown(Milliseconds(4000));
  const auto end = started.observer->wait();
  REQUIRE(end);
  CHECK(end->outcome == Outcome::cancelled);
  CHECK(end->remote_process == RemoteProcess::gone);
  CHECK(processes_with_command("sleep 38.").empty());
  ssh::ExecRequest late;
  late.host = host_for(sshd);
  late.command = "true";
  const auto observer = std::make_shared<CollectingObserver>();
  fixture.engine->start(late, observer);
  CHECK(!observer->wait());
}
