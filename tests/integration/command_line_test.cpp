// The subcommands that are not serving: tools, call, plugins, doctor, client-config.
#include "tests/integration/bench.hpp"

using namespace mre;
using namespace mre::testing;

namespace {

ProgramResult run(const Environment &environment, std::vector<std::string> arguments,
                  std::string_view input = {}) {
  return run_server({.environment = environment, .arguments = std::move(arguments)}, input);
}

} // namespace

TEST_CASE("call runs one tool and prints its text, or the structured result") {
  const Bench bench;
  const auto environment = bench.environment();
  const auto text = run(environment, {"call", "ssh_exec_command", R"({"command":"echo hello"})"});
  CHECK(text.exit_code() == 0);
  CHECK(text.output.rfind("=== EXIT CODE: 0 ===", 0) == 0);
  CHECK(holds(text.output, "hello"));
  const auto json =
      run(environment, {"call", "ssh_exec_command", R"({"command":"exit 4"})", "--json"});
  CHECK(json.exit_code() == 0); // a command's own exit code is a normal result
  const auto parsed = parse_json(json.output);
  REQUIRE(parsed);
  CHECK(parsed->at("exit_code") == 4);
  const auto piped =
      run(environment, {"call", "ssh_exec_command", "-"}, R"({"command":"echo piped"})");
  CHECK(piped.exit_code() == 0);
  CHECK(holds(piped.output, "piped"));
}

TEST_CASE("call tells errors of the tool, of the usage and of the policy apart by exit code") {
  const Bench bench;
  const auto environment = bench.environment();
  CHECK(run(environment, {"call", "ssh_exec_command", R"({"command":"true","timeout":0})"})
            .exit_code() == 1);
  CHECK(run(environment, {"call", "ssh_read_file", R"({"path":"/no/such/file"})"}).exit_code() ==
        1);
  CHECK(run(environment, {"call", "no_such_tool", "{}"}).exit_code() == 2);
  CHECK(run(environment, {"call", "ssh_exec_command", "{not json"}).exit_code() == 2);
  const auto hidden = run(bench.environment({{"MRE_TOOLS_DENY", "ssh_exec_command"}}),
                          {"call", "ssh_exec_command", R"({"command":"true"})"});
  CHECK(hidden.exit_code() == 2);
  CHECK(holds(hidden.error, "MRE_TOOLS_DENY"));
}

TEST_CASE("output that cannot be written is a failure that says why") {
  const Bench bench;
  const TemporaryFolder home;
  Environment environment = clean_environment(home.path());
  for (const auto &[name, value] : bench.environment()) {
    environment[name] = value;
  }
  for (const std::string words : {"call ssh_list_hosts", "tools", "--version"}) {
    const auto ran = run_program(
        {.command = {"sh", "-c", "exec " + server_binary() + " " + words + " > /dev/full"},
         .environment = environment,
         .error = Connect::pipe});
    INFO(words << ran.error);
    CHECK(ran.exit_code() == 1);
    CHECK(holds(ran.error, "No space left on device"));
  }
}

TEST_CASE("interrupting call ends the remote process") {
  const Bench bench;
  const std::string seconds = unique_seconds();
  const TemporaryFolder home;
  Environment environment = clean_environment(home.path());
  for (const auto &[name, value] : bench.environment()) {
    environment[name] = value;
  }
  Process client({.command = {server_binary(), "call", "ssh_exec_command",
                              R"({"command":"exec sleep )" + seconds + R"("})"},
                  .environment = environment,
                  .output = Connect::null,
                  .error = Connect::null});
  const auto remote_runs = [&] {
    for (const pid_t pid : processes_with_command("sleep " + seconds)) {
      if (pid != client.pid()) {
        return true;
      }
    }
    return false;
  };
  REQUIRE(eventually(remote_runs));
  client.signal(SIGINT);
  const auto end = client.wait(std::chrono::seconds(15));
  REQUIRE(end);
  CHECK(end->exit_code == 1);
  CHECK(eventually([&] { return !remote_runs(); }));
}

TEST_CASE("tools shows the whole table and explain every step") {
  const Bench bench;
  const auto environment = bench.environment({{"MRE_TOOLS_DENY", "ssh_upload_file"}});
  const auto table = run(environment, {"tools"});
  CHECK(table.exit_code() == 0);
  for (const char *name :
       {"ssh_exec_command", "ssh_read_output", "ssh_list_hosts", "ssh_upload_file",
        "ssh_download_file", "ssh_read_file", "ssh_write_file", "ssh_list_directory"}) {
    INFO(name);
    CHECK(holds(table.output, name));
  }
  CHECK(holds(table.output, "hidden"));
  const auto explained = run(environment, {"tools", "explain", "ssh_upload_file"});
  CHECK(explained.exit_code() == 0);
  CHECK(holds(explained.output, "sftp"));
  CHECK(holds(explained.output, "MRE_TOOLS_DENY"));
  CHECK(run(environment, {"tools", "explain", "no_such_tool"}).exit_code() != 0);
}

TEST_CASE("plugins names what is loaded and from where") {
  const Bench bench;
  const auto ran = run(bench.environment(), {"plugins"});
  CHECK(ran.exit_code() == 0);
  CHECK(holds(ran.output, "sftp"));
  CHECK(holds(ran.output, ".so"));
}

TEST_CASE("plugins info reads a descriptor without any configuration") {
  const std::string binary = server_binary();
  const std::string plugin =
      binary.substr(0, binary.rfind("/bin/")) + "/lib/mcp-remote-exec/plugins/sftp.so";
  REQUIRE(path_exists(plugin));
  const auto ran = run({}, {"plugins", "info", plugin});
  CHECK(ran.exit_code() == 0);
  CHECK(holds(ran.output, "sftp"));
  CHECK(run({}, {"plugins", "info", "/no/such/plugin.so"}).exit_code() != 0);
}

TEST_CASE("client-config prints a snippet for every client, without secrets") {
  const Environment secret{{"SSH_PASSWORD", "Tr0ub4dor-and-3"}, {"HOST", "10.0.0.5"}};
  for (const char *client : {"claude-desktop", "claude-code", "cursor", "vscode", "gemini"}) {
    INFO(client);
    const auto ran = run(secret, {"client-config", client});
    CHECK(ran.exit_code() == 0);
    const auto parsed = parse_json(ran.output);
    REQUIRE(parsed);
    CHECK(parsed->contains(std::string(client) == "vscode" ? "servers" : "mcpServers"));
    CHECK(holds(ran.output, "mcp-remote-exec"));
    CHECK_FALSE(holds(ran.output, "Tr0ub4dor-and-3"));
  }
  const auto codex = run(secret, {"client-config", "codex"});
  CHECK(codex.exit_code() == 0);
  CHECK(holds(codex.output, "[mcp_servers."));
  CHECK_FALSE(holds(codex.output, "Tr0ub4dor-and-3"));
  CHECK(run({}, {"client-config", "netscape"}).exit_code() == 2);
  CHECK(run({}, {"client-config"}).exit_code() == 2);
}

TEST_CASE("serve --no-stdio without a plugin that serves a transport is a usage error, not a "
          "silent wait") {
  const Bench bench;
  const auto ran = run(bench.environment(), {"serve", "--no-stdio"});
  CHECK(ran.exit_code() == 2);
  CHECK(holds(ran.error, "--no-stdio"));
}
