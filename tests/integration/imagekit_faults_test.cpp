// What the service, the host and the network do wrong in a two-phase transfer: its code, its next
// step, whether it can be confirmed again, and what stays behind.
#include "tests/integration/imagekit_bench.hpp"

#include <sys/mount.h>

using namespace mre;
using namespace mre::testing;

namespace {

class TinyDisk {
public:
  explicit TinyDisk(const std::string &path) : path_(path) {
    is_mounted =
        ::geteuid() == 0 && ::mount("tmpfs", path.c_str(), "tmpfs", 0, "size=64k,mode=0700") == 0;
  }
  ~TinyDisk() {
    if (is_mounted) {
      ::umount2(path_.c_str(), MNT_DETACH);
    }
  }
  TinyDisk(const TinyDisk &) = delete;
  TinyDisk &operator=(const TinyDisk &) = delete;
  bool is_mounted = false;

private:
  std::string path_;
};

} // namespace

TEST_CASE("faults of the service have their codes, and the transfer can be confirmed afterwards") {
  ImageKitBench bench;
  const std::string bytes = random_bytes(200000);
  const std::string target = bench.far / "target";
  const std::string transfer = bench.uploaded(target, bytes, {{"sha256", sha256_hex(bytes)}});
  const auto confirm_with = [&](Fault fault) {
    bench.relay.fail(std::move(fault));
    const std::string code = failed(bench.confirm_upload(transfer));
    check_empty(bench.far);
    return code;
  };
  const std::vector<std::pair<int, std::string>> codes{
      {401, "auth_failed"}, {403, "denied"}, {404, "not_found"}};
  for (const ImageKitCall where : {ImageKitCall::list, ImageKitCall::deliver}) {
    for (const auto &[status, code] : codes) {
      CHECK(confirm_with({.call = where, .status = status}) == code);
    }
  }
  CHECK(confirm_with({.call = ImageKitCall::list,
                      .status = 429,
                      .headers = {{"X-RateLimit-Reset", "60000"}}}) == "limit");
  CHECK(confirm_with({.call = ImageKitCall::deliver, .status = 500, .times = 4}) ==
        "remote_failed");
  CHECK(confirm_with({.call = ImageKitCall::deliver, .kind = FaultKind::cut, .times = 4}) ==
        "lost");
  CHECK(confirm_with({.call = ImageKitCall::deliver, .kind = FaultKind::wrong_size}) == "conflict");
  bench.ask("confirm_upload", {{"transfer_id", transfer}});
  CHECK(read_whole_file(target) == bytes);
  bench.check_clean();
}

TEST_CASE("bytes that were damaged on the way once are fetched again") {
  ImageKitBench bench;
  const std::string bytes = random_bytes(200000);
  const std::string target = bench.far / "target";
  const std::string transfer = bench.uploaded(target, bytes, {{"sha256", sha256_hex(bytes)}});
  bench.relay.fail({.call = ImageKitCall::deliver, .kind = FaultKind::wrong_bytes});
  bench.ask("confirm_upload", {{"transfer_id", transfer}});
  CHECK(read_whole_file(target) == bytes);
  CHECK(bench.relay.count(ImageKitCall::deliver) == 2);
  bench.check_clean();
}

TEST_CASE("passing faults are waited out within one call") {
  ImageKitBench bench;
  const std::string bytes = random_bytes(200000);
  const std::string target = bench.far / "target";
  const std::string transfer = bench.uploaded(target, bytes);
  bench.relay.fail({.call = ImageKitCall::list, .status = 500, .times = 2});
  bench.relay.fail(
      {.call = ImageKitCall::details, .status = 429, .headers = {{"X-RateLimit-Reset", "30"}}});
  bench.relay.fail({.call = ImageKitCall::deliver, .kind = FaultKind::cut});
  bench.relay.fail({.call = ImageKitCall::remove, .status = 503});
  bench.ask("confirm_upload", {{"transfer_id", transfer}});
  CHECK(read_whole_file(target) == bytes);
  bench.check_clean();
}

TEST_CASE("a file that is in place stays a success when its copy cannot be deleted, and a repeat "
          "deletes it") {
  ImageKitBench bench;
  const std::string transfer = bench.uploaded(bench.far / "target", "hello");
  bench.relay.fail({.call = ImageKitCall::remove, .status = 401});
  const Json first = bench.confirm_upload(transfer);
  CHECK(first.value("isError", false) == false);
  CHECK(holds(text_of(first), "could not be deleted yet"));
  CHECK(bench.relay.store().objects().size() == 1);
  CHECK(structured(bench.confirm_upload(transfer)) == structured(first));
  CHECK(bench.relay.count(ImageKitCall::deliver) == 1);
  bench.check_clean();
}

TEST_CASE("an object that vanished is not_found") {
  ImageKitBench bench;
  const std::string transfer = bench.uploaded(bench.far / "target", "hello");
  bench.relay.store().remove(bench.relay.store().objects().front().id);
  CHECK(failed(bench.confirm_upload(transfer)) == "not_found");
  check_empty(bench.far);
}

TEST_CASE("a service that cannot be trusted or reached is unreachable, and the transfer waits") {
  ImageKitBench bench;
  const std::string target = bench.far / "target";
  const std::string transfer = bench.uploaded(target, "hello");
  bench.restart_server({{"IMAGEKIT_CA_FILE", ""}});
  CHECK(failed(bench.confirm_upload(transfer)) == "unreachable");
  bench.restart_server({{"IMAGEKIT_API_URL", "https://" + std::string(64, 'a') + ".invalid"}});
  CHECK(failed(bench.confirm_upload(transfer)) == "unreachable");
  bench.restart_server({{"https_proxy", "http://127.0.0.1:9"}});
  CHECK(failed(bench.confirm_upload(transfer)) == "unreachable");
  bench.restart_server();
  bench.ask("confirm_upload", {{"transfer_id", transfer}});
  bench.check_clean();
}

TEST_CASE("a host that cannot be reached at confirm leaves the transfer confirmable") {
  ImageKitBench bench;
  const std::string target = bench.far / "target";
  const std::string transfer = bench.uploaded(target, "hello");
  bench.ssh.sshd.stop();
  const std::string code = failed(bench.confirm_upload(transfer));
  CHECK((code == "unreachable" || code == "lost"));
  bench.ssh.sshd.restart();
  bench.ask("confirm_upload", {{"transfer_id", transfer}});
  CHECK(read_whole_file(target) == "hello");
  bench.check_clean();
}

TEST_CASE("a full disk is an error that leaves nothing, and the transfer waits for room") {
  ImageKitBench bench;
  const std::string bytes = random_bytes(200000);
  const std::string target = bench.far / "target";
  const std::string transfer = bench.uploaded(target, bytes);
  {
    const TinyDisk disk(bench.far.path());
    if (!disk.is_mounted) {
      WARN("SKIPPED: a small disk needs root and the right to mount");
      return;
    }
    const std::string code = failed(bench.confirm_upload(transfer));
    CHECK(code != "internal");
    CHECK_FALSE(code.empty());
    check_empty(bench.far);
  }
  bench.ask("confirm_upload", {{"transfer_id", transfer}});
  CHECK(read_whole_file(target) == bytes);
  bench.check_clean();
}

TEST_CASE("a download that cannot be prepared leaves nothing on the service") {
  ImageKitBench bench(Environment{{"IMAGEKIT_MAX_OBJECT_BYTES", "100000"}});
  const std::string remote = bench.far.write("large", random_bytes(250000));
  const auto request_with = [&](std::vector<Fault> faults) {
    for (Fault &fault : faults) {
      bench.relay.fail(std::move(fault));
    }
    return failed(bench.call("request_download", {{"remote_path", remote}}));
  };
  CHECK(request_with({{.call = ImageKitCall::upload, .status = 401}}) == "auth_failed");
  CHECK(request_with({{.call = ImageKitCall::upload, .status = 413}}) == "too_large");
  CHECK(request_with({{.call = ImageKitCall::upload, .status = 503, .times = 4}}) ==
        "remote_failed");
  bench.check_clean();
  // The second part fails after the first one arrived.
  bench.relay.fail({.call = ImageKitCall::upload, .kind = FaultKind::store_then_cut});
  bench.relay.fail({.call = ImageKitCall::upload, .status = 403});
  CHECK(failed(bench.call("request_download", {{"remote_path", remote}})) == "denied");
  bench.check_clean();
}

TEST_CASE("a download that is cancelled in its second part leaves nothing on the service") {
  ImageKitBench bench(Environment{{"IMAGEKIT_MAX_OBJECT_BYTES", "100000"}});
  const std::string remote = bench.far.write("large", random_bytes(250000));
  bench.relay.fail({.call = ImageKitCall::upload, .kind = FaultKind::store_then_cut});
  bench.relay.fail({.call = ImageKitCall::upload, .kind = FaultKind::silence});
  const int id = bench.server().start_tool("imagekit_request_download", {{"remote_path", remote}});
  REQUIRE(eventually([&] { return bench.relay.count(ImageKitCall::upload) == 2; },
                     std::chrono::seconds(20)));
  CHECK(bench.relay.store().objects().size() == 1);
  bench.server().notify("notifications/cancelled", {{"requestId", id}});
  CHECK(
      eventually([&] { return bench.relay.store().objects().empty(); }, std::chrono::seconds(20)));
}

TEST_CASE("a download's copy that cannot be deleted is an error that can be repeated") {
  ImageKitBench bench(Environment{{"IMAGEKIT_MAX_OBJECT_BYTES", "100000"}});
  const std::string remote = bench.far.write("large", random_bytes(250000));
  const Json request = bench.ask("request_download", {{"remote_path", remote}});
  REQUIRE(bench.run(request.at("download_command"), bench.near / "x").exit_code() == 0);
  const Json arguments{{"transfer_id", request.at("transfer_id")}};
  bench.relay.fail({.call = ImageKitCall::purge, .status = 403});
  CHECK(failed(bench.call("confirm_download", arguments)) == "denied");
  bench.ask("confirm_download", arguments);
  bench.check_clean();
}
