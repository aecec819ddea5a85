#include "core/cli/tools_command.hpp"
#include "tests/support/catch.hpp"

#include <sstream>

using namespace mre;
using namespace mre::cli;

TEST_CASE("tools lists them, explain tells the story of one, an unknown name is exit 2") {
  tools::ToolDeclaration tool;
  tool.name = "ssh_probe";
  tool.description = "x";
  tool.input_schema = R"({"type":"object"})";
  tools::OwnerDeclaration owner;
  owner.owner = "core";
  owner.version = "0.1.0";
  owner.tools.push_back(tool);
  const auto snapshot = tools::Snapshot::create(1, {owner}, {}, {});
  std::ostringstream out;
  std::ostringstream err;
  CHECK(run_tools(*snapshot, {}, {out, err}) == 0);
  plugin_host::PluginStatus refused;
  refused.name = "broken";
  refused.file = "/opt/broken.so";
  refused.reason = "it does not load";
  CHECK(run_tools(*snapshot, {.statuses = {refused}}, {out, err}) == 1);
  CHECK(err.str().find("the plugin broken (/opt/broken.so) cannot start: it does not load") !=
        std::string::npos);
  CHECK(run_tools(*snapshot, {.statuses = {refused}, .are_optional = true}, {out, err}) == 0);
  CHECK(out.str().find("ssh_probe  core  visible") != std::string::npos);
  CHECK(run_tools_explain(*snapshot, "ssh_probe", {out, err}) == 0);
  CHECK(out.str().find("declared") != std::string::npos);
  CHECK(run_tools_explain(*snapshot, "ssh_prob", {out, err}) == 2);
  CHECK(err.str().find("ssh_probe") != std::string::npos);
}
