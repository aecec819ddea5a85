// Many calls at once, against a server without limits of its own and against OpenSSH's defaults.
#include "bench/bare_reactor.hpp"
#include "bench/measure.hpp"
#include "bench/statistics.hpp"

#include <algorithm>
#include <array>

namespace mre::bench {
namespace {

constexpr std::size_t kInFlight = 64;

std::vector<std::pair<std::string, Json>> commands(std::size_t count, const std::string &command) {
  return {count, {"ssh_exec_command", Json{{"command", command}}}};
}

} // namespace

Rows measure_many(Bench &bench) {
  Row many{.name = "many",
           .what = "64 calls in flight",
           .unit = "calls/s",
           .bar = ">= 0.8 x bare reactor, 0 failed"};
  Row limited{.name = "many-default-limits",
              .what = "the same with MaxSessions 10",
              .unit = "calls/s",
              .bar = "0 failed"};
  const auto load = static_cast<std::size_t>(bench.count(1000, 100));
  measure_into(many, [&](Row &row) {
    struct Shape {
      std::size_t connections;
      std::size_t channels;
    };
    constexpr std::array<Shape, 4> kShapes = {{{1, 8}, {1, 64}, {3, 8}, {8, 8}}};
    const Endpoint endpoint = bench.wide().endpoint();
    row.floor = reactor_rate(endpoint, {1, kInFlight, load});
    Server server(server_environment(bench.wide(), endpoint.port));
    server.burst(commands(kInFlight * 2, "true"), kInFlight); // warm-up: connections, learnt limits
    std::vector<double> ours;
    std::vector<double> best;
    std::size_t failed = 0;
    for (int turn = 0; turn < bench.count(3, 1); ++turn) {
      double fastest = 0;
      for (const Shape &shape : kShapes) {
        const double rate = reactor_rate(endpoint, {shape.connections, shape.channels, load});
        const std::string key =
            std::to_string(shape.connections) + "x" + std::to_string(shape.channels);
        row.details["bare_per_s"][key].push_back(rate);
        fastest = std::max(fastest, rate);
      }
      best.push_back(fastest);
      row.floor = median(best);
      const Server::Burst burst = server.burst(commands(load, "true"), kInFlight);
      failed += burst.failed;
      row.note = burst.first_error.empty() ? row.note : burst.first_error;
      ours.push_back(static_cast<double>(load) / burst.seconds);
    }
    row.ours = median(ours);
    set_ratio(row);
    row.holds = *row.ratio >= 0.8 && failed == 0;
    row.details["failed"] = failed;
  });
  measure_into(limited, [&](Row &row) {
    Server server(server_environment(bench.with_defaults(), bench.with_defaults().endpoint().port));
    const Server::Burst quick = server.burst(commands(load, "true"), kInFlight);
    const Server::Burst slow = server.burst(
        commands(static_cast<std::size_t>(bench.count(128, 32)), "sleep 0.2"), kInFlight);
    row.ours = static_cast<double>(load) / quick.seconds;
    row.holds = quick.failed + slow.failed == 0;
    row.note = std::to_string(quick.failed + slow.failed) + " failed";
    row.note += quick.failed > 0 ? ": " + quick.first_error : slow.first_error;
    row.details = {{"failed_true", quick.failed},
                   {"failed_sleep", slow.failed},
                   {"sleep_burst_s", slow.seconds}};
  });
  return {many, limited};
}

} // namespace mre::bench
