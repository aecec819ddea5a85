#include "core/base/json.hpp"
#include "core/cli/client_config.hpp"
#include "tests/support/catch.hpp"

#include <sstream>

using namespace mre;
using namespace mre::cli;

namespace {
ClientConfigRequest request_for(const std::string &client) {
  return {client,
          "/usr/bin/mcp-remote-exec",
          "/home/u",
          {{"HOST", "h.example"}, {"SSH_PASSWORD", "hunter2hunter2"}, {"SSH_KEY", "~/.ssh/id"}},
          {}};
}
Json rendered(const std::string &client) {
  const auto config = render_client_config(request_for(client));
  REQUIRE(config.has_value());
  CHECK(config->text.find("hunter2") == std::string::npos);
  CHECK(config->note.find("hunter2") == std::string::npos);
  const Result<Json> document = parse_json(config->text);
  REQUIRE(document.has_value());
  return *document;
}
} // namespace

TEST_CASE("each JSON client gets its own form, with the absolute path and no secret") {
  for (const char *client : {"claude-desktop", "claude-code", "cursor", "gemini"}) {
    const Json server = rendered(client).at("mcpServers").at("mcp-remote-exec");
    CHECK(server.at("command") == "/usr/bin/mcp-remote-exec");
    CHECK(server.at("args") == Json::array());
    CHECK(server.at("env").at("I_ACCEPT_RISKS") == "true");
    CHECK(server.at("env").at("HOST") == "h.example");
    CHECK(server.at("env").at("SSH_USERNAME") == "root");
    CHECK(server.at("env").at("SSH_KEY") == "~/.ssh/id");
  }
  CHECK(
      rendered("claude-code").at("mcpServers").at("mcp-remote-exec").at("env").at("SSH_PASSWORD") ==
      "${SSH_PASSWORD}");
  CHECK_FALSE(
      rendered("cursor").at("mcpServers").at("mcp-remote-exec").at("env").contains("SSH_PASSWORD"));
  const Json code = rendered("vscode");
  CHECK(code.at("servers").at("mcp-remote-exec").at("type") == "stdio");
  CHECK(code.at("servers").at("mcp-remote-exec").at("env").at("SSH_PASSWORD") ==
        "${input:ssh-password}");
  CHECK(code.at("inputs").at(0).at("password") == true);
}

TEST_CASE("codex gets TOML") {
  const auto config = render_client_config(request_for("codex"));
  REQUIRE(config.has_value());
  CHECK(config->text ==
        "[mcp_servers.mcp-remote-exec]\ncommand = \"/usr/bin/mcp-remote-exec\"\nargs = []\n\n"
        "[mcp_servers.mcp-remote-exec.env]\nI_ACCEPT_RISKS = \"true\"\nHOST = \"h.example\"\n"
        "SSH_USERNAME = \"root\"\nSSH_KEY = \"~/.ssh/id\"\n");
}

TEST_CASE("a settings file that was named stands in the arguments, and nothing else is needed") {
  ClientConfigRequest request = request_for("cursor");
  request.env_file = "my.env";
  const Json server =
      Json::parse(render_client_config(request)->text)["mcpServers"]["mcp-remote-exec"];
  CHECK(server.at("args") == Json::parse(R"(["--env-file", "/home/u/my.env"])"));
  CHECK_FALSE(server.contains("env"));
}

TEST_CASE("an unknown client is a usage error that lists the known ones") {
  std::ostringstream out;
  std::ostringstream err;
  CHECK(run_client_config(request_for("coursor"), {out, err}) == 2);
  CHECK(out.str().empty());
  CHECK(err.str().find("did you mean cursor?") != std::string::npos);
  CHECK(err.str().find("claude-desktop, claude-code, cursor, vscode, codex, gemini") !=
        std::string::npos);
}
