// Starting: from spawn to the tools, what it holds in memory then, and how much the list costs a
// model.
#include "bench/measure.hpp"
#include "bench/statistics.hpp"

#include <algorithm>

namespace mre::bench {
namespace {

// What a client hands to its model for each tool.
std::size_t model_bytes(const Json &tools) {
  std::size_t bytes = 0;
  for (const Json &tool : tools) {
    bytes += tool.value("name", "").size() + tool.value("description", "").size() +
             dump_json(tool.value("inputSchema", Json::object())).size();
  }
  return bytes;
}

} // namespace

Rows measure_start(Bench &bench) {
  Row start{
      .name = "start", .what = "spawn to tools/list answered", .unit = "ms", .bar = "<= 20 ms"};
  Row memory{
      .name = "idle-memory", .what = "idle resident memory", .unit = "MiB", .bar = "<= 12 MiB"};
  Row list{.name = "tools-list",
           .what = "tools/list: names, descriptions, input schemas",
           .unit = "bytes",
           .bar = "<= 8 kB"};
  Row answer{.name = "tools-list-answer",
             .what = "tools/list: whole answer",
             .unit = "bytes",
             .bar = "<= 14 kB"};
  const auto environment = server_environment(bench.wide(), bench.wide().endpoint().port);
  measure_into(start, [&](Row &row) {
    std::vector<double> times;
    std::vector<double> sizes;
    const int warm_up = 2;
    for (int turn = -warm_up; turn < bench.count(30, 3); ++turn) {
      const Time begin = now();
      Server server(environment);
      const Json reply = server.process().request("tools/list");
      const double took = milliseconds_since(begin);
      if (turn < 0) {
        continue;
      }
      times.push_back(took);
      sizes.push_back(server.resident_mebibytes());
      list.ours = static_cast<double>(model_bytes(reply.at("result").at("tools")));
      answer.ours = static_cast<double>(dump_json(reply).size());
      list.details["tools"] = reply.at("result").at("tools").size();
    }
    row.ours = median(times);
    row.holds = *row.ours <= 20;
    row.details = {{"p90_ms", percentile(times, 90)}, {"samples", times.size()}};
    memory.ours = largest(sizes);
    memory.holds = *memory.ours <= 12;
    list.holds = *list.ours <= 8000;
    answer.holds = *answer.ours <= 14000;
  });
  for (Row *row : {&memory, &list, &answer}) {
    row->note = start.note;
    row->holds = row->holds.value_or(false);
  }
  return {start, memory, list, answer};
}

} // namespace mre::bench
