// SFTP channels of the engine: patience, beside other work on the same connection.
#include "core/guard/limits.hpp"
#include "core/ssh/sftp_calls.hpp"
#include "tests/support/tcp_proxy.hpp"
#include "tests/unit/ssh/engine_fixture.hpp"

#include <unistd.h>

#include <future>

using namespace mre;
using namespace mre::testing;
using mre::ssh::Follow;

namespace {

constexpr const char *kServer = "/usr/lib/openssh/sftp-server"; // Debian's place of it

// The SFTP server's processes that were started in this folder.
void signal_servers(const std::string &folder, int number) {
  for (const pid_t pid : processes_with_command(std::string(kServer) + " -d " + folder)) {
    ::kill(pid, number);
  }
}

} // namespace

TEST_CASE("an SFTP server that falls silent is given up also while a command is busy beside it") {
  if (::access(kServer, X_OK) != 0) {
    WARN("SKIPPED: there is no " << kServer);
    return;
  }
  const TemporaryFolder folder; // its name finds the process
  Sshd sshd({.sftp = false,
             .extra_config = {std::string("Subsystem sftp ") + kServer + " -d " + folder.path()}});
  EngineFixture fixture;
  const auto host = host_for(sshd);
  auto lease = fixture.engine->lease_sftp(host, ssh::LeaseKind::metadata, {});
  REQUIRE(lease);
  ssh::SftpCalls calls(*std::move(lease), {}, "test");
  REQUIRE(calls.stat("/", Follow::yes));
  REQUIRE(eventually([&] {
    return !processes_with_command(std::string(kServer) + " -d " + folder.path()).empty();
  }));

  ssh::ExecRequest busy;
  busy.host = host;
  busy.command = "while :; do echo busy; sleep 0.05; done";
  busy.timeout = Milliseconds(60000);
  const auto observer = std::make_shared<CollectingObserver>();
  const auto command = fixture.engine->start(busy, observer);
  REQUIRE(eventually([&] { return observer->received > 0; }));

  signal_servers(folder.path(), SIGSTOP);
  const std::string root = "/";
  ssh::FileInfo info;
  const auto answer = calls.run(ssh::SftpCalls::stat_step(root, Follow::yes, info), "cannot look",
                                Milliseconds(500));
  signal_servers(folder.path(), SIGCONT);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::timed_out);
  CHECK_FALSE(calls.is_usable());
  CHECK_FALSE(observer->has_ended()); // the connection and the command on it live on
  command->cancel();
  const auto end = observer->wait();
  REQUIRE(end);
  CHECK(end->outcome == ssh::Outcome::cancelled);
}

TEST_CASE(
    "an SFTP server that never gets to its first packet is refused in time, and commands run") {
  SECTION("it says a few words and ends") {
    Sshd sshd({.sftp = false, .extra_config = {"Subsystem sftp echo hello"}});
    EngineFixture fixture;
    const auto host = host_for(sshd);
    for (int turn = 0; turn < 2; ++turn) { // the second one is told at once
      const auto lease = fixture.engine->lease_sftp(host, ssh::LeaseKind::metadata, {});
      REQUIRE_FALSE(lease);
      CHECK(lease.error().code == Errc::unsupported);
      CHECK(lease.error().message.find("before its first packet") != std::string::npos);
      CHECK(lease.error().hint.find("start-up files") != std::string::npos);
    }
    const auto ran = fixture.run(host, "echo still here");
    REQUIRE(ran.end);
    CHECK(ran.out == "still here\n");
  }
  SECTION("it says nothing") {
    Sshd sshd({.sftp = false, .extra_config = {"Subsystem sftp cat > /dev/null"}});
    EngineFixture fixture;
    auto host = host_for(sshd);
    host.connect_timeout = Milliseconds(3000);
    const auto lease = fixture.engine->lease_sftp(host, ssh::LeaseKind::metadata, {});
    REQUIRE_FALSE(lease);
    CHECK(lease.error().code == Errc::unsupported);
    const auto ran = fixture.run(host, "echo still here");
    REQUIRE(ran.end);
    CHECK(ran.out == "still here\n");
  }
}

TEST_CASE("a host has so many SFTP channels at once, and who comes then gets the next free one") {
  Sshd sshd;
  EngineFixture fixture;
  const auto host = host_for(sshd);
  std::vector<std::unique_ptr<ssh::SftpLease>> leases;
  for (std::size_t i = 0; i < limits::kSftpChannelsPerHost; ++i) {
    auto lease = fixture.engine->lease_sftp(host, ssh::LeaseKind::metadata, {});
    REQUIRE(lease);
    leases.push_back(*std::move(lease));
  }
  auto late = std::async(std::launch::async, [&] {
    return fixture.engine->lease_sftp(host, ssh::LeaseKind::metadata, {});
  });
  // Commands do not wait for them.
  CHECK(fixture.run(host, "echo beside").out == "beside\n");
  CHECK(late.wait_for(std::chrono::milliseconds(200)) == std::future_status::timeout);
  leases.pop_back();
  CHECK(late.get());
  // The freed channel changed hands: no further one was opened.
  const std::string log = sshd.log();
  std::size_t opened = 0;
  for (std::size_t at = 0; (at = log.find("subsystem 'sftp'", at)) != std::string::npos; ++at) {
    ++opened;
  }
  CHECK(opened == limits::kSftpChannelsPerHost);
}

TEST_CASE("who waits for an SFTP channel can be stopped, and takes nobody's turn") {
  Sshd sshd;
  EngineFixture fixture;
  const auto host = host_for(sshd);
  std::vector<std::unique_ptr<ssh::SftpLease>> leases;
  for (std::size_t i = 0; i < limits::kSftpChannelsPerHost; ++i) {
    auto lease = fixture.engine->lease_sftp(host, ssh::LeaseKind::metadata, {});
    REQUIRE(lease);
    leases.push_back(*std::move(lease));
  }
  std::stop_source stop;
  auto stopped = std::async(std::launch::async, [&] {
    return fixture.engine->lease_sftp(host, ssh::LeaseKind::metadata, stop.get_token());
  });
  stop.request_stop();
  const auto refused = stopped.get();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::cancelled);
  auto patient = std::async(std::launch::async, [&] {
    return fixture.engine->lease_sftp(host, ssh::LeaseKind::metadata, {});
  });
  leases.pop_back();
  CHECK(patient.get());
}

// libssh2 takes the first answer of a kind that it reads for the one it waits for.
TEST_CASE("a command begun while an SFTP channel opens gets its own answer") {
  Sshd sshd;
  const auto proxy = TcpProxy::start(sshd.port());
  REQUIRE(proxy);
  auto host = host_for(sshd);
  host.port = (*proxy)->port();
  host.host_key_alias = "[127.0.0.1]:" + std::to_string(sshd.port());
  EngineFixture fixture;
  REQUIRE(fixture.run(host, "true").end); // a channel is opened ahead for the next one
  REQUIRE(fixture.run(host, "true").end);
  (*proxy)->set_delay(Milliseconds(300)); // the answer for SFTP is on its way so long
  auto lease = std::async(std::launch::async, [&] {
    return fixture.engine->lease_sftp(host, ssh::LeaseKind::metadata, {}).has_value();
  });
  REQUIRE(eventually([&] { return sshd.log().find("subsystem") != std::string::npos; }));
  const auto ran = fixture.run(host, "echo mine");
  REQUIRE(ran.end);
  CHECK(ran.end->outcome == ssh::Outcome::exited);
  CHECK(ran.out == "mine\n");
  CHECK(lease.get());
}
