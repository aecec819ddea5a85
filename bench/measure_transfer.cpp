// 100 MB each way, beside the best of bare libssh2 and OpenSSH's sftp.
#include "bench/bare_transfer.hpp"
#include "bench/content.hpp"
#include "bench/measure.hpp"
#include "bench/openssh.hpp"
#include "bench/statistics.hpp"

#include <algorithm>

namespace mre::bench {
namespace {

struct Plan {
  Fixture &fixture;
  int turns;
  std::string content;
  std::string local_source;
  std::string far_source;

  double megabytes() const { return static_cast<double>(content.size()) / 1e6; }
};

Plan make_plan(Bench &bench) {
  Fixture &fixture = bench.wide();
  Plan plan{.fixture = fixture,
            .turns = bench.count(5, 1),
            .content = noise(bench.options().quick ? 20'000'000 : 100'000'000),
            .local_source = fixture.local_path("upload.bin"),
            .far_source = fixture.remote_path("download.bin")};
  testing::write_whole_file(plan.local_source, plan.content);
  write_readable_file(plan.far_source, plan.content);
  return plan;
}

// The floor is measured already; ours is the median of the calls after a first one that connects.
void measure_ours(Row &row, const Plan &plan, const std::string &tool, Json arguments) {
  Server server(server_environment(plan.fixture, plan.fixture.endpoint().port));
  arguments["overwrite"] = true;
  arguments["verify"] = "size";
  server.call(tool, arguments);
  std::vector<double> rates;
  for (int turn = 0; turn < plan.turns; ++turn) {
    const Time begin = now();
    server.call(tool, arguments);
    rates.push_back(plan.megabytes() / seconds_since(begin));
  }
  row.ours = median(rates);
  set_ratio(row);
  row.holds = *row.ratio >= 0.9;
  row.details = {{"ours_mb_per_s", rates}};
}

void set_floor(Row &row, const BestRate &bare) {
  row.floor = bare.megabytes_per_second;
  row.note = "floor: " + bare.how;
}

// `sftp` without the time of its login: the run with the transfer less a run that only asks where
// it is.
Row beside_sftp(const Plan &plan, const Row &ours, const std::string &batch_line) {
  const bool is_put = batch_line.starts_with("put");
  Row row{.name = ours.name + "-openssh",
          .what = std::string("the same, OpenSSH sftp ") + (is_put ? "put" : "get"),
          .unit = "MB/s",
          .bar = ">= sftp"};
  measure_into(row, [&](Row &filled) {
    const OpenSsh client(plan.fixture);
    std::vector<double> rates;
    for (int turn = 0; turn < plan.turns; ++turn) {
      const double whole = client.sftp_milliseconds(batch_line);
      const double login = client.sftp_milliseconds("pwd");
      rates.push_back(plan.megabytes() / (std::max(whole - login, 1.0) / 1000));
    }
    filled.floor = median(rates);
    filled.ours = ours.ours;
    set_ratio(filled);
    filled.holds = filled.ratio && *filled.ratio >= 1;
  });
  return row;
}

} // namespace

Rows measure_transfer(Bench &bench) {
  const Plan plan = make_plan(bench);
  const Endpoint endpoint = plan.fixture.endpoint();
  const std::string size = bench.options().quick ? "20 MB" : "100 MB";
  const std::string bar = ">= 0.9 x best bare";
  Row up{.name = "upload", .what = "upload " + size + ", verify size", .unit = "MB/s", .bar = bar};
  Row down{
      .name = "download", .what = "download " + size + ", verify size", .unit = "MB/s", .bar = bar};
  measure_into(up, [&](Row &row) {
    set_floor(row,
              best_put(endpoint, plan.fixture.remote_path("bare.bin"), plan.content, plan.turns));
    measure_ours(
        row, plan, "ssh_upload_file",
        {{"local_path", plan.local_source}, {"remote_path", plan.fixture.remote_path("ours.bin")}});
  });
  measure_into(down, [&](Row &row) {
    set_floor(row, best_get(endpoint, plan.far_source, plan.turns));
    measure_ours(
        row, plan, "ssh_download_file",
        {{"remote_path", plan.far_source}, {"local_path", plan.fixture.local_path("ours.bin")}});
  });
  const Row up_openssh = beside_sftp(
      plan, up, "put " + plan.local_source + " " + plan.fixture.remote_path("openssh.bin"));
  const Row down_openssh = beside_sftp(
      plan, down, "get " + plan.far_source + " " + plan.fixture.local_path("openssh.bin"));
  return {up, down, up_openssh, down_openssh};
}

} // namespace mre::bench
