// Logging in to a real sshd: every method, and every way it can be refused, told apart.
#include "tests/support/system_user.hpp"
#include "tests/unit/ssh/engine_fixture.hpp"

#include <sys/stat.h>
#include <unistd.h>

using namespace mre;
using namespace mre::testing;

namespace {

bool says(const Error &error, const std::string &text) {
  return error.message.find(text) != std::string::npos ||
         error.hint.find(text) != std::string::npos;
}

} // namespace

TEST_CASE("every kind of key file logs in, plain and with a passphrase") {
  Sshd sshd;
  for (const std::string type : {"ed25519", "ecdsa", "rsa"}) {
    for (const std::string passphrase : {"", "a long passphrase"}) {
      const auto key = sshd.make_client_key(type + (passphrase.empty() ? "_plain" : "_locked"),
                                            type, passphrase);
      sshd.authorize(key);
      auto host = host_for(sshd);
      host.key_files = {key};
      if (!passphrase.empty()) {
        host.passphrase = passphrase;
      }
      EngineFixture fixture;
      INFO(type << " " << passphrase);
      const auto ran = fixture.run(host, "echo in");
      CHECK(ran.out == "in\n");
    }
  }
}

TEST_CASE("an encrypted key without a passphrase and one with a wrong passphrase are told apart") {
  Sshd sshd;
  const auto key = sshd.make_client_key("locked", "ed25519", "right one");
  sshd.authorize(key);
  auto host = host_for(sshd);
  host.key_files = {key};
  EngineFixture fixture;
  auto ran = fixture.run(host, "true");
  REQUIRE(!ran.end);
  CHECK(ran.end.error().code == Errc::auth_failed);
  CHECK(says(ran.end.error(), "no passphrase is configured"));
  host.passphrase = "wrong one";
  ran = fixture.run(host, "true");
  REQUIRE(!ran.end);
  CHECK(ran.end.error().code == Errc::auth_failed);
  CHECK(says(ran.end.error(), "the passphrase is wrong"));
  CHECK(!says(ran.end.error(), "wrong one"));
}

TEST_CASE("a missing key file and a refused key are told apart, and the next method is tried") {
  Sshd sshd;
  auto host = host_for(sshd);
  host.key_files = {"/no/such/key", sshd.make_client_key("stranger", "ed25519")};
  EngineFixture fixture;
  const auto ran = fixture.run(host, "true");
  REQUIRE(!ran.end);
  CHECK(ran.end.error().code == Errc::auth_failed);
  CHECK(says(ran.end.error(), "/no/such/key (no such file)"));
  CHECK(says(ran.end.error(), "stranger (refused)"));
  CHECK(says(ran.end.error(), "the server offers: publickey"));
  CHECK(says(ran.end.error(), sshd.user() + "@127.0.0.1:" + std::to_string(sshd.port())));
  host.key_files.push_back(sshd.client_key());
  CHECK(fixture.run(host, "echo in").out == "in\n");
}

TEST_CASE("a public key in place of the private one is named") {
  Sshd sshd;
  auto host = host_for(sshd);
  host.key_files = {sshd.client_key() + ".pub"};
  EngineFixture fixture;
  const auto ran = fixture.run(host, "true");
  REQUIRE(!ran.end);
  CHECK(says(ran.end.error(), "public key"));
}

TEST_CASE("a key that is held by an agent logs in") {
  Sshd sshd;
  const auto socket = sshd.folder() / "agent";
  Process agent({.command = {"ssh-agent", "-D", "-a", socket}, .output = Connect::null});
  REQUIRE(eventually([&] { return path_exists(socket); }));
  for (const std::string type : {"ed25519", "rsa"}) {
    const auto key = sshd.make_client_key("agent_" + type, type);
    sshd.authorize(key);
    const Environment environment{{"SSH_AUTH_SOCK", socket}, {"PATH", "/usr/bin:/bin"}};
    REQUIRE(
        run_program({.command = {"ssh-add", "-q", "-D"}, .environment = environment}).exit_code() ==
        0);
    REQUIRE(
        run_program({.command = {"ssh-add", "-q", key}, .environment = environment}).exit_code() ==
        0);
    auto host = host_for(sshd);
    host.key_files.clear();
    host.login_order = {config::LoginMethod::agent};
    host.agent_socket = socket;
    EngineFixture fixture;
    INFO(type);
    CHECK(fixture.run(host, "echo in").out == "in\n");
  }
}

TEST_CASE("an agent that is not there is named") {
  Sshd sshd;
  auto host = host_for(sshd);
  host.login_order = {config::LoginMethod::agent};
  host.agent_socket = "/no/such/agent";
  EngineFixture fixture;
  const auto ran = fixture.run(host, "true");
  REQUIRE(!ran.end);
  CHECK(ran.end.error().code == Errc::auth_failed);
  CHECK(says(ran.end.error(), "/no/such/agent"));
}

TEST_CASE("a certificate beside the key logs in") {
  TemporaryFolder folder(0711);
  const auto authority = folder / "ca";
  REQUIRE(run_program({.command = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", authority}})
              .exit_code() == 0);
  ::chmod((authority + ".pub").c_str(), 0644);
  Sshd sshd({.extra_config = {"TrustedUserCAKeys " + authority + ".pub"}});
  for (const std::string type : {"ed25519", "ecdsa", "rsa"}) {
    const auto key = sshd.make_client_key("cert_" + type, type);
    REQUIRE(run_program({.command = {"ssh-keygen", "-q", "-s", authority, "-I", "test", "-n",
                                     sshd.user(), key + ".pub"}})
                .exit_code() == 0);
    auto host = host_for(sshd);
    host.key_files = {key};
    host.certificate_files = {key + "-cert.pub"};
    EngineFixture fixture;
    INFO(type);
    CHECK(fixture.run(host, "echo in").out == "in\n");
    // Found by its name, without being configured.
    host.certificate_files.clear();
    EngineFixture again;
    CHECK(again.run(host, "echo in").out == "in\n");
  }
}

TEST_CASE("a certificate the server does not know does not stand in the key's way") {
  TemporaryFolder folder;
  const auto authority = folder / "ca";
  REQUIRE(run_program({.command = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", authority}})
              .exit_code() == 0);
  Sshd sshd;
  REQUIRE(run_program({.command = {"ssh-keygen", "-q", "-s", authority, "-I", "test", "-n",
                                   sshd.user(), sshd.client_key() + ".pub"}})
              .exit_code() == 0);
  EngineFixture fixture;
  CHECK(fixture.run(host_for(sshd), "echo in").out == "in\n");
}

TEST_CASE("of an agent's keys the host's own come first, or alone") {
  Sshd sshd({.extra_config = {"MaxAuthTries 2"}});
  const auto socket = sshd.folder() / "agent";
  Process agent({.command = {"ssh-agent", "-D", "-a", socket}, .output = Connect::null});
  REQUIRE(eventually([&] { return path_exists(socket); }));
  const Environment environment{{"SSH_AUTH_SOCK", socket}, {"PATH", "/usr/bin:/bin"}};
  const auto add = [&](const std::string &key) {
    REQUIRE(
        run_program({.command = {"ssh-add", "-q", key}, .environment = environment}).exit_code() ==
        0);
  };
  for (const std::string name : {"one", "two", "three"}) {
    add(sshd.make_client_key(name, "ed25519"));
  }
  const auto own = sshd.make_client_key("own", "ecdsa");
  sshd.authorize(own);
  add(own);
  auto host = host_for(sshd);
  host.login_order = {config::LoginMethod::agent};
  host.agent_socket = socket;
  host.key_files = {own}; // the fourth in the agent, and the server takes two attempts
  CHECK(EngineFixture().run(host, "echo in").out == "in\n");
  REQUIRE(::unlink((own + ".pub").c_str()) == 0); // the private file tells as well
  CHECK(EngineFixture().run(host, "echo in").out == "in\n");
  host.key_files = {sshd.client_key()}; // not in the agent
  host.only_own_keys = true;
  const auto ran = EngineFixture().run(host, "true");
  REQUIRE(!ran.end);
  CHECK(says(ran.end.error(), "none of the host's own keys"));
}

TEST_CASE("an unknown and a changed host key are refused before any login") {
  Sshd sshd;
  auto host = host_for(sshd);
  const auto empty = sshd.folder().write("empty_known_hosts", "");
  host.known_hosts_files = {empty};
  EngineFixture fixture;
  auto ran = fixture.run(host, "true");
  REQUIRE(!ran.end);
  CHECK(ran.end.error().code == Errc::host_key_unknown);
  host.known_hosts_files = {
      sshd.folder().write("foreign_known_hosts", known_hosts_line_with_foreign_key(sshd))};
  ran = fixture.run(host, "true");
  REQUIRE(!ran.end);
  CHECK(ran.end.error().code == Errc::host_key_changed);
  CHECK(sshd.log().find("Accepted") == std::string::npos);
}

TEST_CASE("an unknown host key is accepted and recorded when the host says so") {
  Sshd sshd;
  auto host = host_for(sshd);
  const auto recorded = sshd.folder().write("new_known_hosts", "");
  host.known_hosts_files = {recorded};
  host.unknown_host_key = config::UnknownHostKey::accept_and_record;
  {
    EngineFixture fixture;
    CHECK(fixture.run(host, "echo in").out == "in\n");
  }
  host.unknown_host_key = config::UnknownHostKey::refuse;
  EngineFixture fixture;
  CHECK(fixture.run(host, "echo in").out == "in\n");
}

TEST_CASE("a host that is known by one of its keys is asked for that one") {
  for (const std::string type : {"ed25519", "ecdsa", "rsa"}) {
    Sshd sshd({.host_key_types = {"ed25519", "ecdsa", "rsa"}});
    auto host = host_for(sshd);
    const auto key = read_whole_file(sshd.host_key(type) + ".pub");
    host.known_hosts_files = {sshd.folder().write(
        "one_known_host", "[127.0.0.1]:" + std::to_string(sshd.port()) + " " + key)};
    EngineFixture fixture;
    INFO(type);
    CHECK(fixture.run(host, "echo in").out == "in\n");
  }
}

TEST_CASE("a wrong password is refused once, for all commands that wait") {
  if (::geteuid() != 0) {
    WARN("skipped: needs root for an account with a password");
    return;
  }
  const SystemUser user("right password");
  Sshd sshd({.password_login = true});
  auto host = host_for(sshd);
  host.user = user.name();
  host.key_files.clear();
  host.password = "wrong password";
  host.login_order = {config::LoginMethod::password};
  EngineFixture fixture;
  std::vector<std::shared_ptr<CollectingObserver>> observers;
  for (int i = 0; i < 20; ++i) {
    ssh::ExecRequest request;
    request.host = host;
    request.command = "true";
    observers.push_back(std::make_shared<CollectingObserver>());
    fixture.engine->start(request, observers.back());
  }
  for (const auto &observer : observers) {
    const auto end = observer->wait();
    REQUIRE(!end);
    CHECK(end.error().code == Errc::auth_failed);
    CHECK(says(end.error(), "password (refused)"));
    CHECK(!says(end.error(), "wrong password"));
  }
  host.password = "right password";
  CHECK(fixture.run(host, "id -un").out == user.name() + "\n");
}

TEST_CASE("keyboard-interactive questions for the password are answered") {
  if (::geteuid() != 0) {
    WARN("skipped: needs root for an account with a password");
    return;
  }
  const SystemUser user("right password");
  Sshd sshd({.keyboard_interactive = true});
  auto host = host_for(sshd);
  host.user = user.name();
  host.password = "right password";
  host.login_order = {config::LoginMethod::keyboard_interactive};
  EngineFixture fixture;
  CHECK(fixture.run(host, "id -un").out == user.name() + "\n");
}
