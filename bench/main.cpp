// mre_bench: the numbers the product has to hold, measured beside their floors in one run.
//
// Prints a table on stdout, what it is doing on stderr; exits with 1 when a bar is not held.
#include "bench/measure.hpp"
#include "tests/support/process.hpp"

#include <CLI/CLI.hpp>
#include <libssh2.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace mre::bench {
namespace {

bool is_wanted(const Measurement &measurement, const std::vector<std::string> &only) {
  return only.empty() || std::any_of(only.begin(), only.end(), [&](const std::string &name) {
           return std::count(measurement.names.begin(), measurement.names.end(), name) > 0;
         });
}

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const Measurement &measurement : measurements()) {
    names.insert(names.end(), measurement.names.begin(), measurement.names.end());
  }
  return names;
}

Rows run_measurements(Bench &bench) {
  Rows rows;
  for (const Measurement &measurement : measurements()) {
    if (!is_wanted(measurement, bench.options().only)) {
      continue;
    }
    std::fprintf(stderr, "measuring %s\n", measurement.names.front().c_str());
    try {
      const Rows made = measurement.run(bench);
      rows.insert(rows.end(), made.begin(), made.end());
    } catch (const std::exception &failure) {
      for (const std::string &name : measurement.names) {
        rows.push_back(failed_row(name, name, failure.what()));
      }
    }
  }
  return rows;
}

bool write_json(const Options &options, const Json &figures) {
  if (options.json_file.empty()) {
    return true;
  }
  std::ofstream file(options.json_file);
  file << dump_json_pretty(figures) << '\n';
  if (!file.flush()) {
    std::fprintf(stderr, "cannot write %s\n", options.json_file.c_str());
    return false;
  }
  return true;
}

int report(const Rows &rows, const Options &options) {
  std::fputs(to_table(rows).c_str(), stdout);
  if (!write_json(options, {{"quick", options.quick}, {"rows", to_json(rows)}})) {
    return 2;
  }
  const bool held = std::all_of(rows.begin(), rows.end(),
                                [](const Row &row) { return row.holds.value_or(true); });
  return held ? 0 : 1;
}

int run(const Options &options) {
  Bench bench(options);
  if (bench.wide().slow_shell()) {
    std::fputs("note: not root, so the current account's own shell is measured too\n", stderr);
  }
  if (::access(testing::server_binary().c_str(), X_OK) != 0) {
    std::fprintf(stderr,
                 "no server at %s: only floors are measured; build it or name one with --server\n",
                 testing::server_binary().c_str());
  }
  if (options.peers) {
    const PeerTable table = measure_peers(bench);
    std::fputs(to_table(table).c_str(), stdout);
    return write_json(options, to_json(table)) ? 0 : 2;
  }
  return report(run_measurements(bench), options);
}

} // namespace
} // namespace mre::bench

int main(int argc, char **argv) {
  using namespace mre::bench;
  CLI::App app{"Measures the server beside bare libssh2 and OpenSSH, against an sshd of its own."};
  Options options;
  std::string server;
  int hold = 0;
  Endpoint endpoint;
  app.add_flag("--quick", options.quick, "small counts: checks that it runs, says little");
  app.add_flag("--peers", options.peers,
               "beside other servers instead (two npm packages, fetched when first asked for)");
  app.add_option("--only", options.only, "rows to measure")->check(CLI::IsMember(all_names()));
  app.add_option("--json", options.json_file, "writes every figure to this file");
  app.add_option("--server", server, "the binary to measure; default: of this build tree");
  // How the program measures bare sessions in a process of their own; see measure_memory.cpp.
  app.add_option("--hold-sessions", hold)->group("");
  app.add_option("--port", endpoint.port)->group("");
  app.add_option("--user", endpoint.user)->group("");
  app.add_option("--key", endpoint.key_file)->group("");
  CLI11_PARSE(app, argc, argv);
  libssh2_init(0);
  if (hold > 0) {
    return hold_sessions(endpoint, hold);
  }
  if (!server.empty()) {
    ::setenv("MRE_TEST_BINARY", server.c_str(), 1);
  }
  // Disks of shared machines are noisier than anything measured here.
  if (std::getenv("TMPDIR") == nullptr && ::access("/dev/shm", W_OK) == 0) {
    ::setenv("TMPDIR", "/dev/shm", 0);
  }
  try {
    return run(options);
  } catch (const std::exception &failure) {
    std::fprintf(stderr, "mre_bench: %s\n", failure.what());
    return 2;
  }
}
