// Two-phase transfers whose far end is a container.
#include "tests/integration/imagekit_bench.hpp"
#include "tests/support/proxmox_cluster.hpp"

#include <sys/stat.h>

using namespace mre;
using namespace mre::testing;

namespace {

bool skip_without_guests() {
  if (ProxmoxCluster::is_available()) {
    return false;
  }
  WARN("SKIPPED: containers for the stand-in need root, namespaces and busybox-static");
  return true;
}

struct GuestBench {
  ProxmoxCluster cluster;
  ImageKitBench bench;

  GuestBench()
      : bench(Environment{{"ENABLE_PROXMOX", "true"}, {"IMAGEKIT_MAX_OBJECT_BYTES", "200000"}},
              cluster.node("pve1")) {
    cluster.container("pve1", 101, {{"hostname", "web"}});
    cluster.start("pve1", 101);
  }
  std::string inside(const std::string &path) const { return cluster.root(101) + path; }
  void check_tidy() {
    bench.check_clean();
    for (const auto &entry : std::filesystem::directory_iterator(inside("/root"))) {
      CHECK(entry.path().filename().string().rfind(".mre-", 0) != 0);
    }
  }
};

} // namespace

TEST_CASE("a file goes into a container and comes back in parts") {
  if (skip_without_guests()) {
    return;
  }
  GuestBench guest;
  ImageKitBench &bench = guest.bench;
  const std::string bytes = random_bytes(150001);
  const std::string transfer =
      bench.uploaded("/root/it's here", bytes, {{"ctid", 101}, {"permissions", 600}});
  const Json done = bench.ask("confirm_upload", {{"transfer_id", transfer}});
  CHECK(done.at("ctid") == 101);
  CHECK(done.at("remote_path") == "/root/it's here");
  CHECK(done.at("sha256") == sha256_hex(bytes));
  CHECK(done.at("permissions") == 600);
  CHECK(read_whole_file(guest.inside("/root/it's here")) == bytes);
  guest.check_tidy();

  const std::string large = random_bytes(450001);
  write_whole_file(guest.inside("/root/large"), large);
  const Json request =
      bench.ask("request_download", {{"remote_path", "/root/large"}, {"ctid", 101}});
  CHECK(request.at("parts").size() == 3);
  const auto fetched = bench.run(request.at("download_command"), bench.near / "large");
  INFO(fetched.output + fetched.error);
  REQUIRE(fetched.exit_code() == 0);
  CHECK(read_whole_file(bench.near / "large") == large);
  bench.ask("confirm_download", {{"transfer_id", request.at("transfer_id")}});
  guest.check_tidy();
}

TEST_CASE("a container that stopped between the phases leaves the upload confirmable") {
  if (skip_without_guests()) {
    return;
  }
  GuestBench guest;
  ImageKitBench &bench = guest.bench;
  const std::string transfer = bench.uploaded("/root/target", "hello", {{"ctid", 101}});
  const Json stopped = bench.server().call_tool("proxmox_stop_container", {{"ctid", 101}});
  INFO(text_of(stopped));
  REQUIRE(stopped.value("isError", false) == false);
  CHECK(failed(bench.confirm_upload(transfer)) == "conflict");
  guest.cluster.start("pve1", 101);
  bench.ask("confirm_upload", {{"transfer_id", transfer}});
  CHECK(read_whole_file(guest.inside("/root/target")) == "hello");
  guest.check_tidy();
}

TEST_CASE("what is there in a container is kept, at both phases, and a container that is not there "
          "is no free name") {
  if (skip_without_guests()) {
    return;
  }
  GuestBench guest;
  ImageKitBench &bench = guest.bench;
  const auto refused = [&](Json arguments) {
    return failed(bench.call("request_upload", std::move(arguments)));
  };
  write_whole_file(guest.inside("/root/there"), "old");
  CHECK(refused({{"remote_path", "/root/there"}, {"ctid", 101}}) == "already_exists");
  CHECK(refused({{"remote_path", "/root/no/where"}, {"ctid", 101}}) == "not_found");
  CHECK(refused({{"remote_path", "/root"}, {"ctid", 101}}) == "bad_argument");
  CHECK(refused({{"remote_path", "relative"}, {"ctid", 101}}) == "bad_argument");
  CHECK(refused({{"remote_path", "/root/x"}, {"ctid", 102}}) == "not_found");
  CHECK(failed(bench.call("request_download", {{"remote_path", "/root/none"}, {"ctid", 101}})) ==
        "not_found");
  const std::string transfer = bench.uploaded("/root/soon", "new", {{"ctid", 101}});
  write_whole_file(guest.inside("/root/soon"), "first");
  CHECK(failed(bench.confirm_upload(transfer)) == "already_exists");
  CHECK(read_whole_file(guest.inside("/root/soon")) == "first");
  std::filesystem::remove(guest.inside("/root/soon"));
  bench.ask("confirm_upload", {{"transfer_id", transfer}});
  guest.check_tidy();
}
