// Faults: how soon a lost link is told, and a peer that fell silent.
#include "bench/measure.hpp"
#include "bench/statistics.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/process.hpp"
#include "tests/support/tcp_proxy.hpp"

#include <algorithm>

namespace mre::bench {
namespace {

std::unique_ptr<testing::TcpProxy> proxy_to(const Fixture &fixture) {
  auto proxy = testing::TcpProxy::start(fixture.endpoint().port);
  if (!proxy) {
    throw std::runtime_error(proxy.error().message);
  }
  return std::move(*proxy);
}

// Milliseconds from the cut to the answer; the next call must work.
double lose_link_once(Server &server, testing::TcpProxy &proxy, int turn) {
  // A command line that no other process on the machine has.
  const std::string sleep = "sleep 30." + std::to_string(1000 + turn);
  const int id = server.process().start_tool("ssh_exec_command", {{"command", sleep}});
  if (!testing::eventually([&] { return !testing::processes_with_command(sleep).empty(); })) {
    throw std::runtime_error("the command did not start");
  }
  const Time cut = proxy.cut_all(testing::CutStyle::reset);
  const Json answer = server.process().response(id);
  const double took = milliseconds_since(cut);
  if (testing::structured(answer.at("result")).value("outcome", "") != "lost") {
    throw std::runtime_error("a lost link was told as " + testing::text_of(answer.at("result")));
  }
  server.exec("true");
  return took;
}

} // namespace

Rows measure_faults(Bench &bench) {
  Row lost{.name = "link-lost",
           .what = "link lost in a command: told after",
           .unit = "ms",
           .bar = "<= 20 ms, next call works"};
  Row silent{.name = "silent-peer",
             .what = "silent peer, timeout 2 s: answered after",
             .unit = "s",
             .bar = "<= timeout + 0.5 s, next call works"};
  measure_into(lost, [&](Row &row) {
    const auto proxy = proxy_to(bench.wide());
    Server server(server_environment(bench.wide(), proxy->port()));
    std::vector<double> times;
    for (int turn = 0; turn < bench.count(10, 2); ++turn) {
      times.push_back(lose_link_once(server, *proxy, turn));
    }
    row.ours = largest(times);
    row.holds = *row.ours <= 20;
    row.note = "the slowest";
    row.details = {{"p50_ms", median(times)}, {"samples", times.size()}};
  });
  measure_into(silent, [&](Row &row) {
    constexpr int kTimeoutSeconds = 2;
    const auto proxy = proxy_to(bench.wide());
    Server server(server_environment(bench.wide(), proxy->port()));
    std::vector<double> times;
    for (int turn = 0; turn < bench.count(3, 1); ++turn) {
      server.exec("true");
      proxy->set_black_hole(true);
      const Time begin = now();
      const Json result = server.process().call_tool(
          "ssh_exec_command", {{"command", "true"}, {"timeout", kTimeoutSeconds}});
      times.push_back(seconds_since(begin));
      proxy->set_black_hole(false);
      if (complaint_about(result).empty()) {
        throw std::runtime_error("a call to a silent peer succeeded");
      }
      row.details["told"].push_back(testing::structured(result));
      const Time again = now();
      server.exec("true");
      row.details["next_call_ms"].push_back(milliseconds_since(again));
    }
    row.ours = largest(times);
    row.holds = *row.ours <= kTimeoutSeconds + 0.5;
  });
  return {lost, silent};
}

} // namespace mre::bench
