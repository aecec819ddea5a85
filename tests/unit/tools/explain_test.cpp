#include "core/tools/explain.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/tools/owners.hpp"

using namespace mre;
using namespace mre::test;
using tools::resolve;

TEST_CASE("explain tells every step that led to a hidden tool") {
  const std::vector owners = {core_owner(), sftp_owner(), imagekit_owner(),
                              owner("org.example.pve", {"pve"}, {hide("core:ssh_exec_command")})};
  const auto text = tools::explain_tool(resolve(owners, {}), "ssh_upload_file");
  REQUIRE(text);
  CHECK(*text == "ssh_upload_file (sftp)\n"
                 "  declared    sftp 1.0\n"
                 "  suppressed  imagekit 1.0         \"transfers go through the media store\"\n"
                 "  suppressed  org.example.pve 1.0  no\n"
                 "  policy      no allow/deny rule matches\n"
                 "  => hidden (suppressed); use imagekit_request_upload\n");
}

TEST_CASE("explain tells what clients on a network do not see, where there may be some") {
  auto sftp = sftp_owner();
  sftp.tools.front().promises.local_paths = true;
  const std::vector owners = {core_owner(), sftp};
  tools::Policy policy;
  policy.keeps_local_paths = true;
  const auto story = [&] {
    return *tools::explain_tool(resolve(owners, policy), "ssh_upload_file");
  };
  const auto table = [&] { return tools::render_table(resolve(owners, policy)); };
  CHECK_FALSE(contains(story(), "network"));
  policy.serves_network = true;
  CHECK(contains(story(),
                 "network     TRANSFER_ROOT        not set: hidden from clients on a network"));
  CHECK(contains(story(), "=> visible, but not to clients on a network\n"));
  CHECK(contains(table(), "ssh_upload_file     sftp  visible, but not to clients on a network"));
  CHECK(contains(table(), "ssh_read_file       sftp  visible\n"));
  policy.keeps_local_paths = false; // TRANSFER_ROOT is set
  CHECK(contains(story(), "confines"));
  CHECK(contains(story(), "=> visible\n"));
}

TEST_CASE("explain tells of the policy that decided") {
  const std::vector owners = {core_owner()};
  tools::Policy policy;
  policy.deny = {"core:*"};
  const auto text = tools::explain_tool(resolve(owners, policy), "ssh_exec_command");
  REQUIRE(text);
  CHECK(contains(*text, "denied      MRE_TOOLS_DENY       core:*"));
  CHECK(contains(*text, "=> hidden (denied)"));
}

TEST_CASE("the words of a step stand apart, also when a rule fills its column") {
  const std::vector owners = {core_owner()};
  tools::Policy policy;
  policy.absent = {{"sftp", "ENABLE_SFTP=true", {"ssh_read_file"}}};
  const auto text = tools::explain_tool(resolve(owners, policy), "ssh_read_file");
  REQUIRE(text);
  CHECK(contains(*text, "  switched off sftp"));
}

TEST_CASE("an unknown name is answered with the nearest") {
  const std::vector owners = {core_owner()};
  const auto text = tools::explain_tool(resolve(owners, {}), "ssh_exec_comand");
  REQUIRE(!text);
  CHECK(text.error().code == Errc::not_found);
  CHECK(contains(text.error().hint, "ssh_exec_command"));
}

TEST_CASE("the sentence for a caller of a hidden tool names who, why and what to use") {
  const std::vector owners = {core_owner(), sftp_owner(), imagekit_owner()};
  const auto resolution = resolve(owners, {});
  const auto *tool = find(resolution, "sftp", "ssh_upload_file");
  CHECK(tools::explain_hidden(*tool) == "ssh_upload_file is suppressed by imagekit: transfers go "
                                        "through the media store; use imagekit_request_upload");
  CHECK(
      dump_json(tools::describe_hidden(*tool)) ==
      R"({"by":"imagekit","state":"suppressed","tool":"ssh_upload_file","use":"imagekit_request_upload"})");
}

TEST_CASE("the table has one line per tool and the refused owners") {
  const std::vector owners = {core_owner(), owner("a.a", {"bad name"})};
  const std::string table = tools::render_table(resolve(owners, {}));
  CHECK(contains(table, "ssh_exec_command  core  visible\n"));
  CHECK(contains(table, "refused: a.a: the tool name 'bad name'"));
}
