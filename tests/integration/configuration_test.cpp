// What the daemon says when its settings are wrong, and where it takes them from.
#include "tests/integration/bench.hpp"

#include <sys/stat.h>

using namespace mre;
using namespace mre::testing;

namespace {

Environment valid() {
  return {{"I_ACCEPT_RISKS", "true"},
          {"HOST", "127.0.0.1"},
          {"SSH_PORT", "1"},
          {"SSH_PASSWORD", "Tr0ub4dor-and-3"}};
}

Environment valid_with(const Environment &extra) {
  Environment all = valid();
  for (const auto &[name, value] : extra) {
    all[name] = value;
  }
  return all;
}

// stderr of a start that was refused.
std::string refused(const ServerOptions &options) {
  const auto ran = run_server(options);
  CHECK(ran.exit_code() == 2);
  CHECK(ran.output.empty());
  CHECK_FALSE(ran.error.empty());
  CHECK_FALSE(holds(ran.error, "terminate called"));
  return ran.error;
}

std::string refused_with(const Environment &extra) {
  return refused({.environment = valid_with(extra)});
}

} // namespace

TEST_CASE("help and version need no configuration") {
  for (const char *flag : {"--help", "-h", "--version", "-v"}) {
    INFO(flag);
    const auto ran = run_server({.arguments = {flag}});
    CHECK(ran.exit_code() == 0);
    CHECK(holds(ran.output, "mcp-remote-exec"));
    CHECK(ran.error.empty());
  }
}

TEST_CASE("without the acceptance of risks nothing starts, and it says what that means") {
  CHECK(holds(refused({}), "I_ACCEPT_RISKS"));
  for (const char *almost : {"yes", "1", "TRUE ", "false"}) {
    INFO(almost);
    CHECK(holds(refused_with({{"I_ACCEPT_RISKS", almost}}), "I_ACCEPT_RISKS"));
  }
}

TEST_CASE("all complaints come at once, each with its variable and what would be accepted") {
  const std::string said = refused_with({{"SSH_PORT", "99999"},
                                         {"TIMEOUT", "soon"},
                                         {"CHARACTER_LIMIT", "5"},
                                         {"MAX_FILE_SIZE", "-1"},
                                         {"MRE_READ_ONLY", "maybe"},
                                         {"SSH_STRICT_HOST_KEY_CHECKING", "perhaps"},
                                         {"MRE_LOG", "loud"},
                                         {"MRE_AUDIT", "sometimes"}});
  for (const char *name :
       {"SSH_PORT", "TIMEOUT", "CHARACTER_LIMIT", "MAX_FILE_SIZE", "MRE_READ_ONLY",
        "SSH_STRICT_HOST_KEY_CHECKING", "MRE_LOG", "MRE_AUDIT"}) {
    INFO(name);
    CHECK(holds(said, name));
  }
  CHECK(holds(said, "99999"));
  CHECK(holds(said, "soon"));
  CHECK(holds(said, "10000000"));
  CHECK(holds(said, "accept-new"));
  CHECK_FALSE(holds(said, "Tr0ub4dor-and-3"));
}

TEST_CASE("a plugin that cannot start is named beside what else is wrong") {
  const std::string said = refused_with({{"TIMEOUT", "soon"},
                                         {"MRE_LOG", "error"},
                                         {"MRE_PLUGINS", "no_such_plugin:/no/such/file.so"}});
  CHECK(holds(said, "TIMEOUT"));
  CHECK(holds(said, "no_such_plugin"));
  CHECK(holds(said, "/no/such/file.so"));
}

TEST_CASE("every number has both its ends") {
  for (const auto &[name, value] :
       std::vector<std::pair<std::string, std::string>>{{"SSH_PORT", "0"},
                                                        {"SSH_PORT", "65536"},
                                                        {"TIMEOUT", "0"},
                                                        {"MAX_TIMEOUT", "86401"},
                                                        {"SSH_CONNECT_TIMEOUT", "0"},
                                                        {"SSH_CONNECT_TIMEOUT", "301"},
                                                        {"CHARACTER_LIMIT", "999"},
                                                        {"CHARACTER_LIMIT", "10000001"},
                                                        {"TIMEOUT", "30s"},
                                                        {"TIMEOUT", "1e2"},
                                                        {"TIMEOUT", "99999999999999999999"}}) {
    INFO(name << "=" << value);
    CHECK(holds(refused_with({{name, value}}), name));
  }
}

TEST_CASE("a default timeout above the bound is a complaint") {
  const std::string said = refused_with({{"TIMEOUT", "400"}});
  CHECK(holds(said, "TIMEOUT"));
  CHECK(holds(said, "MAX_TIMEOUT"));
}

TEST_CASE("a placeholder nobody replaced is refused by name") {
  const std::string said = refused_with({{"SSH_PASSWORD", "${SSH_PASSWORD}"}});
  CHECK(holds(said, "SSH_PASSWORD"));
}

TEST_CASE("a host without any way to log in is refused") {
  const std::string said =
      refused({.environment = {{"I_ACCEPT_RISKS", "true"}, {"HOST", "127.0.0.1"}}});
  CHECK(holds(said, "no authentication configured"));
}

TEST_CASE("settings come from the named file, which must exist") {
  const TemporaryFolder folder;
  const Bench bench;
  std::string text = "# comment\n\n";
  for (const auto &[name, value] : bench.environment()) {
    text += "export " + name + "='" + value + "'\n";
  }
  const std::string file = folder.write("settings.env", text);
  const auto ran = run_server({.arguments = {"--env-file", file, "call", "ssh_exec_command",
                                             R"({"command":"echo from-file"})"}});
  CHECK(ran.exit_code() == 0);
  CHECK(holds(ran.output, "from-file"));
  const auto by_variable =
      run_server({.environment = {{"MRE_ENV_FILE", file}}, .arguments = {"tools"}});
  CHECK(by_variable.exit_code() == 0);
  CHECK(holds(refused({.environment = valid(), .arguments = {"--env-file", folder / "none"}}),
              folder / "none"));
}

TEST_CASE("the working directory's .env is read, and the process environment wins over it") {
  const TemporaryFolder folder;
  folder.write(
      ".env",
      "I_ACCEPT_RISKS=true\nHOST=from-file.invalid\nSSH_PASSWORD=\"with \\\"quotes\\\"\"\n");
  const auto ran = run_server(
      {.arguments = {"call", "ssh_list_hosts", "--json"}, .working_directory = folder.path()});
  CHECK(ran.exit_code() == 0);
  CHECK(holds(ran.output, "from-file.invalid"));
  const auto over = run_server({.environment = {{"HOST", "from-process.invalid"}},
                                .arguments = {"call", "ssh_list_hosts", "--json"},
                                .working_directory = folder.path()});
  CHECK(holds(over.output, "from-process.invalid"));
}

TEST_CASE("SSH_HOST wins over HOST, which some platforms set themselves") {
  const auto ran = run_server(
      {.environment = valid_with({{"HOST", "platform.invalid"}, {"SSH_HOST", "wanted.invalid"}}),
       .arguments = {"call", "ssh_list_hosts", "--json"}});
  CHECK(holds(ran.output, "wanted.invalid"));
  CHECK_FALSE(holds(ran.output, "platform.invalid"));
}

TEST_CASE("settings that open doors do not count from a .env anybody could have written") {
  const TemporaryFolder folder;
  const std::string open = folder.make_folder("shared", 0777);
  write_whole_file(open + "/.env", "MRE_PLUGINS=/nowhere/evil.so\n", 0666);
  ::chmod((open + "/.env").c_str(), 0666);
  // A plugin that is named and missing stops the start; here it must not even be asked for.
  const auto ran =
      run_server({.environment = valid(), .arguments = {"tools"}, .working_directory = open});
  CHECK(ran.exit_code() == 0);
  CHECK(holds(ran.error, "MRE_PLUGINS"));
}

TEST_CASE("a host book that is named must be there and right, and errors name the nearest key") {
  const TemporaryFolder folder;
  CHECK(holds(refused_with({{"MRE_HOSTS", folder / "none.json"}}), folder / "none.json"));
  CHECK(holds(refused_with({{"MRE_HOSTS", folder.write("broken.json", "{\"hosts\": ")}}),
              "broken.json"));
  const std::string said = refused_with(
      {{"MRE_HOSTS", folder.write("typo.json", R"({"hosts":{"web":{"host":"h","prot":22}}})")}});
  CHECK(holds(said, "prot"));
  CHECK(holds(said, "port"));
}

TEST_CASE("an unknown subcommand or flag is a usage error") {
  CHECK(run_server({.environment = valid(), .arguments = {"sevre"}}).exit_code() == 2);
  CHECK(run_server({.environment = valid(), .arguments = {"--no-such-flag"}}).exit_code() == 2);
}
