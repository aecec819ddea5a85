// Files: 100 MB each way, and many of 4 KB.
#include "bench/bare_transfer.hpp"
#include "bench/measure.hpp"
#include "bench/openssh.hpp"
#include "bench/statistics.hpp"

#include <sys/stat.h>

#include <algorithm>

namespace mre::bench {
namespace {

constexpr std::size_t kSmallBytes = 4096;

// Incompressible enough: a page of counted bytes, repeated.
std::string content_of(std::size_t size) {
  std::string bytes(size, '\0');
  unsigned state = 1;
  for (char &byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24U);
  }
  return bytes;
}

double rate_of(Server &server, const std::string &tool, const Json &arguments, std::size_t bytes) {
  const Time begin = now();
  server.call(tool, arguments);
  return static_cast<double>(bytes) / 1e6 / seconds_since(begin);
}

void judge(Row &row, double rate) {
  row.ours = rate;
  set_ratio(row);
  row.holds = *row.ratio >= 0.9;
}

// `sftp` without the time of its login: the run with the transfer less a run that only lists.
double sftp_rate(const OpenSsh &client, const std::string &line, std::size_t bytes,
                 int repetitions) {
  std::vector<double> rates;
  for (int turn = 0; turn < repetitions; ++turn) {
    const double whole = client.sftp_milliseconds(line);
    const double login = client.sftp_milliseconds("pwd");
    rates.push_back(static_cast<double>(bytes) / 1e6 / (std::max(whole - login, 1.0) / 1000));
  }
  return median(rates);
}

void compare_with_openssh(Row &row, double floor, const Row &ours) {
  row.floor = floor;
  row.ours = ours.ours;
  set_ratio(row);
  row.holds = row.ratio && *row.ratio >= 1;
}

} // namespace

Rows measure_transfer(Bench &bench) {
  const std::string best_bar = ">= 0.9 x best bare";
  const std::string size = bench.options().quick ? "20 MB" : "100 MB";
  Row up{.name = "upload",
         .what = "upload " + size + ", verify size",
         .unit = "MB/s",
         .bar = best_bar};
  Row down{.name = "download",
           .what = "download " + size + ", verify size",
           .unit = "MB/s",
           .bar = best_bar};
  Row up_ssh{.name = "upload-openssh",
             .what = "the same, OpenSSH sftp put",
             .unit = "MB/s",
             .bar = ">= sftp"};
  Row down_ssh{.name = "download-openssh",
               .what = "the same, OpenSSH sftp get",
               .unit = "MB/s",
               .bar = ">= sftp"};
  Fixture &fixture = bench.wide();
  const Endpoint endpoint = fixture.endpoint();
  const int turns = bench.count(5, 1);
  const std::size_t bytes = bench.options().quick ? 20'000'000 : 100'000'000;
  const std::string content = content_of(bytes);
  const std::string source = fixture.local_path("upload.bin");
  const std::string far_source = fixture.remote_path("download.bin");
  testing::write_whole_file(source, content);
  testing::write_whole_file(far_source, content, 0644);
  ::chmod(far_source.c_str(), 0644);

  measure_into(up, [&](Row &row) {
    const BestRate bare = best_put(endpoint, fixture.remote_path("bare.bin"), content, turns);
    row.floor = bare.megabytes_per_second;
    row.note = "floor: " + bare.how;
    Server server(server_environment(fixture, endpoint.port));
    const Json arguments{{"local_path", source},
                         {"remote_path", fixture.remote_path("ours.bin")},
                         {"overwrite", true},
                         {"verify", "size"}};
    rate_of(server, "ssh_upload_file", arguments, bytes);
    std::vector<double> rates;
    for (int turn = 0; turn < turns; ++turn) {
      rates.push_back(rate_of(server, "ssh_upload_file", arguments, bytes));
    }
    judge(row, median(rates));
  });
  measure_into(down, [&](Row &row) {
    const BestRate bare = best_get(endpoint, far_source, turns);
    row.floor = bare.megabytes_per_second;
    row.note = "floor: " + bare.how;
    Server server(server_environment(fixture, endpoint.port));
    const Json arguments{{"local_path", fixture.local_path("ours.bin")},
                         {"remote_path", far_source},
                         {"overwrite", true},
                         {"verify", "size"}};
    rate_of(server, "ssh_download_file", arguments, bytes);
    std::vector<double> rates;
    for (int turn = 0; turn < turns; ++turn) {
      rates.push_back(rate_of(server, "ssh_download_file", arguments, bytes));
    }
    judge(row, median(rates));
  });
  measure_into(up_ssh, [&](Row &row) {
    const OpenSsh client(fixture);
    const std::string line = "put " + source + " " + fixture.remote_path("openssh.bin");
    compare_with_openssh(row, sftp_rate(client, line, bytes, turns), up);
  });
  measure_into(down_ssh, [&](Row &row) {
    const OpenSsh client(fixture);
    const std::string line = "get " + far_source + " " + fixture.local_path("openssh.bin");
    compare_with_openssh(row, sftp_rate(client, line, bytes, turns), down);
  });
  return {up, down, up_ssh, down_ssh};
}

Rows measure_small_files(Bench &bench) {
  const std::string bar = ">= 1,500/s or 0.5 x bare";
  Row up{.name = "small-up", .what = "4 KB files up", .unit = "files/s", .bar = bar};
  Row down{.name = "small-down", .what = "4 KB files down", .unit = "files/s", .bar = bar};
  Fixture &fixture = bench.wide();
  const auto count = static_cast<std::size_t>(bench.count(1000, 50));
  const std::string content = content_of(kSmallBytes);
  const auto numbered = [](const std::string &name, std::size_t index) {
    return name + std::to_string(index);
  };
  for (std::size_t index = 0; index < count; ++index) {
    testing::write_whole_file(fixture.local_path(numbered("small_up_", index)), content);
    const std::string far = fixture.remote_path(numbered("small_down_", index));
    testing::write_whole_file(far, content, 0644);
    ::chmod(far.c_str(), 0644);
  }
  // As clients send them: up to 16 calls in flight; one after the other is in the details.
  const auto ours = [&](Row &row, const std::vector<std::pair<std::string, Json>> &calls) {
    Server server(server_environment(fixture, fixture.endpoint().port));
    const std::size_t half = calls.size() / 2;
    server.exec("true");
    const auto middle = calls.begin() + static_cast<std::ptrdiff_t>(half);
    const Server::Burst together = server.burst({calls.begin(), middle}, 16);
    const Server::Burst alone = server.burst({middle, calls.end()}, 1);
    row.ours = static_cast<double>(half) / together.seconds;
    set_ratio(row);
    row.holds = (*row.ours >= 1500 || *row.ratio >= 0.5) && together.failed + alone.failed == 0;
    row.note = together.first_error + alone.first_error;
    row.details = {
        {"one_after_the_other_per_s", static_cast<double>(calls.size() - half) / alone.seconds},
        {"failed", together.failed + alone.failed}};
  };
  measure_into(up, [&](Row &row) {
    BareConnection connection(fixture.endpoint());
    BareSftp sftp(connection);
    std::vector<std::pair<std::string, Json>> calls;
    const Time begin = now();
    for (std::size_t index = 0; index < count; ++index) {
      sftp.put(fixture.remote_path(numbered("bare_up_", index)), content, kSmallBytes);
    }
    row.floor = static_cast<double>(count) / seconds_since(begin);
    for (std::size_t index = 0; index < count; ++index) {
      calls.push_back({"ssh_upload_file",
                       {{"local_path", fixture.local_path(numbered("small_up_", index))},
                        {"remote_path", fixture.remote_path(numbered("ours_up_", index))}}});
    }
    ours(row, calls);
  });
  measure_into(down, [&](Row &row) {
    BareConnection connection(fixture.endpoint());
    BareSftp sftp(connection);
    std::vector<std::pair<std::string, Json>> calls;
    const Time begin = now();
    for (std::size_t index = 0; index < count; ++index) {
      sftp.get(fixture.remote_path(numbered("small_down_", index)), 2 * kSmallBytes);
    }
    row.floor = static_cast<double>(count) / seconds_since(begin);
    for (std::size_t index = 0; index < count; ++index) {
      calls.push_back({"ssh_download_file",
                       {{"remote_path", fixture.remote_path(numbered("small_down_", index))},
                        {"local_path", fixture.local_path(numbered("ours_down_", index))}}});
    }
    ours(row, calls);
  });
  return {up, down};
}

} // namespace mre::bench
