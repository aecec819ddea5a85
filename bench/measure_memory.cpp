// What one more connected host costs, beside bare sessions with as many channels open.
#include "bench/bare_connection.hpp"
#include "bench/measure.hpp"
#include "bench/statistics.hpp"
#include "tests/support/process.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace mre::bench {
namespace {

// What the server keeps opened ahead for each connection.
constexpr int kChannels = 2;

double resident_kibibytes() {
  return static_cast<double>(testing::resident_kib(::getpid()));
}

double bare_kibibytes(const Endpoint &endpoint, int count) {
  const auto result =
      testing::run_program({.command = {"/proc/self/exe", "--hold-sessions", std::to_string(count),
                                        "--port", std::to_string(endpoint.port), "--user",
                                        endpoint.user, "--key", endpoint.key_file}},
                           {}, std::chrono::seconds(120));
  if (result.exit_code() != 0) {
    throw std::runtime_error("bare sessions: " + result.error);
  }
  return std::strtod(result.output.c_str(), nullptr);
}

std::string host_name(int index) {
  return "h" + std::to_string(index);
}

} // namespace

int hold_sessions(const Endpoint &endpoint, int count) {
  std::vector<std::unique_ptr<BareConnection>> connections;
  std::vector<LIBSSH2_CHANNEL *> channels;
  const auto add = [&] {
    connections.push_back(std::make_unique<BareConnection>(endpoint, Buffering::direct));
    exec(*connections.back(), "true");
    for (int channel = 0; channel < kChannels; ++channel) {
      channels.push_back(open_channel(*connections.back()));
    }
  };
  add(); // the first one pays for OpenSSL
  const double before = resident_kibibytes();
  for (int index = 0; index < count; ++index) {
    add();
  }
  std::printf("%.2f\n", (resident_kibibytes() - before) / count);
  return 0; // sessions free their channels
}

Rows measure_connection_memory(Bench &bench) {
  Row row{.name = "connection-memory",
          .what = "one more warm connection",
          .unit = "KiB",
          .bar = "<= 1.25 x bare"};
  measure_into(row, [&](Row &filled) {
    const int count = bench.count(100, 10);
    const Endpoint endpoint = bench.wide().endpoint();
    filled.floor = bare_kibibytes(endpoint, count);
    Json hosts = Json::object();
    for (int index = 0; index <= count; ++index) {
      hosts[host_name(index)] = {{"host", "127.0.0.1"},
                                 {"port", endpoint.port},
                                 {"user", endpoint.user},
                                 {"key", endpoint.key_file}};
    }
    const std::string book = bench.wide().local_path("hosts.json");
    testing::write_whole_file(book, dump_json({{"hosts", hosts}}));
    auto environment = server_environment(bench.wide(), endpoint.port);
    environment["MRE_HOSTS"] = book;
    Server server(environment);
    const auto visit = [&](int index) {
      server.call("ssh_exec_command", {{"command", "true"}, {"host", host_name(index)}});
    };
    visit(0);
    const double before = server.resident_mebibytes();
    for (int index = 1; index <= count; ++index) {
      visit(index);
    }
    filled.ours = (server.resident_mebibytes() - before) * 1024 / count;
    set_ratio(filled);
    filled.holds = *filled.ratio <= 1.25;
    filled.details = {{"connections", count}, {"channels_each", kChannels}};
  });
  return {row};
}

} // namespace mre::bench
