#include "core/cli/arguments.hpp"
#include "tests/support/catch.hpp"

using namespace mre;
using namespace mre::cli;

namespace {
Arguments parsed(const std::vector<std::string> &words) {
  Result<Arguments> result = parse_arguments(words);
  INFO((result ? std::string() : result.error().message));
  REQUIRE(result.has_value());
  return *result;
}
std::string refused(const std::vector<std::string> &words) {
  const Result<Arguments> result = parse_arguments(words);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == Errc::bad_argument);
  return result.error().message;
}
} // namespace

TEST_CASE("each command of the documentation is understood") {
  CHECK(parsed({}).command == Command::serve);
  CHECK(parsed({"serve", "--no-stdio"}).no_stdio);
  CHECK(parsed({"tools"}).command == Command::tools);
  CHECK(parsed({"tools", "explain", "x"}).command == Command::tools_explain);
  CHECK(parsed({"tools", "explain", "x"}).subject == "x");
  CHECK(parsed({"plugins"}).command == Command::plugins);
  CHECK(parsed({"doctor"}).command == Command::doctor);
  CHECK(parsed({"doctor", "--host", "web-1"}).subject == "web-1");
  CHECK(parsed({"doctor", "--all"}).all);
  CHECK(parsed({"plugins", "info", "a.so"}).command == Command::plugins_info);
  CHECK(parsed({"plugins", "new", "disk"}).command == Command::plugins_new);
  CHECK(parsed({"plugins", "new", "disk"}).language == "cpp");
  CHECK(parsed({"plugins", "new", "disk", "--rust"}).language == "rust");
  CHECK(parsed({"plugins", "new", "--c", "disk"}).subject == "disk");
  CHECK_FALSE(needs_configuration(Command::plugins_new));
  CHECK(parsed({"client-config", "codex"}).subject == "codex");
  const Arguments call = parsed({"call", "t", "{\"a\": [1]}", "--json"});
  CHECK(call.command == Command::call);
  CHECK(call.subject == "t");
  CHECK(call.input == "{\"a\": [1]}");
  CHECK(call.json);
  CHECK(parsed({"call", "t", "-"}).input == "-");
  CHECK(parsed({"call", "t", "[1]"}).input == "[1]");
  CHECK_FALSE(parsed({"call", "t"}).input.has_value());
}

TEST_CASE("a word that is no command of ours names a plugin, and the rest is its own") {
  const Arguments sweep = parsed({"--env-file", "f", "imagekit", "sweep", "--json", "-v"});
  CHECK(sweep.command == Command::plugin_command);
  CHECK(sweep.env_file == "f");
  CHECK(sweep.words == std::vector<std::string>{"imagekit", "sweep", "--json", "-v"});
  CHECK(parsed({"imagekit"}).words == std::vector<std::string>{"imagekit"});
  CHECK(parsed({"imagekit", "--help"}).command == Command::plugin_command);
  CHECK(needs_configuration(Command::plugin_command));
}

TEST_CASE("the settings file may be named before and behind the command") {
  CHECK(parsed({"--env-file", "f"}).env_file == "f");
  CHECK(parsed({"--env-file=f", "tools"}).env_file == "f");
  CHECK(parsed({"tools", "--env-file", "f"}).env_file == "f");
  CHECK(parsed({"tools", "explain", "x", "--env-file", "f"}).env_file == "f");
}

TEST_CASE("help and version work anywhere, help first, but not inside the data of a call") {
  CHECK(parsed({"--help"}).command == Command::help);
  CHECK(parsed({"-h", "-v", "--nonsense"}).command == Command::help);
  CHECK(parsed({"tools", "--help"}).command == Command::help);
  CHECK(parsed({"call", "--help"}).command == Command::help);
  CHECK(parsed({"--version"}).command == Command::version);
  CHECK(parsed({"-v"}).command == Command::version);
  CHECK(version_text() == "mcp-remote-exec version 0.1.0\n");
  for (const char *word :
       {"I_ACCEPT_RISKS", "HOST", "SSH_USERNAME", "SSH_PASSWORD", "SSH_KEY", "client-config"}) {
    CHECK(help_text().find(word) != std::string::npos);
  }
}

TEST_CASE("a wrong command line is refused in words") {
  CHECK(refused({"tolls"}) == "unknown command \"tolls\"; did you mean tools?");
  CHECK(refused({"--frobnicate"}) == "unknown option --frobnicate");
  CHECK(refused({"tools", "exlpain"}).find("exlpain") != std::string::npos);
  CHECK(refused({"call"}).find("TOOL") != std::string::npos);
  CHECK(refused({"client-config"}).find("CLIENT") != std::string::npos);
  CHECK(refused({"--env-file"}).find("--env-file") != std::string::npos);
  CHECK(refused({"call", "t", "{}", "more"}) == "unexpected argument \"more\"");
}

TEST_CASE("what must work on a bare machine needs no configuration") {
  CHECK_FALSE(needs_configuration(Command::help));
  CHECK_FALSE(needs_configuration(Command::version));
  CHECK_FALSE(needs_configuration(Command::client_config));
  CHECK_FALSE(needs_configuration(Command::plugins_info));
  CHECK(needs_configuration(Command::serve));
  CHECK(needs_configuration(Command::call));
}
