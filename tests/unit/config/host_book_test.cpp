#include "core/config/host_book.hpp"
#include "core/config/settings.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/config/scratch.hpp"

#include <algorithm>

using namespace mre;
using namespace mre::config;
using mre::test::Scratch;

namespace {

HostBookInput input_with(const Scratch &scratch) {
  HostBookInput input;
  input.file = scratch / "hosts.json";
  input.surroundings.home = scratch / "home";
  input.surroundings.base_directory = scratch.path();
  input.variables = {{"PASS", "correct horse"}, {"EMPTY_ONE", ""}};
  input.pattern.known_hosts_files = {scratch / "home/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"};
  return input;
}

std::string joined(const std::vector<std::string> &list) {
  std::string text;
  for (const std::string &item : list) {
    text += item + "\n";
  }
  return text;
}

HostBook book_of(const std::vector<std::string> &names) {
  HostBook book;
  for (const std::string &name : names) {
    book.hosts[name].name = name;
  }
  return book;
}

} // namespace

TEST_CASE("an entry with every key is taken over") {
  const Scratch scratch;
  const std::string key = scratch.write("home/.ssh/web", "key");
  const HostBookReading reading = parse_host_book(
      R"({"hosts": {"web-1": {"host": "10.0.0.5", "port": 2222, "user": "deploy", "key": "~/.ssh/web",
          "passphrase_env": "PASS", "password_env": "PASS", "auth": ["password", "key"], "jump": "bastion",
          "tags": ["prod"], "description": "front", "enabled": true, "known_hosts": "/etc/kh"},
          "bastion": {"host": "[::1]", "password_env": "PASS"}}})",
      input_with(scratch));
  INFO(joined(reading.complaints));
  REQUIRE(reading.complaints.empty());
  const HostConfig &host = reading.book.hosts.at("web-1");
  CHECK(host.name == "web-1");
  CHECK(host.address == "10.0.0.5");
  CHECK(host.port == 2222);
  CHECK(host.user == "deploy");
  CHECK(host.key_files == std::vector<std::string>{key});
  CHECK(host.passphrase == "correct horse");
  CHECK(host.login_order == std::vector<LoginMethod>{LoginMethod::password, LoginMethod::key});
  CHECK(host.jumps == std::vector<std::string>{"bastion"});
  CHECK(host.tags == std::vector<std::string>{"prod"});
  CHECK(host.known_hosts_files == std::vector<std::string>{"/etc/kh", "/etc/ssh/ssh_known_hosts"});
  CHECK(reading.book.hosts.at("bastion").address == "::1");
  CHECK(reading.book.hosts.at("bastion").user == "root");
  CHECK(reading.key_files == std::vector<std::string>{key});
}

TEST_CASE("each mistake in the book is named by the path of its key") {
  const std::pair<std::string, std::string> table[] = {
      {"{", "not valid JSON"},
      {"[]", "expected an object"},
      {R"({"host": {}})", "unknown key \"host\""},
      {R"({"hosts": []})", "hosts is no object"},
      {R"({"hosts": {"a": 1}})", "hosts.a expected an object"},
      {R"({"hosts": {"a b": {"host": "x", "password_env": "PASS"}}})",
       "hosts.a b is no name for a host"},
      {R"({"hosts": {"a": {"password_env": "PASS"}}})", "hosts.a has no \"host\""},
      {R"({"hosts": {"a": {"host": "u@x", "password_env": "PASS"}}})", "hosts.a.host is \"u@x\""},
      {R"({"hosts": {"a": {"host": "x", "prot": 1, "password_env": "PASS"}}})",
       "hosts.a has the unknown key \"prot\"; did you mean \"port\"?"},
      {R"({"hosts": {"a": {"host": "x", "password": "p", "password_env": "PASS"}}})",
       "hosts.a has the unknown key \"password\"; did you mean \"password_env\"?"},
      {R"({"hosts": {"a": {"host": "x", "username": "u", "password_env": "PASS"}}})",
       "hosts.a has the unknown key \"username\"; did you mean \"user\"?"},
      {R"({"hosts": {"a": {"host": "x", "port": 0, "password_env": "PASS"}}})",
       "hosts.a.port is \"0\""},
      {R"({"hosts": {"a": {"host": "x", "port": "22", "password_env": "PASS"}}})",
       "hosts.a.port is"},
      {R"({"hosts": {"a": {"host": "x", "enabled": "no", "password_env": "PASS"}}})",
       "hosts.a.enabled is"},
      {R"({"hosts": {"a": {"host": "x", "tags": "prod", "password_env": "PASS"}}})",
       "hosts.a.tags is"},
      {R"({"hosts": {"a": {"host": "x", "auth": ["pass"], "password_env": "PASS"}}})",
       "hosts.a.auth has \"pass\""},
      {R"({"hosts": {"a": {"host": "x", "auth": ["key"], "password_env": "PASS"}}})",
       "hosts.a: auth names \"key\""},
      {R"({"hosts": {"a": {"host": "x", "password_env": "NOPE"}}})",
       "hosts.a.password_env names the variable \"NOPE\", which is not set"},
      {R"({"hosts": {"a": {"host": "x", "password_env": "EMPTY_ONE"}}})", "which is not set"},
      {R"({"hosts": {"a": {"host": "x"}}})", "hosts.a: no authentication configured"},
      {R"({"hosts": {"a": {"host": "x", "key": "/nope"}}})",
       "hosts.a.key is \"/nope\": cannot read /nope"},
      {R"({"hosts": {"a": {"host": "x", "jump": "bation", "password_env": "PASS"}, "bastion": {"host": "x", "password_env": "PASS"}}})",
       "hosts.a.jump names \"bation\", which is no host that is enabled; did you mean "
       "\"bastion\"?"},
      {R"({"hosts": {"a": {"host": "x", "jump": "a", "password_env": "PASS"}}})",
       "hosts.a.jump leads back to itself"},
  };
  const Scratch scratch;
  for (const auto &[text, expected] : table) {
    const HostBookReading reading = parse_host_book(text, input_with(scratch));
    INFO(text + "\n" + joined(reading.complaints));
    REQUIRE(reading.complaints.size() == 1);
    CHECK(reading.complaints[0].find(scratch / "hosts.json") == 0);
    CHECK(reading.complaints[0].find(expected) != std::string::npos);
    CHECK(reading.complaints[0].find("correct horse") == std::string::npos);
  }
}

TEST_CASE("a circle of jumps is found once") {
  const Scratch scratch;
  const HostBookReading reading = parse_host_book(
      R"({"hosts": {"a": {"host": "x", "jump": "b", "password_env": "PASS"}, "b": {"host": "x", "jump": "c", "password_env": "PASS"},
                    "c": {"host": "x", "jump": "b", "password_env": "PASS"}}})",
      input_with(scratch));
  INFO(joined(reading.complaints));
  CHECK(reading.complaints.size() == 1);
}

TEST_CASE("disabled hosts are absent and may lack their secrets") {
  const Scratch scratch;
  const HostBookReading reading = parse_host_book(
      R"({"hosts": {"a": {"host": "x", "enabled": false, "password_env": "NOPE"}}})",
      input_with(scratch));
  CHECK(reading.complaints.empty());
  CHECK(reading.book.hosts.empty());
}

TEST_CASE("a host called default beside HOST is refused") {
  const Scratch scratch;
  HostBookInput input = input_with(scratch);
  input.default_host = HostConfig{};
  input.default_host->name = "default";
  const HostBookReading reading =
      parse_host_book(R"({"hosts": {"default": {"host": "x", "password_env": "PASS"}}})", input);
  REQUIRE(reading.complaints.size() == 1);
  CHECK(reading.complaints[0].find("configured by HOST or SSH_HOST as well") != std::string::npos);
}

TEST_CASE("a named book must exist, the default one may be missing") {
  const Scratch scratch;
  HostBookInput input = input_with(scratch);
  CHECK(read_host_book(input).complaints.empty());
  input.is_named = true;
  REQUIRE(read_host_book(input).complaints.size() == 1);
}

TEST_CASE("without a name the host is default, else the only one, never a guess") {
  CHECK(resolve_host(book_of({"a", "default"}), "")->name == "default");
  CHECK(resolve_host(book_of({"a"}), "")->name == "a");
  const auto several = resolve_host(book_of({"a", "b"}), "");
  REQUIRE_FALSE(several.has_value());
  CHECK(several.error().code == Errc::bad_argument);
  CHECK(several.error().hint.find("a, b") != std::string::npos);
  const auto unknown = resolve_host(book_of({"web-1", "db-1"}), "web1");
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().code == Errc::not_found);
  CHECK(unknown.error().hint.find("did you mean web-1?") == 0);
  CHECK_FALSE(resolve_host(HostBook{}, "").has_value());
}
