// Streamable HTTP: requests per second on kept connections, what HTTP adds to a command, and what
// waiting streams cost, in memory and for others.
#include "bench/http_load.hpp"
#include "bench/measure.hpp"
#include "bench/statistics.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/http_client.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace mre::bench {
namespace {

constexpr std::size_t kConnections = 32;
constexpr std::size_t kStreams = 500;
// The 99th percentile of one run says as much about the machine's other guests as about us; the
// middle one of a few says more.
constexpr int kRounds = 7;

// The built server with stdio and HTTP at once, on a port of the kernel's choice.
class HttpServer {
public:
  explicit HttpServer(Bench &bench) : server(environment(bench)) {
    static const std::string kMark = "http://127.0.0.1:";
    const auto has_spoken = [&] {
      return server.process().error_output().find(kMark) != std::string::npos;
    };
    if (!testing::eventually(has_spoken, testing::kPatience)) {
      throw std::runtime_error("no HTTP: " + server.process().error_output());
    }
    const std::string said = server.process().error_output();
    port = static_cast<std::uint16_t>(std::stoi(said.substr(said.find(kMark) + kMark.size())));
  }

  Server server;
  std::uint16_t port = 0;

private:
  static testing::Environment environment(Bench &bench) {
    auto all = server_environment(bench.wide(), bench.wide().endpoint().port);
    all["ENABLE_HTTP"] = "true";
    all["HTTP_PORT"] = "0";
    all["MRE_LOG"] = "info"; // names the port
    return all;
  }
};

std::string post(const std::string &method, Json params, const std::string &name = {}) {
  params["_meta"] = testing::ServerProcess::modern_meta();
  return stateless_post(
      method, name,
      dump_json({{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}}));
}

LoadResult list_tools(const HttpServer &http, std::size_t requests) {
  return run_load({.port = http.port, .connections = kConnections, .requests = requests},
                  post("tools/list", Json::object()));
}

double rate(const LoadResult &load) {
  return static_cast<double>(load.latencies.size()) / load.seconds;
}

Json summary(const std::vector<double> &times) {
  return {{"p50_ms", median(times)}, {"p99_ms", percentile(times, 99)}, {"samples", times.size()}};
}

void check_all_good(const LoadResult &load) {
  if (load.failed != 0) {
    throw std::runtime_error(std::to_string(load.failed) + " requests failed");
  }
}

// Spawn to the list, from a folder of plugins.
double start_milliseconds(testing::Environment environment, const std::string &plugins) {
  environment["MRE_PLUGIN_DIR"] = plugins;
  const Time begin = now();
  Server server(environment);
  static_cast<void>(server.process().request("tools/list"));
  return milliseconds_since(begin);
}

} // namespace

Rows measure_http_list(Bench &bench) {
  Row speed{.name = "http-list",
            .what = "tools/list over HTTP, 32 kept connections",
            .unit = "per s",
            .bar = ">= 5,000 per s"};
  Row tail{.name = "http-list-tail", .what = "the same, p99", .unit = "ms", .bar = "<= 5 ms"};
  measure_into(speed, [&](Row &row) {
    const HttpServer http(bench);
    const auto count = static_cast<std::size_t>(bench.count(10000, 1000));
    list_tools(http, count / 2); // warm-up
    std::vector<double> rates;
    std::vector<double> middles;
    std::vector<double> tails;
    for (int round = 0; round < kRounds; ++round) {
      const LoadResult load = list_tools(http, count);
      check_all_good(load);
      rates.push_back(rate(load));
      middles.push_back(median(load.latencies));
      tails.push_back(percentile(load.latencies, 99));
    }
    row.ours = median(rates);
    row.holds = *row.ours >= 5000;
    row.details = {{"per_s", rates}, {"p50_ms", middles}, {"p99_ms", tails}};
    tail.ours = median(tails);
    tail.holds = *tail.ours <= 5;
  });
  tail.note = speed.note;
  tail.holds = tail.holds.value_or(false);
  return {speed, tail};
}

Rows measure_http_exec(Bench &bench) {
  Row row{.name = "http-exec",
          .what = "warm exec over HTTP, p50",
          .unit = "ms",
          .bar = "<= stdio + 0.5 ms"};
  measure_into(row, [&](Row &filled) {
    HttpServer http(bench);
    testing::HttpConnection connection(http.port);
    const std::string request =
        post("tools/call", {{"name", "ssh_exec_command"}, {"arguments", {{"command", "true"}}}},
             "ssh_exec_command");
    const auto over_http = [&] {
      connection.send(request);
      const testing::HttpResponse answer = connection.response();
      if (const std::string complaint = complaint_about(answer.json().at("result"));
          !complaint.empty()) {
        throw std::runtime_error(complaint);
      }
    };
    std::vector<double> stdio;
    std::vector<double> ours;
    const int turns = bench.count(500, 20);
    for (int turn = -turns / 20; turn < turns; ++turn) {
      Time begin = now();
      static_cast<void>(http.server.exec("true"));
      const double took = milliseconds_since(begin);
      begin = now();
      over_http();
      if (turn >= 0) { // before: warm-up
        stdio.push_back(took);
        ours.push_back(milliseconds_since(begin));
      }
    }
    filled.floor = median(stdio);
    filled.ours = median(ours);
    set_ratio(filled);
    filled.holds = *filled.ours <= *filled.floor + 0.5;
    filled.note = "floor: the same over stdio";
    filled.details = {{"stdio", summary(stdio)}, {"http", summary(ours)}};
  });
  return {row};
}

Rows measure_http_streams(Bench &bench) {
  Row memory{.name = "http-streams",
             .what = "an idle listen stream, of 500",
             .unit = "KiB",
             .bar = "<= 64 KiB"};
  Row beside{.name = "http-beside-streams",
             .what = "tools/list beside them, p50",
             .unit = "ms",
             .bar = "<= 1.25 x without"};
  measure_into(memory, [&](Row &row) {
    const HttpServer http(bench);
    const auto count = static_cast<std::size_t>(bench.count(20000, 1000));
    list_tools(http, count); // what calls need in memory is not the streams'
    const LoadResult before = list_tools(http, count);
    const double resident = http.server.resident_mebibytes();
    const HeldStreams streams(
        http.port, post("subscriptions/listen", {{"notifications", {{"toolsListChanged", true}}}}),
        kStreams);
    row.ours = (http.server.resident_mebibytes() - resident) * 1024 / kStreams;
    row.holds = *row.ours <= 64;
    const LoadResult with = list_tools(http, count);
    check_all_good(before);
    check_all_good(with);
    beside.floor = median(before.latencies);
    beside.ours = median(with.latencies);
    set_ratio(beside);
    beside.holds = *beside.ratio <= 1.25;
    beside.details = {{"without", summary(before.latencies)}, {"beside", summary(with.latencies)}};
  });
  beside.note = memory.note;
  beside.holds = beside.holds.value_or(false);
  return {memory, beside};
}

Rows measure_http_off(Bench &bench) {
  Row row{.name = "http-off",
          .what = "start over stdio with the HTTP plugin there and off",
          .unit = "ms",
          .bar = "<= without it + 1 ms"};
  measure_into(row, [&](Row &filled) {
    namespace fs = std::filesystem;
    const fs::path binary = fs::path(testing::server_binary());
    const fs::path with = binary.parent_path().parent_path() / "lib/mcp-remote-exec/plugins";
    const testing::TemporaryFolder without;
    for (const auto &file : fs::directory_iterator(with)) {
      if (file.path().filename() != "http.so") {
        fs::copy(file.path(), fs::path(without.path()) / file.path().filename());
      }
    }
    const auto environment = server_environment(bench.wide(), bench.wide().endpoint().port);
    std::vector<double> floor;
    std::vector<double> ours;
    for (int turn = -2; turn < bench.count(60, 3); ++turn) {
      const double bare = start_milliseconds(environment, without.path());
      const double beside = start_milliseconds(environment, with);
      if (turn >= 0) {
        floor.push_back(bare);
        ours.push_back(beside);
      }
    }
    filled.floor = median(floor);
    filled.ours = median(ours);
    set_ratio(filled);
    filled.holds = *filled.ours <= *filled.floor + 1;
    filled.note = "floor: without its file";
    filled.details = {{"without", summary(floor)}, {"there", summary(ours)}};
  });
  return {row};
}

} // namespace mre::bench
