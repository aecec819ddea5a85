// Which tools exist: bundled plugins, the operator's rules, read-only mode, refused plugins.
#include "core/base/digest.hpp"
#include "tests/integration/bench.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <sstream>

using namespace mre;
using namespace mre::testing;

namespace {

using Names = std::vector<std::string>;

const Names kCore{"ssh_exec_command", "ssh_read_output", "ssh_list_hosts"};
const Names kSftp{"ssh_upload_file",        "ssh_download_file", "ssh_upload_directory",
                  "ssh_download_directory", "ssh_read_file",     "ssh_write_file",
                  "ssh_list_directory"};

Environment offline(const Environment &extra = {}) {
  Environment all{{"I_ACCEPT_RISKS", "true"},
                  {"HOST", "127.0.0.1"},
                  {"SSH_PORT", "1"},
                  {"SSH_PASSWORD", "not-used-here"}};
  for (const auto &[name, value] : extra) {
    all[name] = value;
  }
  return all;
}

Names tools_with(const Environment &extra) {
  return start_server(offline(extra)).tool_names();
}

Names joined(Names first, const Names &second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

std::string bundled_plugin(const std::string &name) {
  const std::string binary = server_binary();
  return std::filesystem::canonical(binary.substr(0, binary.rfind("/bin/")) +
                                    "/lib/mcp-remote-exec/plugins/" + name + ".so")
      .string();
}

// stderr of a start that was refused.
std::string refused_with(const Environment &extra) {
  const auto ran = run_server({.environment = offline(extra)});
  CHECK(ran.exit_code() == 2);
  return ran.error;
}

} // namespace

TEST_CASE("by default there are the core's tools and the file tools, the core first") {
  CHECK(tools_with({}) == joined(kCore, kSftp));
}

TEST_CASE("ENABLE_SFTP=false leaves the core's tools") {
  CHECK(tools_with({{"ENABLE_SFTP", "false"}}) == kCore);
  CHECK(tools_with({{"ENABLE_SFTP", "No"}}) == kCore);
}

TEST_CASE("MRE_READ_ONLY leaves only tools that promise it") {
  const Names names = tools_with({{"MRE_READ_ONLY", "true"}});
  for (const char *name :
       {"ssh_read_output", "ssh_list_hosts", "ssh_read_file", "ssh_list_directory"}) {
    INFO(name);
    CHECK(contains(names, name));
  }
  for (const char *name : {"ssh_exec_command", "ssh_upload_file", "ssh_write_file"}) {
    INFO(name);
    CHECK_FALSE(contains(names, name));
  }
  // Allow never gives more than read-only admits.
  CHECK_FALSE(
      contains(tools_with({{"MRE_READ_ONLY", "true"}, {"MRE_TOOLS_ALLOW", "ssh_exec_command"}}),
               "ssh_exec_command"));
}

TEST_CASE("MRE_TOOLS_DENY hides by name, by owner and name, and by owner") {
  CHECK_FALSE(contains(tools_with({{"MRE_TOOLS_DENY", "ssh_exec_command"}}), "ssh_exec_command"));
  CHECK_FALSE(
      contains(tools_with({{"MRE_TOOLS_DENY", "core:ssh_exec_command, sftp:ssh_read_file"}}),
               "ssh_read_file"));
  CHECK(tools_with({{"MRE_TOOLS_DENY", "sftp:*"}}) == kCore);
  CHECK(contains(tools_with({{"MRE_TOOLS_DENY", "core:ssh_read_file"}}),
                 "ssh_read_file")); // another owner's
  CHECK_FALSE(contains(
      tools_with({{"MRE_TOOLS_DENY", "ssh_read_file"}, {"MRE_TOOLS_ALLOW", "ssh_read_file"}}),
      "ssh_read_file"));
}

TEST_CASE("a hidden tool cannot be called, and the answer says who, why and what to use") {
  auto server = start_server(offline({{"MRE_TOOLS_DENY", "ssh_exec_command"}}));
  const Json error = server
                         .request("tools/call", {{"name", "ssh_exec_command"},
                                                 {"arguments", {{"command", "true"}}}})
                         .at("error");
  CHECK(error.at("code") == -32602);
  CHECK(holds(error.at("message").get<std::string>(), "MRE_TOOLS_DENY"));
  CHECK(error.at("data").at("tool") == "ssh_exec_command");
  for (const char *member : {"state", "by", "use"}) {
    INFO(member);
    CHECK(error.at("data").contains(member));
  }
}

TEST_CASE("a tool whose plugin is switched off says so too") {
  auto server = start_server(offline({{"ENABLE_SFTP", "false"}}));
  const Json error =
      server.request("tools/call", {{"name", "ssh_read_file"}, {"arguments", {{"path", "/"}}}})
          .at("error");
  CHECK(error.at("code") == -32602);
  CHECK(holds(error.at("message").get<std::string>(), "ENABLE_SFTP=true"));
  CHECK(error.at("data") == Json{{"tool", "ssh_read_file"},
                                 {"state", "switched_off"},
                                 {"by", "the operator"},
                                 {"use", nullptr}});
  const auto told = run_server({.environment = offline({{"ENABLE_SFTP", "false"}}),
                                .arguments = {"tools", "explain", "ssh_read_file"}});
  CHECK(holds(told.output, "ENABLE_SFTP=true"));
}

TEST_CASE("what a bundled plugin says of its tools while it is off is what it declares") {
  const std::vector<std::pair<std::string, Environment>> plugins{
      {"sftp", {}},
      {"proxmox", {{"ENABLE_PROXMOX", "true"}}},
      {"imagekit",
       {{"ENABLE_IMAGEKIT", "true"},
        {"IMAGEKIT_PUBLIC_KEY", "public_of_nobody"},
        {"IMAGEKIT_PRIVATE_KEY", "private_of_nobody"},
        {"IMAGEKIT_URL_ENDPOINT", "https://ik.imagekit.io/nobody"}}}};
  for (const auto &[plugin, switched_on] : plugins) {
    INFO(plugin);
    const std::string file = bundled_plugin(plugin);
    std::istringstream text(read_whole_file(file.substr(0, file.rfind('.')) + ".tools"));
    Names listed;
    for (std::string line; std::getline(text, line);) {
      if (!line.empty() && line[0] != '#') {
        listed.push_back(line);
      }
    }
    Names declared; // of this owner, as `tools` shows them: NAME OWNER visible
    const auto table =
        run_server({.environment = offline(switched_on), .arguments = {"tools"}}).output;
    std::istringstream rows(table);
    for (std::string row; std::getline(rows, row);) {
      std::istringstream words(row);
      std::string name, owner;
      words >> name >> owner;
      if (owner == plugin) {
        declared.push_back(name);
      }
    }
    CHECK(listed == declared);
  }
}

TEST_CASE("a rule that matches nothing is warned about, and the server starts") {
  auto server = start_server(offline({{"MRE_TOOLS_DENY", "ssh_exce_command"}}));
  CHECK(holds(server.error_output(), "ssh_exce_command"));
  CHECK(server.tool_names() == joined(kCore, kSftp));
}

TEST_CASE(
    "a bundled plugin is named by its bare name, and naming it against its switch is a complaint") {
  CHECK(contains(tools_with({{"MRE_PLUGINS", "sftp"}}), "ssh_read_file"));
  const std::string said = refused_with({{"MRE_PLUGINS", "sftp"}, {"ENABLE_SFTP", "false"}});
  CHECK(holds(said, "MRE_PLUGINS"));
  CHECK(holds(said, "ENABLE_SFTP"));
}

TEST_CASE("a plugin that is missing, no plugin, or anybody's to write stops the start by name") {
  const TemporaryFolder folder;
  SECTION("missing") {
    CHECK(holds(refused_with({{"MRE_PLUGINS", folder / "none.so"}}), folder / "none.so"));
    CHECK(holds(refused_with({{"MRE_PLUGINS", "nosuchplugin"}}), "nosuchplugin"));
  }
  SECTION("a relative path") {
    CHECK(holds(refused_with({{"MRE_PLUGINS", "./plugin.so"}}), "./plugin.so"));
  }
  SECTION("no shared object") {
    const std::string path = folder.write("text.so", "hello", 0755);
    CHECK(holds(refused_with({{"MRE_PLUGINS", path}}), path));
  }
  SECTION("a file others may write") {
    const std::string path = folder.write("open.so", read_whole_file(bundled_plugin("sftp")), 0666);
    CHECK(holds(refused_with({{"MRE_PLUGINS", path}}), path));
  }
  SECTION("a folder others may write") {
    const std::string open = folder.make_folder("open", 0777);
    write_whole_file(open + "/copy.so", read_whole_file(bundled_plugin("sftp")), 0755);
    CHECK(holds(refused_with({{"MRE_PLUGINS", open + "/copy.so"}}), open));
  }
  SECTION("another digest than the one that was pinned") {
    const std::string said = refused_with({{"MRE_PLUGIN_SFTP_SHA256", std::string(64, '0')}});
    CHECK(holds(said, "sftp"));
    CHECK(holds(said, std::string(64, '0')));
    CHECK(holds(said, sha256_hex(read_whole_file(bundled_plugin("sftp")))));
  }
}

TEST_CASE("the pinned digest lets the right file in") {
  const std::string digest = sha256_hex(read_whole_file(bundled_plugin("sftp")));
  CHECK(contains(tools_with({{"MRE_PLUGIN_SFTP_SHA256", digest}}), "ssh_read_file"));
}

TEST_CASE("with MRE_PLUGINS_OPTIONAL a refused plugin is said and left out") {
  const TemporaryFolder folder;
  const std::string path = folder.write("text.so", "hello", 0755);
  const Environment environment =
      offline({{"MRE_PLUGINS", path}, {"MRE_PLUGINS_OPTIONAL", "true"}});
  auto server = start_server(environment);
  CHECK(server.tool_names() == joined(kCore, kSftp));
  CHECK(holds(server.error_output(), "text.so"));
  const auto listed = run_server({.environment = environment, .arguments = {"plugins"}});
  CHECK(holds(listed.output, "text.so"));
  CHECK(holds(listed.output, "refused"));
}
