// Everything that can be wrong between configuration and a logged-in connection, each with its own
// code.
#include "tests/integration/bench.hpp"
#include "tests/support/network.hpp"
#include "tests/support/system_user.hpp"

#include <sys/stat.h>

using namespace mre;
using namespace mre::testing;

namespace {

struct Refusal {
  Json result;
  std::string message;
  std::string code;
};

Refusal refused(const Environment &environment) {
  auto server = start_server(environment);
  Refusal refusal;
  refusal.result = server.call_tool("ssh_exec_command", {{"command", "echo ran"}});
  refusal.code = error_code(refusal.result);
  refusal.message = dump_json(refusal.result);
  CHECK(refusal.result.value("isError", false) == true);
  CHECK(text_of(refusal.result).rfind(refusal.code, 0) == 0);
  CHECK_FALSE(holds(text_of(refusal.result), "ran\n"));
  return refusal;
}

// A key that cannot be used may be refused at the start (exit 2) or at the first call; either way
// in words.
std::string complaint(const Environment &environment) {
  ServerProcess server({.environment = environment});
  if (const auto end = server.wait(std::chrono::milliseconds(500))) {
    CHECK(end->exit_code == 2);
    return server.error_output();
  }
  server.initialize();
  const Json result = server.call_tool("ssh_exec_command", {{"command", "true"}});
  CHECK(result.value("isError", false) == true);
  CHECK(error_code(result) != "internal");
  return dump_json(result);
}

std::string run_one(const Environment &environment) {
  auto server = start_server(environment);
  return dump_json(server.call_tool("ssh_exec_command", {{"command", "echo in"}}));
}

} // namespace

TEST_CASE("a name that does not resolve is unreachable and named") {
  const Bench bench;
  const auto refusal =
      refused(bench.environment({{"HOST", "no-such-host.invalid"}, {"SSH_CONNECT_TIMEOUT", "5"}}));
  CHECK(refusal.code == "unreachable");
  CHECK(holds(refusal.message, "no-such-host.invalid"));
}

TEST_CASE("a closed port is unreachable and named") {
  const Bench bench;
  const std::string port = std::to_string(free_port());
  const auto refusal = refused(bench.environment({{"SSH_PORT", port}}));
  CHECK(refusal.code == "unreachable");
  CHECK(holds(refusal.message, port));
}

TEST_CASE("a server that accepts and says nothing is unreachable after SSH_CONNECT_TIMEOUT") {
  const Bench bench;
  const SilentServer silent;
  const auto begin = std::chrono::steady_clock::now();
  const auto refusal = refused(bench.environment(
      {{"SSH_PORT", std::to_string(silent.port())}, {"SSH_CONNECT_TIMEOUT", "1"}}));
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK(refusal.code == "unreachable");
  CHECK(took >= std::chrono::milliseconds(900));
  CHECK(took < std::chrono::seconds(8));
}

TEST_CASE("a server key that is recorded nowhere is refused, and nothing is recorded") {
  const Bench bench;
  const std::string empty = bench.sshd.folder().write("empty_known_hosts", "");
  const auto refusal = refused(bench.environment({{"SSH_KNOWN_HOSTS", empty}}));
  CHECK(refusal.code == "host_key_unknown");
  CHECK(holds(refusal.message, "SHA256:"));
  CHECK(read_whole_file(empty).empty());
}

TEST_CASE("accept-new takes an unknown key once and records it") {
  const Bench bench;
  std::string mode;
  SECTION("accept-new") {
    mode = "accept-new";
  }
  SECTION("false") {
    mode = "false";
  }
  const std::string known = bench.sshd.folder() / "new_known_hosts";
  CHECK(holds(run_one(bench.environment(
                  {{"SSH_KNOWN_HOSTS", known}, {"SSH_STRICT_HOST_KEY_CHECKING", mode}})),
              "in\\n"));
  CHECK_FALSE(read_whole_file(known).empty());
  CHECK(holds(run_one(bench.environment(
                  {{"SSH_KNOWN_HOSTS", known}, {"SSH_STRICT_HOST_KEY_CHECKING", "true"}})),
              "in\\n"));
}

TEST_CASE("a changed server key is refused in every mode and the record stays") {
  const Bench bench;
  std::string mode;
  SECTION("true") {
    mode = "true";
  }
  SECTION("accept-new") {
    mode = "accept-new";
  }
  SECTION("false") {
    mode = "false";
  }
  const std::string line = known_hosts_line_with_foreign_key(bench.sshd);
  const std::string known = bench.sshd.folder().write("changed_known_hosts", line);
  const auto refusal = refused(
      bench.environment({{"SSH_KNOWN_HOSTS", known}, {"SSH_STRICT_HOST_KEY_CHECKING", mode}}));
  CHECK(refusal.code == "host_key_changed");
  CHECK(read_whole_file(known) == line);
}

TEST_CASE("a revoked server key is refused although it is recorded") {
  const Bench bench;
  const std::string line = read_whole_file(bench.sshd.known_hosts());
  const std::string known =
      bench.sshd.folder().write("revoked_known_hosts", line + "@revoked " + line);
  const auto refusal = refused(bench.environment(
      {{"SSH_KNOWN_HOSTS", known}, {"SSH_STRICT_HOST_KEY_CHECKING", "accept-new"}}));
  CHECK(refusal.code.rfind("host_key_", 0) == 0);
}

TEST_CASE("a server with several keys is known by the one that is recorded") {
  const Bench bench({.host_key_types = {"ed25519", "ecdsa", "rsa"}});
  for (const std::string type : {"ed25519", "ecdsa", "rsa"}) {
    const std::string key = read_whole_file(bench.sshd.host_key(type) + ".pub");
    const std::string known = bench.sshd.folder().write(
        "one_known_host", "[127.0.0.1]:" + std::to_string(bench.sshd.port()) + " " + key);
    INFO(type);
    CHECK(holds(run_one(bench.environment({{"SSH_KNOWN_HOSTS", known}})), "in\\n"));
  }
}

TEST_CASE("a key the server does not accept is auth_failed, with who tried to log in") {
  Bench bench;
  const std::string stranger = bench.sshd.make_client_key("stranger", "ed25519");
  const auto refusal = refused(bench.environment({{"SSH_KEY", stranger}}));
  CHECK(refusal.code == "auth_failed");
  CHECK(holds(refusal.message, bench.sshd.user()));
}

TEST_CASE("keys of every type log in, encrypted ones with their passphrase") {
  Bench bench;
  for (const std::string type : {"ed25519", "ecdsa", "rsa"}) {
    for (const std::string passphrase : {"", "open sesame"}) {
      INFO(type << " with passphrase '" << passphrase << "'");
      const std::string key = bench.sshd.make_client_key(
          type + (passphrase.empty() ? "_open" : "_locked"), type, passphrase);
      bench.sshd.authorize(key);
      CHECK(holds(run_one(bench.environment({{"SSH_KEY", key},
                                             {"SSH_KEY_PASSPHRASE", passphrase},
                                             {"SSH_CONNECT_TIMEOUT", "120"}})), // bcrypt is slow
                  "in\\n"));
    }
  }
}

TEST_CASE("keys of every curve and in every format that ssh-keygen writes log in") {
  Bench bench;
  struct Kind {
    std::string type, bits, format;
  };
  for (const Kind &kind : std::vector<Kind>{{"ecdsa", "384", "RFC4716"},
                                            {"ecdsa", "521", "PEM"},
                                            {"ecdsa", "256", "PKCS8"},
                                            {"rsa", "2048", "PEM"},
                                            {"rsa", "2048", "PKCS8"}}) {
    for (const std::string passphrase : {"", "open sesame"}) {
      INFO(kind.type << " " << kind.bits << " " << kind.format << " '" << passphrase << "'");
      const std::string key =
          bench.sshd.folder() / (kind.bits + kind.format + (passphrase.empty() ? "" : "_locked"));
      REQUIRE(run_program({.command = {"ssh-keygen", "-q", "-t", kind.type, "-b", kind.bits, "-m",
                                       kind.format, "-N", passphrase, "-f", key}})
                  .exit_code() == 0);
      bench.sshd.authorize(key);
      CHECK(holds(run_one(bench.environment({{"SSH_KEY", key},
                                             {"SSH_KEY_PASSPHRASE", passphrase},
                                             {"SSH_CONNECT_TIMEOUT", "120"}})), // bcrypt is slow
                  "in\\n"));
    }
  }
}

TEST_CASE("a key under a cipher that is not known here is no wrong passphrase") {
  Bench bench;
  const std::string key = bench.sshd.folder() / "chacha";
  REQUIRE(
      run_program({.command = {"ssh-keygen", "-q", "-t", "ed25519", "-Z",
                               "chacha20-poly1305@openssh.com", "-N", "open sesame", "-f", key}})
          .exit_code() == 0);
  bench.sshd.authorize(key);
  const std::string said =
      complaint(bench.environment({{"SSH_KEY", key}, {"SSH_KEY_PASSPHRASE", "open sesame"}}));
  CHECK(holds(said, "chacha20-poly1305"));
  CHECK(holds(said, "ssh-keygen -p"));
  CHECK_FALSE(holds(said, "passphrase is wrong"));
}

TEST_CASE("a key that is missing, no file, no key, or locked says which key and why") {
  Bench bench;
  const auto &folder = bench.sshd.folder();
  SECTION("missing") {
    CHECK(
        holds(complaint(bench.environment({{"SSH_KEY", folder / "nowhere"}})), folder / "nowhere"));
  }
  SECTION("a directory") {
    const std::string path = folder.make_folder("a_directory");
    CHECK(holds(complaint(bench.environment({{"SSH_KEY", path}})), path));
  }
  SECTION("not a key") {
    const std::string path = folder.write("not_a_key", "hello\n");
    CHECK(holds(complaint(bench.environment({{"SSH_KEY", path}})), path));
  }
  SECTION("encrypted, without a passphrase") {
    const std::string path = bench.sshd.make_client_key("locked", "ed25519", "open sesame");
    bench.sshd.authorize(path);
    const std::string said = complaint(bench.environment({{"SSH_KEY", path}}));
    CHECK(holds(said, path));
    CHECK(holds(said, "passphrase"));
  }
  SECTION("encrypted, with another passphrase, which is not shown") {
    const std::string path = bench.sshd.make_client_key("locked", "ed25519", "open sesame");
    bench.sshd.authorize(path);
    const std::string said =
        complaint(bench.environment({{"SSH_KEY", path}, {"SSH_KEY_PASSPHRASE", "wrong-sesame"}}));
    CHECK(holds(said, path));
    CHECK(holds(said, "passphrase"));
    CHECK_FALSE(holds(said, "wrong-sesame"));
  }
  SECTION("unreadable") {
    if (::geteuid() == 0) {
      WARN("SKIPPED: root can read every key");
      return;
    }
    const std::string path = bench.sshd.make_client_key("unreadable", "ed25519");
    ::chmod(path.c_str(), 0);
    CHECK(holds(complaint(bench.environment({{"SSH_KEY", path}})), path));
  }
}

TEST_CASE("passwords log in, wrong ones are auth_failed and never shown") {
  if (!SystemUser::can_create()) {
    WARN("SKIPPED: password logins need a system user, which only root can make");
    return;
  }
  bool interactive = false;
  SECTION("as the password method") {}
  SECTION("as keyboard-interactive") {
    interactive = true;
  }
  const Bench bench({.password_login = !interactive, .keyboard_interactive = interactive});
  const SystemUser user("Correct-Horse-7");
  const auto environment = [&](const std::string &password) {
    return bench.environment(
        {{"SSH_KEY", ""}, {"SSH_USERNAME", user.name()}, {"SSH_PASSWORD", password}});
  };
  INFO((interactive ? "keyboard-interactive" : "password"));
  CHECK(holds(run_one(environment("Correct-Horse-7")), "in\\n"));
  const auto refusal = refused(environment("Wrong-Horse-8"));
  CHECK(refusal.code == "auth_failed");
  CHECK_FALSE(holds(refusal.message, "Wrong-Horse-8"));
}

TEST_CASE("with a key and a password, the key is tried first and the password then") {
  if (!SystemUser::can_create()) {
    WARN("SKIPPED: password logins need a system user, which only root can make");
    return;
  }
  Bench bench({.password_login = true});
  const SystemUser user("Correct-Horse-7");
  const std::string stranger = bench.sshd.make_client_key("stranger", "ed25519");
  CHECK(holds(run_one(bench.environment({{"SSH_KEY", stranger},
                                         {"SSH_USERNAME", user.name()},
                                         {"SSH_PASSWORD", "Correct-Horse-7"}})),
              "in\\n"));
  CHECK(holds(bench.sshd.log(), "Accepted password"));
}
