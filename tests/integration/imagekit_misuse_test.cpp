// What callers and clients do wrong in a two-phase transfer: its code, its next step, and what
// stays behind.
#include "tests/integration/imagekit_bench.hpp"

#include <ctime>

using namespace mre;
using namespace mre::testing;

TEST_CASE("unknown transfers and those of the other kind are refused by both confirms") {
  ImageKitBench bench;
  const Json unknown{{"transfer_id", "2a6e4f3c-0000-4000-8000-000000000000"}};
  CHECK(failed(bench.call("confirm_upload", unknown)) == "not_found");
  CHECK(failed(bench.call("confirm_download", unknown)) == "not_found");
  CHECK(failed(bench.confirm_upload("")) == "bad_argument");
  CHECK(failed(bench.confirm_upload("../x'\"")) == "not_found");
  const std::string upload = bench.request_upload(bench.far / "x").at("transfer_id");
  CHECK(failed(bench.call("confirm_download", {{"transfer_id", upload}})) == "bad_argument");
  const std::string remote = bench.far.write("there", "x");
  const std::string download =
      bench.ask("request_download", {{"remote_path", remote}}).at("transfer_id");
  CHECK(failed(bench.confirm_upload(download)) == "bad_argument");
  bench.ask("confirm_download", {{"transfer_id", download}});
  bench.check_clean();
}

TEST_CASE("an upload is checked before a command is given away") {
  ImageKitBench bench;
  const auto refused = [&](Json arguments) {
    return failed(bench.call("request_upload", std::move(arguments)));
  };
  const std::string there = bench.far.write("there", "old");
  CHECK(refused({{"remote_path", there}}) == "already_exists");
  CHECK(refused({{"remote_path", bench.far.path()}}) == "bad_argument");
  CHECK(refused({{"remote_path", bench.far.path() + "/new/"}}) == "bad_argument");
  CHECK(refused({{"remote_path", bench.far / "no/where"}}) == "not_found");
  CHECK(refused({{"remote_path", there + "/x"}, {"create_parents", false}}) != "internal");
  CHECK(refused({{"remote_path", bench.far / "x"}, {"permissions", 689}}) == "bad_argument");
  CHECK(refused({{"remote_path", bench.far / "x"}, {"host", "nowhere"}}) == "not_found");
  CHECK(refused({{"remote_path", bench.far / "x"}, {"sha256", "short"}}) == "bad_argument");
  CHECK(refused({{"remote_path", bench.far / "x"}, {"size", 20000000}}) == "too_large");
  CHECK(refused({{"remote_path", bench.far / "x"}, {"size", -1}}) == "bad_argument");
  CHECK(refused({{"remote_path", ""}}) == "bad_argument");
  CHECK(refused({{"remote_path", "/x"}, {"ctid", 101}}) == "unavailable");
  CHECK(refused({{"remote_path", "/x"}, {"ctid", 99}}) == "bad_argument");
  CHECK(bench.relay.requests().empty());
  CHECK(read_whole_file(there) == "old");
}

TEST_CASE("a download is checked before a byte moves") {
  ImageKitBench bench(Environment{{"MAX_FILE_SIZE", "1000"}});
  const auto refused = [&](const std::string &path) {
    return failed(bench.call("request_download", {{"remote_path", path}}));
  };
  CHECK(refused(bench.far / "none") == "not_found");
  CHECK(refused(bench.far.path()) == "bad_argument");
  CHECK(refused(bench.far.write("large", random_bytes(1001))) == "too_large");
  CHECK(refused("/dev/null") == "bad_argument");
  CHECK(bench.relay.requests().empty());
}

TEST_CASE("nothing uploaded yet is not_found, and can be confirmed once it was") {
  ImageKitBench bench;
  const std::string target = bench.far / "target";
  const Json request = bench.request_upload(target);
  const std::string transfer = request.at("transfer_id");
  CHECK(failed(bench.confirm_upload(transfer)) == "not_found");
  // Under another name, or in another folder, it is nothing as well: v1 leaves both to the client.
  std::string elsewhere = request.at("upload_command");
  elsewhere.replace(elsewhere.find("fileName=mre-"), 13, "fileName=mre-0");
  REQUIRE(bench.run(elsewhere, bench.near.write("source", "other")).exit_code() == 0);
  CHECK(failed(bench.confirm_upload(transfer)) == "not_found");
  CHECK(bench.relay.store().objects().size() == 1); // nobody's business of ours
  check_empty(bench.far);
}

TEST_CASE("what was uploaded is not what was announced: nothing is written, the object goes") {
  ImageKitBench bench(Environment{{"IMAGEKIT_MAX_OBJECT_BYTES", "1000"}});
  const std::string target = bench.far / "target";
  const std::string other_size = bench.uploaded(target, "hello!", {{"size", 5}});
  CHECK(failed(bench.confirm_upload(other_size)) == "conflict");
  CHECK(failed(bench.confirm_upload(other_size)) == "conflict");
  bench.check_clean();
  const std::string other_bytes =
      bench.uploaded(target, "jello", {{"size", 5}, {"sha256", sha256_hex("hello")}});
  CHECK(failed(bench.confirm_upload(other_bytes)) == "conflict");
  CHECK(failed(bench.confirm_upload(other_bytes)) == "conflict");
  bench.check_clean();
  const std::string too_large = bench.uploaded(target, random_bytes(1001));
  CHECK(failed(bench.confirm_upload(too_large)) == "too_large");
  bench.check_clean();
  check_empty(bench.far);
}

TEST_CASE("the command works once, and what was replaced under its name is refused") {
  ImageKitBench bench;
  const std::string target = bench.far / "target";
  const Json request = bench.request_upload(target);
  const std::string source = bench.near.write("source", "hello");
  REQUIRE(bench.run(request.at("upload_command"), source).exit_code() == 0);
  const auto again = bench.run(request.at("upload_command"), source);
  CHECK(again.exit_code() == 22);
  CHECK(holds(again.output, "has been used before")); // the service's words reach the client
  // Somebody with another token replaces it.
  const KeptObject kept = bench.relay.store().objects().front();
  bench.relay.store().remove(kept.id);
  bench.relay.store().put({"", kept.name, kept.folder, "other", true, 2});
  CHECK(failed(bench.confirm_upload(request.at("transfer_id"))) == "conflict");
  bench.check_clean();
  check_empty(bench.far);
}

TEST_CASE("of what was stored twice under one name nothing is used and nothing stays") {
  ImageKitBench bench;
  const std::string target = bench.far / "target";
  const std::string transfer = bench.uploaded(target, "hello");
  const KeptObject kept = bench.relay.store().objects().front();
  bench.relay.store().put({"", kept.name, kept.folder, "other", true, 1});
  REQUIRE(bench.relay.store().objects().size() == 2);
  CHECK(failed(bench.confirm_upload(transfer)) == "conflict");
  bench.check_clean();
  check_empty(bench.far);
}

TEST_CASE("a target that appears between the phases is not overwritten unless that was asked for") {
  ImageKitBench bench;
  const std::string target = bench.far / "target";
  const std::string careful = bench.uploaded(target, "new");
  const std::string bold = bench.uploaded(target, "newer", {{"overwrite", true}});
  write_whole_file(target, "old");
  CHECK(failed(bench.confirm_upload(careful)) == "already_exists");
  CHECK(read_whole_file(target) == "old");
  bench.ask("confirm_upload", {{"transfer_id", bold}});
  CHECK(read_whole_file(target) == "newer");
  // Out of the way, the first one still works.
  std::filesystem::remove(target);
  bench.ask("confirm_upload", {{"transfer_id", careful}});
  CHECK(read_whole_file(target) == "new");
  bench.check_clean();
}

TEST_CASE("an expired upload is refused, and what was uploaded goes") {
  ImageKitBench bench(Environment{{"IMAGEKIT_TRANSFER_TIMEOUT", "5"}});
  const std::string target = bench.far / "target";
  const std::string transfer = bench.uploaded(target, "hello");
  const auto begin = std::time(nullptr);
  REQUIRE(eventually([&] { return std::time(nullptr) > begin + 5; }, std::chrono::seconds(10)));
  CHECK(failed(bench.confirm_upload(transfer)) == "not_found");
  CHECK(failed(bench.confirm_upload(transfer)) == "not_found");
  bench.check_clean();
  check_empty(bench.far);
}
