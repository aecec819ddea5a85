// Many hosts: the host book, its rules for a call without a name, changes while running, and jumps.
#include "tests/integration/bench.hpp"

using namespace mre;
using namespace mre::testing;

namespace {

Json entry(const Sshd &sshd) {
  return {{"host", "127.0.0.1"},
          {"port", sshd.port()},
          {"user", sshd.user()},
          {"key", sshd.client_key()},
          {"known_hosts", sshd.known_hosts()}};
}

std::string book(const Json &hosts) {
  return dump_json({{"hosts", hosts}});
}

Environment with_book(const std::string &path) {
  return {{"I_ACCEPT_RISKS", "true"}, {"MRE_HOSTS", path}};
}

std::string port_seen(ServerProcess &server, const Json &host) {
  Json arguments{{"command", "echo port=${SSH_CONNECTION##* }"}};
  if (!host.is_null()) {
    arguments["host"] = host;
  }
  return structured(server.call_tool("ssh_exec_command", arguments))
      .at("stdout")
      .get<std::string>();
}

std::string port_line(const Sshd &sshd) {
  return "port=" + std::to_string(sshd.port()) + "\n";
}

} // namespace

TEST_CASE("a call names its host; without a name it goes to default, else to the only one, else "
          "nowhere") {
  const Sshd one;
  const Sshd two;
  const TemporaryFolder folder;
  Json hosts{{"one", entry(one)}, {"two", entry(two)}};
  SECTION("by name") {
    auto server = start_server(with_book(folder.write("hosts.json", book(hosts))));
    CHECK(port_seen(server, "one") == port_line(one));
    CHECK(port_seen(server, "two") == port_line(two));
  }
  SECTION("two hosts and no default: the names are listed") {
    auto server = start_server(with_book(folder.write("hosts.json", book(hosts))));
    const Json result = server.call_tool("ssh_exec_command", {{"command", "true"}});
    CHECK(error_code(result) == "bad_argument");
    CHECK(holds(dump_json(result), "one"));
    CHECK(holds(dump_json(result), "two"));
  }
  SECTION("default wins") {
    hosts["default"] = entry(two);
    auto server = start_server(with_book(folder.write("hosts.json", book(hosts))));
    CHECK(port_seen(server, nullptr) == port_line(two));
  }
  SECTION("the only one; a disabled one counts as absent") {
    hosts["one"]["enabled"] = false;
    auto server = start_server(with_book(folder.write("hosts.json", book(hosts))));
    CHECK(port_seen(server, nullptr) == port_line(two));
    CHECK(error_code(server.call_tool("ssh_exec_command",
                                      {{"command", "true"}, {"host", "one"}})) == "not_found");
  }
}

TEST_CASE("the host list shows names, tags and descriptions and no secret") {
  const Sshd sshd;
  const TemporaryFolder folder;
  Json web = entry(sshd);
  web["tags"] = {"prod", "web"};
  web["description"] = "the shop";
  web["password_env"] = "WEB_PASSWORD";
  Environment environment =
      with_book(folder.write("hosts.json", book({{"web-1", web}, {"db-1", entry(sshd)}})));
  environment["WEB_PASSWORD"] = "Tr0ub4dor-and-3";
  auto server = start_server(environment);
  const Json all = structured(server.call_tool("ssh_list_hosts", Json::object()));
  CHECK(all.at("hosts").size() == 2);
  const Json tagged = structured(server.call_tool("ssh_list_hosts", {{"tag", "prod"}}));
  REQUIRE(tagged.at("hosts").size() == 1);
  const Json &host = tagged.at("hosts")[0];
  CHECK(host.at("name") == "web-1");
  CHECK(host.at("host") == "127.0.0.1");
  CHECK(host.at("port") == sshd.port());
  CHECK(host.at("user") == sshd.user());
  CHECK(host.at("tags") == Json({"prod", "web"}));
  CHECK(host.at("description") == "the shop");
  CHECK(host.at("connected") == false);
  CHECK_FALSE(holds(dump_json(all), "Tr0ub4dor-and-3"));
  port_seen(server, "web-1");
  CHECK(structured(server.call_tool("ssh_list_hosts", {{"tag", "prod"}}))
            .at("hosts")[0]
            .at("connected") == true);
}

TEST_CASE("the book is read again when it changes, and a broken edit keeps the last good hosts") {
  const Sshd one;
  const Sshd two;
  const TemporaryFolder folder;
  const std::string path = folder.write("hosts.json", book({{"one", entry(one)}}));
  auto server = start_server(with_book(path));
  CHECK(port_seen(server, "one") == port_line(one));
  write_whole_file(path, book({{"one", entry(one)}, {"added", entry(two)}}));
  CHECK(port_seen(server, "added") == port_line(two));
  write_whole_file(path, "{\"hosts\": {broken");
  CHECK(port_seen(server, "added") == port_line(two));
  const Json listed = structured(server.call_tool("ssh_list_hosts", Json::object()));
  CHECK(listed.at("hosts").size() == 2);
  CHECK(listed.at("warning").is_string());
}

TEST_CASE("a host behind another is reached through it, and never tried without it") {
  Sshd bastion;
  const Sshd inner;
  const TemporaryFolder folder;
  Json behind = entry(inner);
  behind["jump"] = "bastion";
  auto server = start_server(with_book(
      folder.write("hosts.json", book({{"bastion", entry(bastion)}, {"inner", behind}}))));
  bastion.stop();
  const Json refused =
      server.call_tool("ssh_exec_command", {{"command", "true"}, {"host", "inner"}});
  CHECK(error_code(refused) == "unreachable");
  CHECK_FALSE(holds(inner.log(), "Connection from"));
  bastion.restart();
  const Json reached =
      server.call_tool("ssh_exec_command", {{"command", "true"}, {"host", "inner"}});
  CHECK(structured(reached).at("outcome") == "exited");
  CHECK(holds(inner.log(), "Connection from"));
}
