// A fleet: hundreds of hosts connected from one process, beside bare libssh2 with as many logins at
// once.
#include "bench/bare_connection.hpp"
#include "bench/measure.hpp"
#include "bench/statistics.hpp"
#include "core/base/guarded.hpp"
#include "core/guard/limits.hpp"

#include <unistd.h>

#include <atomic>
#include <thread>

namespace mre::bench {
namespace {

std::string name_of(int index) {
  return "h" + std::to_string(index);
}

// Hosts spread over the ports: for one machine, logins are held back.
std::uint16_t port_of(const Fixture &fixture, int index) {
  return fixture.ports()[static_cast<std::size_t>(index) % fixture.ports().size()];
}

testing::Environment fleet_environment(const Fixture &fixture, int count) {
  const Endpoint endpoint = fixture.endpoint();
  Json hosts = Json::object();
  for (int index = 0; index < count; ++index) {
    hosts[name_of(index)] = {{"host", "127.0.0.1"},
                             {"port", port_of(fixture, index)},
                             {"user", endpoint.user},
                             {"key", endpoint.key_file},
                             {"known_hosts", fixture.known_hosts_for(endpoint.port)}};
  }
  const std::string book = fixture.local_path("fleet.json");
  testing::write_whole_file(book, dump_json({{"hosts", hosts}}));
  auto environment = server_environment(fixture, endpoint.port);
  environment["MRE_HOSTS"] = book;
  return environment;
}

// Seconds until every session has logged in and run a command; they stay open until all have.
double bare_seconds(const Endpoint &endpoint, int count) {
  std::atomic<int> next{0};
  Guarded<std::vector<std::unique_ptr<BareConnection>>> open;
  Guarded<std::string> failure;
  const Time begin = now();
  {
    std::vector<std::jthread> threads;
    for (std::size_t thread = 0; thread < limits::kLoginThreads; ++thread) {
      threads.emplace_back([&] {
        while (next++ < count) {
          try {
            auto connection = std::make_unique<BareConnection>(endpoint);
            exec(*connection, "true");
            open.with([&](auto &all) { all.push_back(std::move(connection)); });
          } catch (const std::exception &caught) {
            failure.with([&](std::string &text) { text = caught.what(); });
          }
        }
      });
    }
  }
  const double took = seconds_since(begin);
  const std::string text = failure.with([](const std::string &kept) { return kept; });
  if (!text.empty()) {
    throw std::runtime_error(text);
  }
  return took;
}

} // namespace

Rows measure_fleet(Bench &bench) {
  Row row{.name = "fleet",
          .what = "200 hosts connected, one command each",
          .unit = "s",
          .bar = "<= 1.3 x bare, 0 failed"};
  measure_into(row, [&](Row &filled) {
    const int count = bench.count(200, 20);
    Fixture &fixture = bench.on_many_ports();
    const auto environment = fleet_environment(fixture, count);
    std::vector<std::pair<std::string, Json>> calls;
    for (int index = 0; index < count; ++index) {
      calls.push_back({"ssh_exec_command", {{"command", "true"}, {"host", name_of(index)}}});
    }
    std::vector<double> bare;
    std::vector<double> ours;
    std::size_t failed = 0;
    for (int turn = 0; turn < bench.count(3, 1); ++turn) {
      const double spent_before = processor_seconds_of(::getpid());
      bare.push_back(bare_seconds(fixture.endpoint(), count));
      filled.details["bare_processor_s"].push_back(processor_seconds_of(::getpid()) - spent_before);
      filled.floor = median(bare);
      Server server(environment);
      const double before = server.resident_mebibytes();
      const Server::Burst burst = server.burst(calls, calls.size());
      ours.push_back(burst.seconds);
      filled.details["ours_processor_s"].push_back(server.processor_seconds());
      failed += burst.failed;
      filled.note = burst.failed > 0 ? burst.first_error : filled.note;
      filled.details["resident_mib"].push_back({before, server.resident_mebibytes()});
    }
    filled.ours = median(ours);
    set_ratio(filled);
    filled.holds = *filled.ratio <= 1.3 && failed == 0;
    filled.details["hosts"] = count;
    filled.details["logins_at_once"] = limits::kLoginThreads;
    filled.details["bare_s"] = bare;
    filled.details["ours_s"] = ours;
    filled.details["failed"] = failed;
  });
  return {row};
}

} // namespace mre::bench
