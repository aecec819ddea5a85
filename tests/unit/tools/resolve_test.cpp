#include "tests/support/catch.hpp"
#include "tests/unit/tools/owners.hpp"

using namespace mre;
using namespace mre::test;
using tools::OwnerDeclaration;
using tools::Policy;
using tools::Resolution;
using tools::resolve;
using tools::Visibility;

namespace {

// The fourteen tool names of the first generation, over which the sets are counted.
std::size_t count_classic(const Resolution &resolution) {
  static const std::set<std::string> classic = {"ssh_exec_command",
                                                "ssh_upload_file",
                                                "ssh_download_file",
                                                "proxmox_list_containers",
                                                "proxmox_container_status",
                                                "proxmox_start_container",
                                                "proxmox_stop_container",
                                                "proxmox_container_exec_command",
                                                "proxmox_upload_file_to_container",
                                                "proxmox_download_file_from_container",
                                                "imagekit_request_upload",
                                                "imagekit_confirm_upload",
                                                "imagekit_request_download",
                                                "imagekit_confirm_download"};
  std::size_t number = 0;
  for (const std::string &name : visible(resolution)) {
    number += classic.count(name);
  }
  return number;
}

} // namespace

TEST_CASE("the classic sets are three, ten, five and ten, in either order") {
  using Owners = std::vector<OwnerDeclaration>;
  CHECK(count_classic(resolve(Owners{core_owner(), sftp_owner()}, {})) == 3);
  CHECK(count_classic(resolve(Owners{core_owner(), sftp_owner(), proxmox_owner()}, {})) == 10);
  CHECK(count_classic(resolve(Owners{core_owner(), sftp_owner(), imagekit_owner()}, {})) == 5);
  CHECK(count_classic(resolve(Owners{core_owner(), sftp_owner(), proxmox_owner(), imagekit_owner()},
                              {})) == 10);
  CHECK(count_classic(resolve(Owners{core_owner(), sftp_owner(), imagekit_owner(), proxmox_owner()},
                              {})) == 10);
  CHECK(count_classic(resolve(Owners{imagekit_owner(), sftp_owner(), core_owner()}, {})) == 5);
}

TEST_CASE("a suppressed tool says who hides it, why and what to use") {
  const std::vector owners = {core_owner(), sftp_owner(), imagekit_owner()};
  const Resolution resolution = resolve(owners, {});
  const auto *upload = find(resolution, "sftp", "ssh_upload_file");
  REQUIRE(upload != nullptr);
  CHECK(upload->state == Visibility::suppressed);
  CHECK(upload->by == "imagekit");
  CHECK(upload->reason == "transfers go through the media store");
  CHECK(upload->instead == "imagekit_request_upload");
}

TEST_CASE("a recommendation that cannot be used is not given") {
  const std::vector owners = {core_owner(), sftp_owner(), imagekit_owner()};
  Policy policy;
  policy.deny = {"imagekit_request_upload"};
  CHECK(find(resolve(owners, policy), "sftp", "ssh_upload_file")->instead.empty());
}

TEST_CASE("an owner whose every tool is denied still suppresses") {
  const std::vector owners = {core_owner(), sftp_owner(), imagekit_owner()};
  Policy policy;
  policy.deny = {"imagekit:*"};
  const Resolution resolution = resolve(owners, policy);
  CHECK(count_classic(resolution) == 1);
  CHECK(find(resolution, "sftp", "ssh_upload_file")->state == Visibility::suppressed);
}

TEST_CASE("allow un-hides what is suppressed and is warned about") {
  const std::vector owners = {core_owner(), sftp_owner(), imagekit_owner()};
  Policy policy;
  policy.allow = {"sftp:ssh_upload_file"};
  const Resolution resolution = resolve(owners, policy);
  CHECK(find(resolution, "sftp", "ssh_upload_file")->state == Visibility::visible);
  CHECK(find(resolution, "sftp", "ssh_download_file")->state == Visibility::suppressed);
  REQUIRE(resolution.warnings.size() == 1);
  CHECK(contains(resolution.warnings[0], "ssh_upload_file"));
}

TEST_CASE("allow never beats deny nor read-only") {
  const std::vector owners = {core_owner(), sftp_owner(), imagekit_owner()};
  Policy policy;
  policy.allow = {"ssh_upload_file", "ssh_download_file"};
  policy.deny = {"ssh_upload_file"};
  CHECK(find(resolve(owners, policy), "sftp", "ssh_upload_file")->state == Visibility::denied);
  policy.read_only = true;
  CHECK(find(resolve(owners, policy), "sftp", "ssh_download_file")->state == Visibility::read_only);
}

TEST_CASE("read-only shows only tools that promise it") {
  OwnerDeclaration mixed = owner("mixed.plugin", {"change"});
  mixed.tools.push_back(tool("look", true));
  Policy policy;
  policy.read_only = true;
  const std::vector owners = {mixed};
  CHECK(visible(resolve(owners, policy)) == std::set<std::string>{"look"});
}

TEST_CASE("a required selector that matches nothing refuses its owner") {
  const std::vector owners = {core_owner(),
                              owner("a.typo", {"a"}, {hide("core:ssh_exce", "x", "", true)})};
  const Resolution resolution = resolve(owners, {});
  CHECK(contains(reason_of(resolution, "a.typo"), "'core:ssh_exce' matches nothing"));
  CHECK(visible(resolution).count("a") == 0);
  CHECK(find(resolution, "a.typo", "a")->state == Visibility::refused);
}

TEST_CASE("owners refused together are removed and the rule is checked again") {
  // c needs b's tool, b needs a tool that does not exist; neither may stay, and what c hid is
  // visible.
  const std::vector owners = {
      core_owner(), owner("b.b", {"b"}, {hide("nowhere", "x", "", true)}),
      owner("c.c", {"c"}, {hide("b.b:b", "x", "", true), hide("ssh_exec_command")})};
  const Resolution resolution = resolve(owners, {});
  CHECK(refused(resolution) == std::set<std::string>{"b.b", "c.c"});
  CHECK(visible(resolution).count("ssh_exec_command") == 1);
}

TEST_CASE("a required selector is satisfied by a tool that is hidden") {
  const std::vector owners = {core_owner(),
                              owner("b.b", {"b"}, {hide("core:ssh_exec_command", "x", "", true)})};
  Policy policy;
  policy.deny = {"core:*"};
  CHECK(resolve(owners, policy).refused.empty());
}

TEST_CASE("two owners of one name: the later is refused") {
  const std::vector owners = {owner("a.a", {"same", "one"}), owner("b.b", {"same", "two"})};
  const Resolution resolution = resolve(owners, {});
  CHECK(refused(resolution) == std::set<std::string>{"b.b"});
  CHECK(contains(reason_of(resolution, "b.b"), "same is already declared by a.a"));
  CHECK(visible(resolution) == std::set<std::string>{"same", "one"});
}

TEST_CASE("an owner refused for a name does not drag others along") {
  // b clashes with a and goes; c clashes only with b and may stay.
  const std::vector owners = {owner("a.a", {"x"}), owner("b.b", {"x", "y"}), owner("c.c", {"y"})};
  CHECK(refused(resolve(owners, {})) == std::set<std::string>{"b.b"});
}

TEST_CASE("an owner that is out for good costs nobody else the name") {
  const std::vector owners = {owner("a.a", {"x"}, {hide("nowhere", "x", "", true)}),
                              owner("b.b", {"x"}),
                              owner("c.c", {"z"}, {hide("b.b:x", "x", "", true)})};
  const Resolution resolution = resolve(owners, {});
  CHECK(refused(resolution) == std::set<std::string>{"a.a"});
  CHECK(visible(resolution) == std::set<std::string>{"z"});
}

TEST_CASE("replaces takes the name and hides the other, whoever comes first") {
  OwnerDeclaration taker = owner("t.t", {"ssh_exec_command"});
  taker.tools[0].replaces = "core:ssh_exec_command";
  for (const bool first : {true, false}) {
    std::vector owners = {core_owner()};
    owners.insert(first ? owners.begin() : owners.end(), taker);
    const Resolution resolution = resolve(owners, {});
    CHECK(resolution.refused.empty());
    CHECK(find(resolution, "core", "ssh_exec_command")->state == Visibility::replaced);
    CHECK(find(resolution, "t.t", "ssh_exec_command")->state == Visibility::visible);
  }
}

TEST_CASE("two owners that replace each other's tool cannot both have it") {
  OwnerDeclaration a = owner("a.a", {"x"});
  OwnerDeclaration b = owner("b.b", {"x"});
  a.tools[0].replaces = "b.b:x";
  b.tools[0].replaces = "a.a:x";
  const std::vector owners = {a, b};
  CHECK(refused(resolve(owners, {})) == std::set<std::string>{"b.b"});
}

TEST_CASE("replaces must name another owner's tool of the same name") {
  for (const char *wrong : {"x", "a.a:x", "core:y", "core:*", ":x"}) {
    OwnerDeclaration a = owner("a.a", {"x"});
    a.tools[0].replaces = wrong;
    const std::vector owners = {a};
    CHECK(refused(resolve(owners, {})) == std::set<std::string>{"a.a"});
  }
}

TEST_CASE("mutual suppression refuses the later owner with both reasons") {
  const std::vector owners = {owner("a.a", {"a"}, {hide("b.b:b", "a is better")}),
                              owner("b.b", {"b"}, {hide("a.a:a", "b is better")})};
  const Resolution resolution = resolve(owners, {});
  CHECK(refused(resolution) == std::set<std::string>{"b.b"});
  CHECK(contains(reason_of(resolution, "b.b"), "a is better"));
  CHECK(contains(reason_of(resolution, "b.b"), "b is better"));
  CHECK(visible(resolution) == std::set<std::string>{"a"});
}

TEST_CASE("an allow entry names the winner of a mutual suppression") {
  const std::vector owners = {owner("a.a", {"a"}, {hide("b.b:b")}),
                              owner("b.b", {"b"}, {hide("a.a:a")})};
  Policy policy;
  policy.allow = {"b.b:b"};
  const Resolution resolution = resolve(owners, policy);
  CHECK(resolution.refused.empty());
  CHECK(visible(resolution) == std::set<std::string>{"b"});
}

TEST_CASE("an owner cannot suppress its own tools, nor protected ones by name") {
  for (const char *wrong :
       {"a.a:x", "a.a:*", "x", "core:ssh_list_hosts", "ssh_read_output", "", "a:b:c", "*", "a b"}) {
    const std::vector owners = {core_owner(), owner("a.a", {"x"}, {hide(wrong)})};
    INFO(wrong);
    CHECK(refused(resolve(owners, {})) == std::set<std::string>{"a.a"});
  }
}

TEST_CASE("a wildcard over the core leaves the protected tools, the operator may hide them") {
  const std::vector owners = {core_owner(), owner("a.a", {"x"}, {hide("core:*")})};
  CHECK(visible(resolve(owners, {})) ==
        std::set<std::string>{"ssh_read_output", "ssh_list_hosts", "x"});
  Policy policy;
  policy.deny = {"ssh_list_hosts"};
  CHECK(visible(resolve(owners, policy)) == std::set<std::string>{"ssh_read_output", "x"});
}

TEST_CASE("an owner with an impossible tool name, a name twice, or a taken id is refused") {
  CHECK(refused(resolve(std::vector{owner("a.a", {"has space"})}, {})).size() == 1);
  CHECK(refused(resolve(std::vector{owner("a.a", {"x", "x"})}, {})).size() == 1);
  CHECK(visible(resolve(std::vector{owner("a.a", {"x"}), owner("a.a", {"y"})}, {})) ==
        std::set<std::string>{"x"});
}

TEST_CASE("an owner refused elsewhere leaves no trace but its story") {
  const std::vector owners = {core_owner(), sftp_owner(), imagekit_owner()};
  const std::vector<tools::RefusedOwner> before = {{"imagekit", "its schema is broken"}};
  const Resolution resolution = resolve(owners, {}, before);
  CHECK(count_classic(resolution) == 3);
  CHECK(reason_of(resolution, "imagekit") == "its schema is broken");
}

TEST_CASE(
    "policy entries that match nothing are warned about, unless their owner is only switched off") {
  const std::vector owners = {core_owner()};
  Policy policy;
  policy.deny = {"ssh_exce_command", "proxmox:*", "proxmox_stop_container", "not a name"};
  policy.allow = {"core:nothing"};
  policy.absent = {{"proxmox", "ENABLE_PROXMOX=true", {}}};
  const Resolution resolution = resolve(owners, policy);
  REQUIRE(resolution.warnings.size() == 3);
  CHECK(contains(resolution.warnings[0], "ssh_exce_command"));
  CHECK(contains(resolution.warnings[1], "not a name"));
  CHECK(contains(resolution.warnings[2], "core:nothing"));
}

TEST_CASE("taking an owner away that hid tools is found as a widening") {
  const std::vector with = {core_owner(), sftp_owner(), imagekit_owner()};
  const std::vector without = {core_owner(), sftp_owner()};
  const Resolution before = resolve(with, {});
  const Resolution after = resolve(without, {});
  CHECK(tools::find_widening(before, after) ==
        std::vector<std::string>{"ssh_upload_file", "ssh_download_file"});
  CHECK(tools::find_widening(after, before).empty());
}

TEST_CASE("a tool whose owner is switched off is known by name, with the remedy and what to use") {
  Policy policy;
  policy.absent = {{"sftp", "ENABLE_SFTP=true", {"ssh_upload_file", "ssh_read_file"}}};
  const std::vector owners = {core_owner(), imagekit_owner()};
  const Resolution resolution = resolve(owners, policy);
  const auto *upload = find(resolution, "sftp", "ssh_upload_file");
  REQUIRE(upload != nullptr);
  CHECK(upload->state == tools::Visibility::switched_off);
  CHECK(contains(upload->reason, "ENABLE_SFTP=true"));
  CHECK(upload->instead == "imagekit_request_upload");
  const auto *read = find(resolution, "sftp", "ssh_read_file");
  REQUIRE(read != nullptr);
  CHECK(read->instead.empty());
  // It widens nothing when it comes back: nobody hid it.
  const std::vector complete = {core_owner(), sftp_owner()};
  CHECK(tools::find_widening(resolve(std::vector{core_owner()}, policy), resolve(complete, {}))
            .empty());
}

TEST_CASE("a name that somebody else declares is theirs, whoever is switched off") {
  Policy policy;
  policy.absent = {{"sftp", "ENABLE_SFTP=true", {"ssh_read_file"}}};
  const std::vector owners = {core_owner(), owner("org.example.files", {"ssh_read_file"})};
  const Resolution resolution = resolve(owners, policy);
  CHECK(find(resolution, "sftp", "ssh_read_file") == nullptr);
  CHECK(find(resolution, "org.example.files", "ssh_read_file")->state ==
        tools::Visibility::visible);
}
