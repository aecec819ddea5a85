// Files into and out of a container, beside plain transfers of the same file to and from its node.
#include "bench/content.hpp"
#include "bench/measure.hpp"
#include "bench/statistics.hpp"
#include "tests/support/process.hpp"
#include "tests/support/proxmox_cluster.hpp"

#include <optional>

namespace mre::bench {
namespace {

constexpr std::size_t kMega = 1000000;
constexpr std::chrono::minutes kLongest{5};
constexpr double kBar = 0.7;

// A node whose container runs, and the built server beside it.
class Guests {
public:
  explicit Guests(Bench &bench) : bytes_(kMega * static_cast<std::size_t>(bench.count(100, 10))) {
    cluster_.container("pve1", 101, {{"hostname", "web"}});
    cluster_.start("pve1", 101);
    node_.emplace(cluster_.node("pve1"));
    server_.emplace(testing::Environment{{"I_ACCEPT_RISKS", "true"},
                                         {"HOST", "127.0.0.1"},
                                         {"SSH_PORT", std::to_string(node_->port())},
                                         {"SSH_USERNAME", node_->user()},
                                         {"SSH_KEY", node_->client_key()},
                                         {"SSH_KNOWN_HOSTS", node_->known_hosts()},
                                         {"ENABLE_PROXMOX", "true"},
                                         {"MAX_FILE_SIZE", "0"}});
    write_readable_file(folder_ / "source", noise(bytes_));
    server_->call("proxmox_container_exec_command", {{"ctid", 101}, {"command", "true"}});
  }

  // MB/s; both verify by digest.
  double plain_up() {
    return rate("ssh_upload_file", {{"local_path", folder_ / "source"},
                                    {"remote_path", cluster_.folder() / "plain"},
                                    {"overwrite", true}});
  }
  double guest_up() {
    return rate("proxmox_upload_file_to_container", {{"ctid", 101},
                                                     {"local_path", folder_ / "source"},
                                                     {"container_path", "/srv/file"},
                                                     {"overwrite", true}});
  }
  double plain_down() {
    return rate("ssh_download_file", {{"local_path", folder_ / "plain"},
                                      {"remote_path", cluster_.folder() / "plain"},
                                      {"overwrite", true}});
  }
  double guest_down() {
    return rate("proxmox_download_file_from_container", {{"ctid", 101},
                                                         {"local_path", folder_ / "guest"},
                                                         {"container_path", "/srv/file"},
                                                         {"overwrite", true}});
  }

private:
  double rate(const std::string &tool, const Json &arguments) {
    const Time begin = now();
    const Json result = server_->process().call_tool(tool, arguments, kLongest);
    const double seconds = milliseconds_since(begin) / 1000;
    if (result.value("isError", false)) {
      throw std::runtime_error(tool + ": " + dump_json(result));
    }
    return static_cast<double>(bytes_) / kMega / seconds;
  }

  std::size_t bytes_;
  testing::ProxmoxCluster cluster_;
  testing::TemporaryFolder folder_;
  std::optional<testing::Sshd> node_;
  std::optional<Server> server_;
};

// One after the other, so that drift meets both alike.
void alternate(Row &row, int rounds, const std::function<double()> &plain,
               const std::function<double()> &guest) {
  std::vector<double> floors;
  std::vector<double> ours;
  for (int round = 0; round < rounds; ++round) {
    floors.push_back(plain());
    ours.push_back(guest());
  }
  row.floor = median(floors);
  row.ours = median(ours);
  set_ratio(row);
  row.holds = *row.ratio >= kBar;
  row.details = {{"plain", floors}, {"guest", ours}};
}

} // namespace

Rows measure_guest_files(Bench &bench) {
  Row up{.name = "guest-up",
         .what = "100 MB into a container",
         .unit = "MB/s",
         .bar = ">= 0.7 x the same file to its node"};
  Row down{.name = "guest-down",
           .what = "100 MB out of a container",
           .unit = "MB/s",
           .bar = ">= 0.7 x the same file from its node"};
  if (!testing::ProxmoxCluster::is_available()) {
    up.note = down.note = "not measured: containers need root, namespaces and busybox-static";
    return {up, down};
  }
  measure_into(up, [&](Row &) {
    Guests guests(bench);
    const int rounds = bench.count(5, 1);
    alternate(
        up, rounds, [&] { return guests.plain_up(); }, [&] { return guests.guest_up(); });
    measure_into(down, [&](Row &) {
      alternate(
          down, rounds, [&] { return guests.plain_down(); }, [&] { return guests.guest_down(); });
    });
  });
  return {up, down};
}

} // namespace mre::bench
