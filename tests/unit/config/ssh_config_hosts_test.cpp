// What becomes of hosts of ~/.ssh/config: obstacles, routes, complaints, logins, and their place
// beside the host book.
#include "core/config/host_book.hpp"
#include "core/config/jump_route.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/unit/config/scratch.hpp"
#include "tests/unit/config/ssh_config_input.hpp"

#include <filesystem>

using namespace mre;
using namespace mre::config;
using mre::test::account;
using mre::test::input_for;
using mre::test::joined;
using mre::test::Scratch;
using mre::test::Values;

TEST_CASE("what is not supported is an obstacle of the hosts it touches, by name and line") {
  const Scratch scratch;
  const std::string file = scratch.write("config", R"(
Host by-command
  ProxyCommand nc %h %p
Host by-match
Host plain
Match host by-match exec "test -e /nowhere"
  Port 99
Match exec "test -e /nowhere"
  ForwardAgent yes
Match host plain exec "true"
  SendEnv X
Host canonical
  CanonicalizeHostname yes
Host token
  IdentityFile ~/.ssh/%Z
Host away
  ProxyJump by-command
Host loop-a
  ProxyJump loop-b
Host loop-b
  ProxyJump loop-a
)");
  const HostBookReading reading = read_host_book(input_for(file));
  INFO(joined(reading.complaints));
  REQUIRE(reading.complaints.empty());
  const auto obstacle = [&](const std::string &name) {
    const HostConfig &host = reading.book.hosts.at(name);
    return host.obstacle ? host.obstacle->message : std::string();
  };
  CHECK(obstacle("by-command").find("ProxyCommand (" + file + " line 3)") != std::string::npos);
  CHECK(obstacle("by-match").find("Match exec (" + file + " line 6)") != std::string::npos);
  CHECK(obstacle("plain").empty());
  CHECK(obstacle("canonical").find("CanonicalizeHostname") != std::string::npos);
  CHECK(obstacle("token").find("%Z") != std::string::npos);
  const auto route = [&](const std::string &name) {
    return jump_route(reading.book, reading.book.hosts.at(name));
  };
  REQUIRE_FALSE(route("away"));
  CHECK(route("away").error().message.find("ProxyCommand") != std::string::npos);
  REQUIRE_FALSE(route("loop-a"));
  CHECK(route("loop-a").error().message == "leads back to itself");
  CHECK(route("plain")->empty());
}

TEST_CASE("a route passes the named hosts in order, and only the first one's own jumps") {
  const Scratch scratch;
  const std::string file = scratch.write("config", R"(
Host target
  ProxyJump first,me@second:2022
Host first
  HostName 10.0.0.1
  ProxyJump outer
Host outer
  HostName 10.0.0.0
Host second
  HostName 10.0.0.2
  ProxyJump elsewhere
)");
  const HostBookReading reading = read_host_book(input_for(file));
  const auto route = jump_route(reading.book, reading.book.hosts.at("target"));
  REQUIRE(route);
  REQUIRE(route->size() == 3);
  CHECK(route->at(0).name == "outer");
  CHECK(route->at(1).name == "first");
  CHECK(route->at(2).name == "me@second:2022");
  CHECK(route->at(2).address == "10.0.0.2");
  CHECK(route->at(2).user == "me");
  CHECK(route->at(2).port == 2022);
  CHECK(reading.book.hosts.count("me@second:2022") == 0);
}

TEST_CASE("a file that ssh would refuse is a complaint with its line") {
  const Scratch scratch;
  const std::pair<const char *, const char *> table[] = {
      {"Host a\n  Port eleven\n", "line 2: port: is \"eleven\"; expected a port"},
      {"Host a\n  Port\n", "line 2: there is nothing after the keyword"},
      {"Host a\n  User \"open\n", "line 2: a quote is not closed"},
      {"Host a\n  HostName one two\n", "line 2: hostname: more than one argument"},
      {"Host a\nMatch host\n", "line 2: the criterion \"host\" has no argument"},
      {"Host a\nMatch all user x\n", "cannot be combined"},
      {"Host a\nMatch colour blue\n", "the criterion \"colour\" is not known"},
      {"Host a\n  ProxyJump x,\n", "proxyjump: is \"x,\"; expected none or"},
      {"Host a\n  StrictHostKeyChecking maybe\n", "expected yes, no, ask or accept-new"},
  };
  for (const auto &[text, expected] : table) {
    const std::string file = scratch.write("config", text);
    const HostBookReading reading = read_host_book(input_for(file));
    INFO(text << joined(reading.complaints));
    REQUIRE(reading.complaints.size() == 1);
    CHECK(reading.complaints[0].find(file) == 0);
    CHECK(reading.complaints[0].find(expected) != std::string::npos);
    auto environment = testing::clean_environment(account().home);
    const auto oracle = testing::run_program({.command = {"ssh", "-G", "-F", file, "a"},
                                              .environment = environment,
                                              .output = testing::Connect::pipe,
                                              .error = testing::Connect::pipe});
    CHECK(oracle.exit_code() != 0);
  }
}

TEST_CASE("a file that others may write, or that is named and missing, is refused") {
  const Scratch scratch;
  const std::string file = scratch.write("config", "Host a\n");
  std::filesystem::permissions(file, std::filesystem::perms::others_write,
                               std::filesystem::perm_options::add);
  CHECK(joined(read_host_book(input_for(file)).complaints).find("others may write it") !=
        std::string::npos);
  CHECK(joined(read_host_book(input_for(scratch / "none")).complaints).find("there is no file") !=
        std::string::npos);
  HostBookInput unnamed = input_for(scratch / "none");
  unnamed.ssh_config->is_named = false;
  CHECK(read_host_book(unnamed).complaints.empty());
}

TEST_CASE("an option nobody knows is a warning, unless IgnoreUnknown names it") {
  const Scratch scratch;
  const std::string file = scratch.write(
      "config", "IgnoreUnknown Use*,other\nHost a\n  UseThing yes\n  Hostnaem x\n  Port 5\n");
  const HostBookReading reading = read_host_book(input_for(file));
  CHECK(reading.complaints.empty());
  REQUIRE(reading.warnings.size() == 1);
  CHECK(reading.warnings[0].find("line 4: \"hostnaem\"") != std::string::npos);
  CHECK(reading.book.hosts.at("a").port == 5);
}

TEST_CASE("the host book goes before an alias of the same name, and may jump through aliases") {
  const Scratch scratch;
  const std::string file =
      scratch.write("config", "Host gate\n  HostName 10.9.9.9\nHost web\n  Port 1\n");
  HostBookInput input = input_for(file);
  input.file = scratch / "hosts.json";
  input.variables["PASS"] = "correct horse";
  const HostBookReading reading = parse_host_book(
      R"({"hosts": {"web": {"host": "10.0.0.5", "password_env": "PASS", "jump": "gate"}}})", input);
  INFO(joined(reading.complaints));
  REQUIRE(reading.complaints.empty());
  CHECK(reading.book.hosts.at("web").address == "10.0.0.5");
  CHECK(reading.book.hosts.at("gate").address == "10.9.9.9");
  CHECK(joined(reading.warnings).find("\"web\" is the name of another host") != std::string::npos);
}

TEST_CASE("the login follows IdentityFile, IdentityAgent and IdentitiesOnly") {
  const Scratch scratch;
  const std::string file = scratch.write("config", R"(
Host no-agent
  IdentityAgent none
  IdentityFile /keys/one
  IdentityFile /keys/two
Host own-agent
  IdentityAgent ${MRE_TEST_PLACE}/agent
  IdentitiesOnly yes
  IdentityFile /keys/%n_%p
Host no-keys
  IdentityFile none
)");
  HostBookInput input = input_for(file);
  input.surroundings.agent_socket = "/run/agent";
  const auto hosts = read_host_book(input).book.hosts;
  const HostConfig &plain = hosts.at("no-agent");
  CHECK_FALSE(plain.agent_socket);
  CHECK(plain.key_files == Values{"/keys/one", "/keys/two"});
  CHECK(plain.login_order == std::vector<LoginMethod>{LoginMethod::key});
  const HostConfig &own = hosts.at("own-agent");
  CHECK(own.agent_socket == "/srv/agent");
  CHECK(own.only_own_keys);
  CHECK(own.key_files == Values{"/keys/own-agent_22"});
  CHECK(own.login_order == std::vector<LoginMethod>{LoginMethod::agent, LoginMethod::key});
  CHECK(hosts.at("no-keys").login_order == std::vector<LoginMethod>{LoginMethod::agent});
}
