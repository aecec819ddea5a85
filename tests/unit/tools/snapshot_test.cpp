#include "core/tools/snapshot.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/tools/owners.hpp"

using namespace mre;
using namespace mre::test;
using tools::ContentDeclaration;
using tools::Snapshot;

TEST_CASE("a tool is listed with its keys in order and its schemas verbatim") {
  tools::OwnerDeclaration mine = owner("a.a", {"x"});
  mine.tools[0].title = "X";
  mine.tools[0].description = "Does \"x\".";
  mine.tools[0].input_schema =
      R"({ "type": "object", "properties": { "b": {"type":"string"}, "a": {} } })";
  mine.tools[0].output_schema = R"({"type":"object"})";
  mine.tools[0].promises.idempotent = true;
  const auto snapshot = Snapshot::create(1, {mine}, {}, {});
  REQUIRE(snapshot->tools().size() == 1);
  CHECK(
      snapshot->tools()[0].list_json ==
      R"({"name":"x","title":"X","description":"Does \"x\".",)"
      R"("inputSchema":{"type":"object","properties":{"b":{"type":"string"},"a":{}}},)"
      R"("outputSchema":{"type":"object"},"annotations":{"readOnlyHint":false,"destructiveHint":true,"idempotentHint":true}})");
  CHECK(snapshot->tools()[0].output != nullptr);
}

TEST_CASE("every tool says whether it is read-only or destructive, and the rest where it differs") {
  tools::OwnerDeclaration mine = owner("a.a", {"danger", "safe"});
  mine.tools[1].promises = {true, true, true, true, true};
  const auto snapshot = Snapshot::create(1, {mine}, {}, {});
  CHECK(contains(snapshot->tools()[0].list_json,
                 R"("annotations":{"readOnlyHint":false,"destructiveHint":true}})"));
  CHECK(contains(snapshot->tools()[1].list_json,
                 R"("annotations":{"readOnlyHint":true,"openWorldHint":false})"));
}

TEST_CASE("a broken schema refuses its owner with the JSON pointer, and it hides nothing") {
  tools::OwnerDeclaration broken = imagekit_owner();
  broken.tools[1].input_schema = R"({"type":"object","properties":{"size":{"type":"strin"}}})";
  const auto snapshot = Snapshot::create(1, {core_owner(), sftp_owner(), broken}, {}, {});
  CHECK(contains(reason_of(snapshot->resolution(), "imagekit"), "/properties/size/type"));
  CHECK(contains(reason_of(snapshot->resolution(), "imagekit"), "imagekit_confirm_upload"));
  CHECK(snapshot->find("ssh_upload_file") != nullptr);
  CHECK(snapshot->find("imagekit_request_upload") == nullptr);
}

TEST_CASE("an input schema that is not of objects refuses its owner") {
  tools::OwnerDeclaration wrong = owner("a.a", {"x"});
  wrong.tools[0].input_schema = R"({"type":"string"})";
  CHECK(refused(Snapshot::create(1, {wrong}, {}, {})->resolution()).size() == 1);
  wrong.tools[0].input_schema = "";
  CHECK(refused(Snapshot::create(1, {wrong}, {}, {})->resolution()).size() == 1);
}

TEST_CASE("a hidden tool is found as hidden, an unknown one is not found") {
  const auto snapshot = Snapshot::create(1, {core_owner(), sftp_owner(), imagekit_owner()}, {}, {});
  CHECK(snapshot->find("ssh_upload_file") == nullptr);
  REQUIRE(snapshot->find_hidden("ssh_upload_file") != nullptr);
  CHECK(snapshot->find_hidden("ssh_upload_file")->by == "imagekit");
  CHECK(snapshot->find_hidden("nothing") == nullptr);
  CHECK(snapshot->find_hidden("ssh_exec_command") == nullptr);
}

TEST_CASE("two owners of one prompt: the later is refused with its tools") {
  ContentDeclaration first{"a.a", {}, {{"hello", "", "", Json::array(), nullptr}}, {}, {}};
  ContentDeclaration second = first;
  second.owner = "b.b";
  const auto snapshot =
      Snapshot::create(1, {owner("a.a", {"x"}), owner("b.b", {"y"})}, {first, second}, {});
  CHECK(refused(snapshot->resolution()) == std::set<std::string>{"b.b"});
  CHECK(snapshot->prompts().size() == 1);
  CHECK(snapshot->find("y") == nullptr);
}

TEST_CASE("fingerprints differ exactly when a client would see a difference") {
  const auto one = Snapshot::create(1, {core_owner(), sftp_owner()}, {}, {});
  const auto same = Snapshot::create(2, {core_owner(), sftp_owner()}, {}, {});
  const auto fewer = Snapshot::create(3, {core_owner()}, {}, {});
  auto described = core_owner();
  described.tools[0].description = "other";
  const auto other = Snapshot::create(4, {described}, {}, {});
  CHECK(one->tools_fingerprint() == same->tools_fingerprint());
  CHECK(one->tools_fingerprint() != fewer->tools_fingerprint());
  CHECK(fewer->tools_fingerprint() != other->tools_fingerprint());
  CHECK(one->prompts_fingerprint() == fewer->prompts_fingerprint());
}
