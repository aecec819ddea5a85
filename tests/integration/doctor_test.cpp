// `doctor`: every step of a host on a line of its own, with the remedy where one failed.
#include "tests/integration/bench.hpp"

#include <sys/stat.h>

using namespace mre;
using namespace mre::testing;

namespace {

ProgramResult doctor(const Environment &environment, std::vector<std::string> options = {}) {
  options.insert(options.begin(), "doctor");
  return run_server({.environment = environment, .arguments = std::move(options)}, {},
                    std::chrono::seconds(60));
}

// The line of one step, or nothing: "ok    default: host key: …".
std::string line_of(const std::string &output, const std::string &step) {
  std::size_t begin = 0;
  while (begin < output.size()) {
    const std::size_t end = output.find('\n', begin);
    const std::string line = output.substr(begin, end - begin);
    if (holds(line, step + ": ")) {
      return line;
    }
    begin = end == std::string::npos ? output.size() : end + 1;
  }
  return {};
}

bool begins(const std::string &line, const std::string &word) {
  return line.rfind(word, 0) == 0;
}

} // namespace

TEST_CASE("a healthy host has a line for every step and nothing that failed") {
  const Bench bench;
  const auto ran = doctor(bench.environment());
  INFO(ran.output + ran.error);
  CHECK(ran.exit_code() == 0);
  CHECK_FALSE(holds(ran.output, "FAIL"));
  for (const char *step :
       {"configuration", "state", "plugin sftp", "default: key", "default: known hosts",
        "default: resolve", "default: connect", "default: version", "default: algorithms",
        "default: host key", "default: login", "default: sessions", "default: sftp",
        "default: clock"}) {
    INFO(step);
    CHECK(begins(line_of(ran.output, step), "ok"));
  }
  CHECK_FALSE(line_of(ran.output, "default: exec").empty());
  CHECK(holds(line_of(ran.output, "default: version"), "OpenSSH"));
  CHECK(holds(line_of(ran.output, "default: host key"), "SHA256:"));
  CHECK(holds(line_of(ran.output, "default: login"), bench.sshd.client_key()));
  CHECK(holds(line_of(ran.output, "default: sessions"), "10 at once"));
}

TEST_CASE("doctor stops at the step that fails and says what to do") {
  const Bench bench;
  SECTION("nobody listens") {
    const auto ran = doctor(bench.environment({{"SSH_PORT", "1"}}));
    CHECK(ran.exit_code() == 1);
    const std::string line = line_of(ran.output, "default: connect");
    CHECK(begins(line, "FAIL"));
    CHECK(holds(line, "refused"));
    CHECK(holds(line, " -> "));
    CHECK(line_of(ran.output, "default: exec").empty());
  }
  SECTION("the name does not resolve") {
    const auto ran = doctor(bench.environment({{"HOST", "no-such-host.invalid"}}));
    CHECK(ran.exit_code() == 1);
    CHECK(begins(line_of(ran.output, "default: resolve"), "FAIL"));
    CHECK(line_of(ran.output, "default: connect").empty());
  }
  SECTION("the server's key is recorded nowhere") {
    const TemporaryFolder folder;
    const auto ran =
        doctor(bench.environment({{"SSH_KNOWN_HOSTS", folder.write("known_hosts", "")}}));
    CHECK(ran.exit_code() == 1);
    CHECK(begins(line_of(ran.output, "default: connect"), "ok"));
    CHECK(begins(line_of(ran.output, "default: host key"), "FAIL"));
    CHECK(line_of(ran.output, "default: login").empty());
  }
  SECTION("the key is not let in") {
    Bench other;
    const auto ran = doctor(bench.environment({{"SSH_KEY", other.sshd.client_key()}}));
    CHECK(ran.exit_code() == 1);
    CHECK(begins(line_of(ran.output, "default: host key"), "ok"));
    const std::string line = line_of(ran.output, "default: login");
    CHECK(begins(line, "FAIL"));
    CHECK(holds(line, bench.sshd.user()));
    CHECK(line_of(ran.output, "default: exec").empty());
  }
}

TEST_CASE("doctor warns of what only slows or disturbs, and still ends well") {
  SECTION("few sessions") {
    const Bench bench({.max_sessions = 2});
    const auto ran = doctor(bench.environment());
    CHECK(ran.exit_code() == 0);
    const std::string line = line_of(ran.output, "default: sessions");
    CHECK(begins(line, "warn"));
    CHECK(holds(line, "only 2"));
    CHECK(holds(line, "MaxSessions"));
  }
  SECTION("start-up files that print") {
    const Bench bench(
        {.extra_config = {R"(ForceCommand echo Welcome; eval "$SSH_ORIGINAL_COMMAND")"}});
    const auto ran = doctor(bench.environment({{"ENABLE_SFTP", "false"}}));
    const std::string line = line_of(ran.output, "default: exec");
    CHECK(begins(line, "warn"));
    CHECK(holds(line, "Welcome"));
  }
  SECTION("a key that others may read") {
    const Bench bench;
    REQUIRE(::chmod(bench.sshd.client_key().c_str(), 0644) == 0);
    const auto ran = doctor(bench.environment());
    CHECK(ran.exit_code() == 0);
    CHECK(begins(line_of(ran.output, "default: key"), "warn"));
    CHECK(holds(line_of(ran.output, "default: key"), "chmod 600"));
  }
}

TEST_CASE("a server without SFTP fails that step alone") {
  const Bench bench({.sftp = false});
  const auto ran = doctor(bench.environment());
  CHECK(ran.exit_code() == 1);
  CHECK(begins(line_of(ran.output, "default: sftp"), "FAIL"));
  CHECK(begins(line_of(ran.output, "default: clock"), "ok"));
}

TEST_CASE("doctor --all looks at every host, and one that is down disturbs no other") {
  const Bench bench;
  const TemporaryFolder folder;
  const Json book{
      {"hosts",
       {{"here",
         {{"host", "127.0.0.1"},
          {"port", bench.sshd.port()},
          {"user", bench.sshd.user()},
          {"key", bench.sshd.client_key()}}},
        {"down",
         {{"host", "127.0.0.1"}, {"port", 1}, {"user", "x"}, {"key", bench.sshd.client_key()}}}}}};
  const auto environment = bench.environment(
      {{"HOST", ""}, {"SSH_PORT", ""}, {"MRE_HOSTS", folder.write("hosts.json", dump_json(book))}});
  const auto all = doctor(environment, {"--all"});
  INFO(all.output + all.error);
  CHECK(all.exit_code() == 1);
  CHECK(begins(line_of(all.output, "here: login"), "ok"));
  CHECK(begins(line_of(all.output, "down: connect"), "FAIL"));
  const auto one = doctor(environment, {"--host", "here"});
  CHECK(one.exit_code() == 0);
  CHECK(line_of(one.output, "down: connect").empty());
  SECTION("without a name it never guesses among several") {
    const auto none = doctor(environment);
    CHECK(none.exit_code() == 2);
    CHECK(holds(none.error, "--all"));
  }
}

namespace {

// "inner" lies behind "bastion"; both are the same test server under two names.
Environment behind_a_bastion(const Bench &bench, const TemporaryFolder &folder,
                             const Json &changes) {
  const Json here = {{"host", "127.0.0.1"},
                     {"port", bench.sshd.port()},
                     {"user", bench.sshd.user()},
                     {"key", bench.sshd.client_key()}};
  Json inner = here;
  inner["jump"] = "bastion";
  Json book = {{"hosts", {{"bastion", here}, {"inner", inner}}}};
  book.merge_patch({{"hosts", changes}});
  return bench.environment(
      {{"HOST", ""}, {"SSH_PORT", ""}, {"MRE_HOSTS", folder.write("hosts.json", dump_json(book))}});
}

} // namespace

TEST_CASE("doctor walks a host behind another one step by step, through it") {
  const Bench bench;
  const TemporaryFolder folder;
  SECTION("a healthy one has every line") {
    const auto ran = doctor(behind_a_bastion(bench, folder, Json::object()), {"--host", "inner"});
    INFO(ran.output + ran.error);
    CHECK(ran.exit_code() == 0);
    for (const char *step :
         {"inner: key", "inner: known hosts", "inner: jump", "inner: resolve", "inner: connect",
          "inner: version", "inner: algorithms", "inner: host key", "inner: login",
          "inner: sessions", "inner: sftp", "inner: clock"}) {
      INFO(step);
      CHECK(begins(line_of(ran.output, step), "ok"));
    }
    CHECK(holds(line_of(ran.output, "inner: jump"), "bastion"));
    CHECK(holds(line_of(ran.output, "inner: resolve"), "bastion"));
    CHECK(holds(line_of(ran.output, "inner: connect"), "through bastion"));
    CHECK(holds(line_of(ran.output, "inner: version"), "OpenSSH"));
    CHECK(holds(line_of(ran.output, "inner: sessions"), "10 at once"));
  }
  SECTION("a bastion that is down is named as the step that failed") {
    const auto ran =
        doctor(behind_a_bastion(bench, folder, {{"bastion", {{"port", 1}}}}), {"--host", "inner"});
    INFO(ran.output + ran.error);
    CHECK(ran.exit_code() == 1);
    CHECK(begins(line_of(ran.output, "inner: jump"), "FAIL"));
    CHECK(holds(line_of(ran.output, "inner: jump"), "bastion"));
    CHECK(line_of(ran.output, "inner: connect").empty());
  }
  SECTION("a host the bastion cannot reach, likewise") {
    const auto ran =
        doctor(behind_a_bastion(bench, folder, {{"inner", {{"port", 1}}}}), {"--host", "inner"});
    INFO(ran.output + ran.error);
    CHECK(ran.exit_code() == 1);
    CHECK(begins(line_of(ran.output, "inner: jump"), "FAIL"));
    CHECK(line_of(ran.output, "inner: login").empty());
  }
  SECTION("a login that fails behind a good bastion is the login") {
    const Bench other;
    const auto ran =
        doctor(behind_a_bastion(bench, folder, {{"inner", {{"key", other.sshd.client_key()}}}}),
               {"--host", "inner"});
    INFO(ran.output + ran.error);
    CHECK(ran.exit_code() == 1);
    CHECK(begins(line_of(ran.output, "inner: jump"), "ok"));
    CHECK(begins(line_of(ran.output, "inner: login"), "FAIL"));
  }
}

TEST_CASE("doctor without a configuration, or for a host that does not exist, is a usage error") {
  CHECK(doctor({}).exit_code() == 2);
  const Bench bench;
  const auto unknown = doctor(bench.environment(), {"--host", "defualt"});
  CHECK(unknown.exit_code() == 2);
  CHECK(holds(unknown.error, "default"));
  CHECK(doctor(bench.environment(), {"--host", "default", "--all"}).exit_code() == 2);
}
