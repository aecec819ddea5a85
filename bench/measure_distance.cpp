// Files at 20 ms of round trip: one large file beside bare libssh2, a tree of small ones beside
// OpenSSH's sftp.
#include "bench/bare_transfer.hpp"
#include "bench/content.hpp"
#include "bench/measure.hpp"
#include "bench/openssh.hpp"
#include "bench/statistics.hpp"
#include "tests/support/tcp_proxy.hpp"

#include <filesystem>
#include <future>

namespace mre::bench {
namespace {

constexpr std::size_t kCall = 4U << 20U; // what the bar is measured with
constexpr std::size_t kFileBytes = 4096;

struct Far {
  explicit Far(Bench &bench) : fixture(bench.wide()) {
    auto started = testing::TcpProxy::start(fixture.endpoint().port);
    if (!started) {
      throw std::runtime_error(started.error().message);
    }
    proxy = std::move(*started);
    proxy->set_delay(std::chrono::milliseconds(10));
  }
  Endpoint endpoint() const {
    Endpoint endpoint = fixture.endpoint();
    endpoint.port = proxy->port();
    return endpoint;
  }

  Fixture &fixture;
  std::unique_ptr<testing::TcpProxy> proxy;
};

// Turns of the bare way and ours, side by side; the bare one is the better of both bufferings.
template <class Bare>
void measure_file(Row &row, const Far &far, int turns, std::size_t size, Bare bare,
                  const std::string &tool, Json arguments) {
  const double megabytes = static_cast<double>(size) / 1e6;
  BareConnection memory_connection(far.endpoint(), Buffering::memory);
  BareConnection direct_connection(far.endpoint(), Buffering::direct);
  BareSftp memory(memory_connection);
  BareSftp direct(direct_connection);
  Server server(server_environment(far.fixture, far.endpoint().port));
  arguments["overwrite"] = true;
  arguments["verify"] = "size";
  server.call(tool, arguments); // connects
  std::vector<double> in_memory;
  std::vector<double> directly;
  std::vector<double> ours;
  const auto rate = [&](auto body) {
    const Time begin = now();
    body();
    return megabytes / seconds_since(begin);
  };
  for (int turn = 0; turn < turns; ++turn) {
    in_memory.push_back(rate([&] { bare(memory); }));
    ours.push_back(rate([&] { server.call(tool, arguments); }));
    directly.push_back(rate([&] { bare(direct); }));
  }
  row.floor = std::max(median(in_memory), median(directly));
  row.ours = median(ours);
  set_ratio(row);
  row.holds = *row.ratio >= 0.9;
  row.note = "floor: 4 MiB a call";
  row.details = {{"bare_memory", in_memory}, {"bare_direct", directly}, {"ours", ours}};
}

struct Tree {
  std::size_t files;
  std::string near; // the source of the upload
  std::string far;  // the source of the download
};

Tree make_tree(Bench &bench) {
  const Fixture &fixture = bench.wide();
  Tree tree{.files = static_cast<std::size_t>(bench.count(500, 20)),
            .near = fixture.local_path("tree"),
            .far = fixture.remote_path("tree")};
  const std::string content = noise(kFileBytes);
  for (const std::string &root : {tree.near, tree.far}) {
    std::filesystem::create_directories(root);
    for (std::size_t index = 0; index < tree.files; ++index) {
      const std::string folder = root + "/" + std::to_string(index / 50);
      std::filesystem::create_directories(folder);
      write_readable_file(folder + "/" + std::to_string(index), content);
    }
  }
  return tree;
}

// Our time against that of sftp, which had the same way and the same files.
void measure_tree(Row &row, const Far &far, std::size_t files, double sftp_milliseconds,
                  const std::string &tool, const Json &arguments) {
  const auto count = static_cast<double>(files);
  row.floor = count / (sftp_milliseconds / 1000);
  Server server(server_environment(far.fixture, far.endpoint().port));
  server.exec("true"); // connects
  const Time begin = now();
  const Json result = server.call(tool, arguments);
  row.ours = count / seconds_since(begin);
  set_ratio(row);
  row.holds = *row.ratio >= 2;
  row.details = {{"sftp_ms", sftp_milliseconds}, {"result", result}};
}

} // namespace

Rows measure_distant_files(Bench &bench) {
  Row up{.name = "distant-upload",
         .what = "upload 100 MB at 20 ms round trip",
         .unit = "MB/s",
         .bar = ">= 0.9 x bare"};
  Row down{.name = "distant-download",
           .what = "download 100 MB at 20 ms round trip",
           .unit = "MB/s",
           .bar = ">= 0.9 x bare"};
  const Far far(bench);
  const Fixture &fixture = far.fixture;
  const std::size_t size = bench.options().quick ? 20'000'000 : 100'000'000;
  const int turns = bench.count(3, 1);
  const std::string content = noise(size);
  const std::string source = fixture.remote_path("distant_source.bin");
  testing::write_whole_file(fixture.local_path("distant.bin"), content);
  write_readable_file(source, content);
  measure_into(up, [&](Row &row) {
    measure_file(
        row, far, turns, size,
        [&](BareSftp &sftp) { sftp.put(fixture.remote_path("distant_bare.bin"), content, kCall); },
        "ssh_upload_file",
        {{"local_path", fixture.local_path("distant.bin")},
         {"remote_path", fixture.remote_path("distant_ours.bin")}});
  });
  measure_into(down, [&](Row &row) {
    measure_file(row, far, turns, size, [&](BareSftp &sftp) { sftp.get(source, kCall); },
                 "ssh_download_file",
                 {{"remote_path", source}, {"local_path", fixture.local_path("distant_ours.bin")}});
  });
  return {up, down};
}

Rows measure_distant_trees(Bench &bench) {
  const std::string bar = ">= 2 x OpenSSH sftp";
  Row up{.name = "tree-up",
         .what = "a tree of 500 files up at 20 ms round trip",
         .unit = "files/s",
         .bar = bar};
  Row down{.name = "tree-down",
           .what = "a tree of 500 files down at 20 ms round trip",
           .unit = "files/s",
           .bar = bar};
  const Far far(bench);
  const Fixture &fixture = far.fixture;
  const Tree tree = make_tree(bench);
  const OpenSsh client(fixture, far.endpoint().port);
  const auto took = [&](const std::string &line) {
    return std::async(std::launch::async, [&, line] { return client.sftp_milliseconds(line); });
  };
  // Both at once: they wait for round trips, not for the machine.
  auto sftp_up = took("put -r " + tree.near + " " + fixture.remote_path("tree_openssh"));
  auto sftp_down = took("get -r " + tree.far + " " + fixture.local_path("tree_openssh"));
  sftp_up.wait();
  sftp_down.wait();
  const double login = client.sftp_milliseconds("pwd");
  measure_into(up, [&](Row &row) {
    measure_tree(row, far, tree.files, sftp_up.get() - login, "ssh_upload_directory",
                 {{"local_path", tree.near}, {"remote_path", fixture.remote_path("tree_ours")}});
  });
  measure_into(down, [&](Row &row) {
    measure_tree(row, far, tree.files, sftp_down.get() - login, "ssh_download_directory",
                 {{"remote_path", tree.far}, {"local_path", fixture.local_path("tree_ours")}});
  });
  return {up, down};
}

} // namespace mre::bench
