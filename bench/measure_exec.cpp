// One command at a time: the first with connect, warm ones, and warm ones over a distance.
#include "bench/bare_connection.hpp"
#include "bench/measure.hpp"
#include "bench/openssh.hpp"
#include "bench/statistics.hpp"
#include "tests/support/tcp_proxy.hpp"

#include <utility>

namespace mre::bench {
namespace {

template <class Body>
double time_of(Body body) {
  const Time begin = now();
  body();
  return milliseconds_since(begin);
}

Json summary(const std::vector<double> &times) {
  return {{"p50_ms", median(times)}, {"p99_ms", percentile(times, 99)}, {"samples", times.size()}};
}

// Runs two bodies in turn, each first half the time, so that drift of the machine meets both alike.
template <class A, class B>
std::pair<std::vector<double>, std::vector<double>> interleave(int turns, A a, B b) {
  std::pair<std::vector<double>, std::vector<double>> times;
  for (int turn = 0; turn < turns; ++turn) {
    if (turn % 2 == 0) {
      times.first.push_back(time_of(a));
      times.second.push_back(time_of(b));
    } else {
      times.second.push_back(time_of(b));
      times.first.push_back(time_of(a));
    }
  }
  return times;
}

} // namespace

Rows measure_first_exec(Bench &bench) {
  Row row{.name = "first-exec",
          .what = "first exec with connect",
          .unit = "ms",
          .bar = "<= 1.4 x bare"};
  measure_into(row, [&](Row &filled) {
    const Endpoint endpoint = bench.wide().endpoint();
    const auto environment = server_environment(bench.wide(), endpoint.port);
    std::vector<double> bare;
    std::vector<double> ours;
    for (int turn = 0; turn < bench.count(20, 2); ++turn) {
      Server server(environment);
      bare.push_back(time_of([&] {
        BareConnection connection(endpoint);
        exec(connection, "true");
      }));
      ours.push_back(time_of([&] { server.exec("true"); }));
      filled.floor = median(bare);
    }
    filled.ours = median(ours);
    set_ratio(filled);
    filled.holds = *filled.ratio <= 1.4;
    filled.details = {{"bare", summary(bare)}, {"ours", summary(ours)}};
  });
  return {row};
}

Rows measure_warm_exec(Bench &bench) {
  Row row{.name = "warm-exec", .what = "warm exec, p50", .unit = "ms", .bar = "<= 1.3 x bare"};
  Row openssh{
      .name = "warm-exec-openssh", .what = "the same, ssh through a ControlMaster", .unit = "ms"};
  const Endpoint endpoint = bench.wide().endpoint();
  measure_into(row, [&](Row &filled) {
    BareConnection connection(endpoint);
    const auto bare_exec = [&] { exec(connection, "true"); };
    std::vector<double> alone;
    for (int turn = 0; turn < bench.count(50, 10); ++turn) {
      alone.push_back(time_of(bare_exec));
    }
    filled.floor =
        median(alone); // shown even if ours cannot be measured; the interleaved one replaces it
    Server server(server_environment(bench.wide(), endpoint.port));
    const auto our_exec = [&] { server.exec("true"); };
    interleave(bench.count(20, 3), bare_exec, our_exec); // warm-up
    const auto [bare, ours] = interleave(bench.count(500, 20), bare_exec, our_exec);
    filled.floor = median(bare);
    filled.ours = median(ours);
    set_ratio(filled);
    filled.holds = *filled.ratio <= 1.3;
    filled.details = {{"bare", summary(bare)}, {"ours", summary(ours)}};
  });
  measure_into(openssh, [&](Row &filled) {
    OpenSsh client(bench.wide());
    client.exec_milliseconds("true"); // starts the master
    std::vector<double> times;
    for (int turn = 0; turn < bench.count(50, 5); ++turn) {
      times.push_back(client.exec_milliseconds("true"));
    }
    filled.floor = median(times);
    filled.ours = row.ours;
    set_ratio(filled);
  });
  return {row, openssh};
}

Rows measure_distance(Bench &bench) {
  constexpr double kRoundTrip = 20; // ms
  Row row{.name = "distance",
          .what = "warm exec at 20 ms round trip",
          .unit = "ms",
          .bar = "<= 1.3 round trips"};
  measure_into(row, [&](Row &filled) {
    auto proxy = testing::TcpProxy::start(bench.wide().endpoint().port);
    if (!proxy) {
      throw std::runtime_error(proxy.error().message);
    }
    (*proxy)->set_delay(std::chrono::milliseconds(10));
    Endpoint endpoint = bench.wide().endpoint();
    endpoint.port = (*proxy)->port();
    BareConnection connection(endpoint);
    const auto bare_exec = [&] { exec(connection, "true"); };
    std::vector<double> ahead;
    for (int turn = 0; turn < bench.count(20, 3); ++turn) {
      LIBSSH2_CHANNEL *channel = open_channel(connection);
      ahead.push_back(time_of([&] { exec_on(connection, channel, "true"); }));
    }
    filled.floor = median(ahead);
    Server server(server_environment(bench.wide(), endpoint.port));
    const auto our_exec = [&] { server.exec("true"); };
    interleave(3, bare_exec, our_exec); // warm-up: connect, open channels ahead
    const auto [bare, ours] = interleave(bench.count(60, 5), bare_exec, our_exec);
    std::vector<double> in_a_row;
    for (int turn = 0; turn < bench.count(30, 5); ++turn) {
      in_a_row.push_back(time_of(our_exec));
    }
    filled.ours = median(ours);
    set_ratio(filled);
    filled.holds = *filled.ours <= 1.3 * kRoundTrip;
    filled.note = "floor: a bare channel opened ahead";
    filled.details = {{"round_trips", *filled.ours / kRoundTrip},
                      {"bare_with_open", summary(bare)},
                      {"bare_opened_ahead", summary(ahead)},
                      {"ours", summary(ours)},
                      {"ours_without_pauses", summary(in_a_row)}};
  });
  return {row};
}

} // namespace mre::bench
