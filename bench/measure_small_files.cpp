// Many files of 4 KB each way, beside bare libssh2 that opens, moves and closes one after the
// other.
#include "bench/bare_transfer.hpp"
#include "bench/content.hpp"
#include "bench/measure.hpp"
#include "bench/statistics.hpp"

namespace mre::bench {
namespace {

constexpr std::size_t kBytes = 4096;
// As clients with many files send them; one after the other is in the details.
constexpr std::size_t kInFlight = 16;

using Calls = std::vector<std::pair<std::string, Json>>;

std::string numbered(const std::string &name, std::size_t index) {
  return name + std::to_string(index);
}

void measure_ours(Row &row, const Fixture &fixture, const Calls &calls) {
  Server server(server_environment(fixture, fixture.endpoint().port));
  server.exec("true"); // connects
  const auto middle = calls.begin() + static_cast<std::ptrdiff_t>(calls.size() / 2);
  const Calls first(calls.begin(), middle);
  const Calls second(middle, calls.end());
  const Server::Burst together = server.burst(first, kInFlight);
  const Server::Burst alone = server.burst(second, 1);
  row.ours = static_cast<double>(first.size()) / together.seconds;
  set_ratio(row);
  row.holds = (*row.ours >= 1500 || *row.ratio >= 0.5) && together.failed + alone.failed == 0;
  row.note = together.first_error + alone.first_error;
  row.details = {{"one_after_the_other_per_s", static_cast<double>(second.size()) / alone.seconds},
                 {"failed", together.failed + alone.failed}};
}

// Files per second of `move(sftp, index)`, one after the other.
template <class Move>
double bare_rate(const Endpoint &endpoint, std::size_t count, Move move) {
  BareConnection connection(endpoint);
  BareSftp sftp(connection);
  const Time begin = now();
  for (std::size_t index = 0; index < count; ++index) {
    move(sftp, index);
  }
  return static_cast<double>(count) / seconds_since(begin);
}

} // namespace

Rows measure_small_files(Bench &bench) {
  const std::string bar = ">= 1,500/s or 0.5 x bare";
  Row up{.name = "small-up", .what = "4 KB files up", .unit = "files/s", .bar = bar};
  Row down{.name = "small-down", .what = "4 KB files down", .unit = "files/s", .bar = bar};
  Fixture &fixture = bench.wide();
  const auto count = static_cast<std::size_t>(bench.count(1000, 50));
  const std::string content = noise(kBytes);
  Calls uploads;
  Calls downloads;
  for (std::size_t index = 0; index < count; ++index) {
    const std::string near = fixture.local_path(numbered("small_up_", index));
    const std::string far = fixture.remote_path(numbered("small_down_", index));
    testing::write_whole_file(near, content);
    write_readable_file(far, content);
    uploads.push_back({"ssh_upload_file",
                       {{"local_path", near},
                        {"remote_path", fixture.remote_path(numbered("ours_up_", index))}}});
    downloads.push_back({"ssh_download_file",
                         {{"remote_path", far},
                          {"local_path", fixture.local_path(numbered("ours_down_", index))}}});
  }
  measure_into(up, [&](Row &row) {
    row.floor = bare_rate(fixture.endpoint(), count, [&](BareSftp &sftp, std::size_t index) {
      sftp.put(fixture.remote_path(numbered("bare_up_", index)), content, kBytes);
    });
    measure_ours(row, fixture, uploads);
  });
  measure_into(down, [&](Row &row) {
    row.floor = bare_rate(fixture.endpoint(), count, [&](BareSftp &sftp, std::size_t index) {
      sftp.get(fixture.remote_path(numbered("small_down_", index)), 2 * kBytes);
    });
    measure_ours(row, fixture, downloads);
  });
  return {up, down};
}

} // namespace mre::bench
