// The built server with hosts behind hosts: from the host book and from ~/.ssh/config.
#include "tests/integration/bench.hpp"

using namespace mre;
using namespace mre::testing;

namespace {

std::string alias(const std::string &name, const Sshd &sshd, const std::string &more = {}) {
  return "Host " + name + "\n  HostName 127.0.0.1\n  Port " + std::to_string(sshd.port()) +
         "\n  User " + sshd.user() + "\n  IdentityFile " + sshd.client_key() +
         "\n  IdentityAgent none\n  UserKnownHostsFile " + sshd.known_hosts() + "\n" + more;
}

Json run(ServerProcess &server, const std::string &host, const std::string &command) {
  return server.call_tool("ssh_exec_command", {{"host", host}, {"command", command}});
}

} // namespace

TEST_CASE("aliases of the ssh configuration run commands, directly and through a jump host") {
  Sshd outer;
  Sshd inner;
  TemporaryFolder folder;
  const std::string config =
      folder.write("config", alias("gate", outer) + alias("host", inner, "  ProxyJump gate\n") +
                                 alias("command", inner, "  ProxyCommand nc %h %p\n"));
  auto server = start_server({{"I_ACCEPT_RISKS", "true"}, {"MRE_SSH_CONFIG", config}});
  CHECK(structured(run(server, "host", "echo $SSH_CONNECTION | cut -d' ' -f4")).at("stdout") ==
        std::to_string(inner.port()) + "\n");
  CHECK(structured(run(server, "gate", "echo gate")).at("stdout") == "gate\n");
  const Json refused = structured(run(server, "command", "true"));
  CHECK(refused.at("error").at("code") == "unsupported");
  CHECK(holds(refused.at("error").at("message"), "ProxyCommand (" + config));
  const Json list = structured(server.call_tool("ssh_list_hosts", Json::object()));
  Json names = Json::array();
  for (const auto &host : list.at("hosts")) {
    names.push_back(host.at("name"));
  }
  CHECK(names == Json({"command", "gate", "host"}));
}

TEST_CASE(
    "an edit of the ssh configuration counts at the next call, a broken one changes nothing") {
  Sshd sshd;
  TemporaryFolder folder;
  const std::string config = folder.write("config", alias("one", sshd));
  auto server = start_server({{"I_ACCEPT_RISKS", "true"}, {"MRE_SSH_CONFIG", config}});
  CHECK(structured(run(server, "one", "echo 1")).at("stdout") == "1\n");
  folder.write("config", alias("one", sshd) + alias("second", sshd));
  CHECK(structured(run(server, "second", "echo 2")).at("stdout") == "2\n");
  folder.write("config", "Host broken\n  Port many\n");
  CHECK(structured(run(server, "second", "echo 3")).at("stdout") == "3\n");
  const Json list = structured(server.call_tool("ssh_list_hosts", Json::object()));
  CHECK(holds(list.at("warning"), "config line 2"));
}

TEST_CASE("a file that the ssh configuration's keys came with is never uploaded") {
  Sshd sshd;
  TemporaryFolder folder;
  const std::string config = folder.write("config", alias("one", sshd));
  auto server = start_server({{"I_ACCEPT_RISKS", "true"}, {"MRE_SSH_CONFIG", config}});
  const std::string key = sshd.make_client_key("later", "ed25519");
  folder.write("config", alias("one", sshd) + "Host later\n  IdentityFile " + key + "\n");
  for (const std::string &path : {key, config}) {
    const Json refused = structured(server.call_tool(
        "ssh_upload_file",
        {{"host", "one"}, {"local_path", path}, {"remote_path", folder / "stolen"}}));
    INFO(path);
    CHECK(refused.at("error").at("code") == "denied");
  }
}
