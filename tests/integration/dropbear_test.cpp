// The other widespread server, as it runs on routers and in small containers.
#include "tests/integration/bench.hpp"
#include "tests/support/loopback.hpp"
#include "tests/support/system_user.hpp"

#include <unistd.h>

#include <optional>

using namespace mre;
using namespace mre::testing;

namespace {

const char *const kDropbear = "/usr/sbin/dropbear";

bool can_run() {
  if (!SystemUser::can_create() || ::access(kDropbear, X_OK) != 0) {
    WARN("SKIPPED: needs root, for an account, and dropbear (scripts/deps --all installs it)");
    return false;
  }
  return true;
}

class Dropbear {
public:
  Dropbear() {
    const std::string key = folder_ / "host_key";
    REQUIRE(run_program({.command = {"dropbearkey", "-t", "ed25519", "-f", key},
                         .output = Connect::null,
                         .error = Connect::null})
                .exit_code() == 0);
    port_ = listen_loopback().value().port;
    process_.emplace(ProcessOptions{.command = {kDropbear, "-F", "-E", "-p",
                                                "127.0.0.1:" + std::to_string(port_), "-r", key,
                                                "-P", folder_ / "pid"},
                                    .error_file = folder_ / "log"});
    REQUIRE(eventually([&] { return static_cast<bool>(connect_loopback(port_)); },
                       std::chrono::seconds(30)));
  }

  Environment environment() const {
    return {{"I_ACCEPT_RISKS", "true"},
            {"HOST", "127.0.0.1"},
            {"SSH_PORT", std::to_string(port_)},
            {"SSH_USERNAME", user_.name()},
            {"SSH_PASSWORD", user_.password()},
            {"SSH_STRICT_HOST_KEY_CHECKING", "accept-new"},
            {"SSH_KNOWN_HOSTS", folder_ / "known_hosts"}};
  }

private:
  SystemUser user_{"account-password"};
  TemporaryFolder folder_;
  std::uint16_t port_ = 0;
  std::optional<Process> process_;
};

} // namespace

TEST_CASE("commands run one after the other over one connection to dropbear") {
  if (!can_run()) {
    return;
  }
  const Dropbear host;
  auto server = start_server(host.environment());
  std::string client;
  for (int i = 0; i < 10; ++i) {
    const Json result = server.call_tool(
        "ssh_exec_command",
        {{"command", "echo $SSH_CLIENT; echo " + std::to_string(i) + " >&2; exit 3"}});
    INFO(dump_json(result));
    const Json &said = structured(result);
    CHECK(said.value("exit_code", 0) == 3);
    CHECK(said.value("stderr", "") == std::to_string(i) + "\n");
    client = client.empty() ? said.value("stdout", "") : client;
    CHECK(said.value("stdout", "") == client);
  }
  const Json much =
      server.call_tool("ssh_exec_command",
                       {{"command", "head -c 2000000 /dev/zero | base64 -w 76 | tail -n 1000000"}});
  CHECK(structured(much).value("stdout_bytes", 0) == 2701756);
}
