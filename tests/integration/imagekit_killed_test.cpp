// A server that is killed in the middle of a confirm: what it left on the host goes by the repeated
// confirm, by the next server, or by hand.
#include "tests/integration/imagekit_bench.hpp"
#include "tests/support/proxmox_cluster.hpp"

using namespace mre;
using namespace mre::testing;

namespace {

std::size_t temporaries_in(const std::string &folder) {
  std::size_t count = 0;
  for (const auto &entry : std::filesystem::directory_iterator(folder)) {
    count += entry.path().filename().string().rfind(".mre-", 0) == 0 ? 1 : 0;
  }
  return count;
}

bool becomes(const std::string &folder, std::size_t count) {
  return eventually([&] { return temporaries_in(folder) == count; }, std::chrono::seconds(60));
}

// Uploads the bytes, and kills the server while half of them are in the folder.
std::string killed_in_confirm(ImageKitBench &bench, const std::string &folder,
                              const std::string &bytes, const Json &more = Json::object()) {
  const std::string target = more.contains("ctid") ? "/root/target" : bench.far / "target";
  const std::string transfer = bench.uploaded(target, bytes, more);
  bench.relay.fail({.call = ImageKitCall::deliver, .kind = FaultKind::stall});
  bench.server().start_tool("imagekit_confirm_upload", {{"transfer_id", transfer}});
  REQUIRE(becomes(folder, 1));
  bench.server().signal(SIGKILL);
  bench.server().wait();
  return transfer;
}

} // namespace

TEST_CASE("the repeated confirm removes what the killed one left beside the target") {
  ImageKitBench bench;
  const std::string bytes = random_bytes(3000000);
  const std::string transfer = killed_in_confirm(bench, bench.far.path(), bytes);
  CHECK(temporaries_in(bench.far.path()) == 1);
  bench.restart_server();
  CHECK(bench.ask("confirm_upload", {{"transfer_id", transfer}}).at("bytes") == bytes.size());
  CHECK(read_whole_file(bench.far / "target") == bytes);
  bench.check_clean();
}

TEST_CASE("the sweep by hand removes and lists what the killed confirm left, and the transfer goes "
          "on") {
  ImageKitBench bench;
  const std::string bytes = random_bytes(3000000);
  const std::string transfer = killed_in_confirm(bench, bench.far.path(), bytes);
  CHECK(temporaries_in(bench.far.path()) == 1);
  const auto swept =
      run_server({.environment = bench.environment(), .arguments = {"imagekit", "sweep"}});
  INFO(swept.output + swept.error);
  CHECK(swept.exit_code() == 0);
  CHECK(holds(swept.output, "deleted default:" + (bench.far / ".mre-")));
  check_empty(bench.far);
  bench.restart_server();
  bench.ask("confirm_upload", {{"transfer_id", transfer}});
  CHECK(read_whole_file(bench.far / "target") == bytes);
  bench.check_clean();
}

TEST_CASE("a server that is started again removes by itself what the killed one left") {
  ImageKitBench bench;
  killed_in_confirm(bench, bench.far.path(), random_bytes(3000000));
  CHECK(temporaries_in(bench.far.path()) == 1);
  bench.restart_server();
  CHECK(becomes(bench.far.path(), 0));
}

TEST_CASE("a container clears up by itself when the server is killed") {
  if (!ProxmoxCluster::is_available()) {
    WARN("SKIPPED: containers for the stand-in need root, namespaces and busybox-static");
    return;
  }
  ProxmoxCluster cluster;
  ImageKitBench bench(Environment{{"ENABLE_PROXMOX", "true"}}, cluster.node("pve1"));
  cluster.container("pve1", 101, {{"hostname", "web"}});
  cluster.start("pve1", 101);
  const std::string folder = cluster.root(101) + "/root";
  const std::string bytes = random_bytes(3000000);
  const std::string transfer = killed_in_confirm(bench, folder, bytes, {{"ctid", 101}});
  CHECK(becomes(folder, 0));
  bench.restart_server();
  bench.ask("confirm_upload", {{"transfer_id", transfer}});
  CHECK(read_whole_file(folder + "/target") == bytes);
  bench.check_clean();
}
