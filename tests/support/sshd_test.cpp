// The fixtures themselves, with OpenSSH's own client as the judge.
#include "tests/support/catch.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/sshd.hpp"
#include "tests/support/system_user.hpp"

#include <unistd.h>

#include <csignal>

using namespace mre::testing;

namespace {

std::vector<std::string> ssh_command(const Sshd &sshd, const std::string &command) {
  return {"ssh",
          "-F",
          "none",
          "-o",
          "BatchMode=yes",
          "-o",
          "IdentitiesOnly=yes",
          "-o",
          "UserKnownHostsFile=" + sshd.known_hosts(),
          "-i",
          sshd.client_key(),
          "-p",
          std::to_string(sshd.port()),
          sshd.user() + "@127.0.0.1",
          command};
}

} // namespace

TEST_CASE("a throwaway sshd lets its own client key in under its recorded host key") {
  const Sshd sshd({.host_key_types = {"ed25519", "ecdsa"}});
  const auto ran = run_program({.command = ssh_command(sshd, "echo from-$((40+2))")});
  CHECK(ran.exit_code() == 0);
  CHECK(ran.output == "from-42\n");
  CHECK(sshd.log().find("Accepted publickey") != std::string::npos);
}

TEST_CASE("a restarted sshd listens on the same port and a stopped one leaves no process") {
  Sshd sshd;
  const auto port = sshd.port();
  sshd.restart();
  CHECK(sshd.port() == port);
  CHECK(run_program({.command = ssh_command(sshd, "true")}).exit_code() == 0);
  sshd.stop();
  CHECK(processes_with_command(sshd.folder().path()).empty());
  CHECK(run_program({.command = ssh_command(sshd, "true")}).exit_code() == 255);
}

TEST_CASE("killed connections end the client without a goodbye") {
  Sshd sshd;
  // The remote shell completes the number: the client's own command line must not match.
  Process client({.command = ssh_command(sshd, "exec sleep $((299 + 1)).25"),
                  .output = Connect::null,
                  .error = Connect::null});
  REQUIRE(eventually([] { return !processes_with_command("sleep 300.25").empty(); }));
  sshd.kill_connections();
  const auto end = client.wait(std::chrono::seconds(5));
  REQUIRE(end);
  CHECK(end->exit_code == 255);
  for (const pid_t pid : processes_with_command("sleep 300.25")) {
    ::kill(pid, SIGKILL);
  }
}

TEST_CASE("frozen connections fall silent and go on after the thaw") {
  Sshd sshd;
  Process client(
      {.command = ssh_command(sshd, "cat"), .input = Connect::pipe, .output = Connect::pipe});
  const auto echo = [&](std::string_view text) {
    REQUIRE(::write(client.input().get(), text.data(), text.size()) ==
            static_cast<ssize_t>(text.size()));
  };
  std::string got;
  const auto arrived = [&](std::size_t size) {
    char buffer[64];
    const ssize_t count = ::read(client.output().get(), buffer, sizeof buffer);
    got.append(buffer, count > 0 ? static_cast<std::size_t>(count) : 0);
    return got.size() >= size;
  };
  echo("one\n");
  REQUIRE(eventually([&] { return arrived(4); }));
  sshd.freeze();
  echo("two\n");
  CHECK_FALSE(eventually([&] { return arrived(8); }, std::chrono::milliseconds(300)));
  sshd.thaw();
  CHECK(eventually([&] { return arrived(8); }));
  CHECK(got == "one\ntwo\n");
}

TEST_CASE("a system user exists while its object does") {
  if (!SystemUser::can_create()) {
    WARN("SKIPPED: only root can make a system user");
    return;
  }
  std::string name;
  {
    const SystemUser user("correct horse");
    name = user.name();
    CHECK(run_program({.command = {"id", name}}).exit_code() == 0);
  }
  CHECK(run_program({.command = {"id", name}}).exit_code() != 0);
}
