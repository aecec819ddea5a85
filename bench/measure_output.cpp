// A command with 50 MB of output: how long, and how much memory it takes.
#include "bench/bare_connection.hpp"
#include "bench/measure.hpp"
#include "bench/statistics.hpp"

#include <algorithm>

namespace mre::bench {
namespace {

constexpr std::size_t kBytes = 50'000'000;

double drain_milliseconds(BareConnection &connection, const std::string &command) {
  const Time begin = now();
  if (exec(connection, command) != kBytes) {
    throw std::runtime_error("the bare drain lost bytes");
  }
  return milliseconds_since(begin);
}

} // namespace

Rows measure_output(Bench &bench) {
  Row wall{
      .name = "output", .what = "50 MB of output", .unit = "ms", .bar = "<= 2 x draining it bare"};
  Row memory{.name = "output-memory",
             .what = "50 MB of output: growth of peak memory",
             .unit = "MiB",
             .bar = "<= idle + 8 MiB"};
  measure_into(wall, [&](Row &row) {
    const Endpoint endpoint = bench.wide().endpoint();
    const std::string command = "cat " + bench.wide().make_text_file("output.txt", kBytes);
    BareConnection memory_buffered(endpoint, Buffering::memory);
    BareConnection direct(endpoint, Buffering::direct);
    std::vector<double> bare_memory_buffered;
    std::vector<double> bare_direct;
    const auto drain = [&] {
      bare_memory_buffered.push_back(drain_milliseconds(memory_buffered, command));
      bare_direct.push_back(drain_milliseconds(direct, command));
      row.floor = std::min(median(bare_memory_buffered), median(bare_direct));
    };
    drain();
    Server server(server_environment(bench.wide(), endpoint.port));
    server.process().request("tools/list");
    const double idle = server.resident_mebibytes();
    server.exec("true");
    std::vector<double> ours;
    std::vector<double> peaks;
    for (int turn = 0; turn < bench.count(7, 2); ++turn) {
      drain();
      server.reset_peak();
      const Time begin = now();
      const Json result = server.exec(command);
      ours.push_back(milliseconds_since(begin));
      peaks.push_back(server.peak_mebibytes());
      if (result.value("stdout_bytes", std::size_t{0}) != kBytes ||
          !result.value("truncated", false)) {
        throw std::runtime_error("our result does not tell of all bytes");
      }
    }
    row.ours = median(ours);
    set_ratio(row);
    row.holds = *row.ratio <= 2;
    memory.ours = largest(peaks) - idle;
    memory.holds = *memory.ours <= 8;
    memory.details = {{"idle_mib", idle}, {"peaks_mib", peaks}};
  });
  if (!memory.ours) {
    memory.holds = false;
    memory.note = wall.note;
  }
  return {wall, memory};
}

} // namespace mre::bench
