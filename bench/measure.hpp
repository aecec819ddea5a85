// The measurements: each makes its floors and ours in the same run, side by side, and fills rows of
// the table.
//
// Threads: one. Lifetime: a Bench lives for the whole run and makes its fixtures when they are
// first needed.
#pragma once

#include "bench/fixture.hpp"
#include "bench/server.hpp"
#include "bench/table.hpp"

#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace mre::bench {

struct Options {
  bool quick = false;
  std::vector<std::string> only; // row names; empty: all
  std::string json_file;
  bool peers = false; // other servers instead of floors
};

class Bench {
public:
  explicit Bench(Options options) : options_(std::move(options)) {}
  int count(int thorough, int quick) const { return options_.quick ? quick : thorough; }
  const Options &options() const { return options_; }

  Fixture &wide();          // server limits out of the way
  Fixture &with_defaults(); // MaxSessions 10, MaxStartups 10:30:100
  Fixture &on_many_ports(); // wide

private:
  Options options_;
  std::unique_ptr<Fixture> wide_;
  std::unique_ptr<Fixture> with_defaults_;
  std::unique_ptr<Fixture> on_many_ports_;
};

using Rows = std::vector<Row>;
struct Measurement {
  std::vector<std::string> names; // of the rows it makes
  std::function<Rows(Bench &)> run;
};
const std::vector<Measurement> &measurements();

Rows measure_start(Bench &bench); // spawn, memory, tools/list
Rows measure_first_exec(Bench &bench);
Rows measure_warm_exec(Bench &bench);
Rows measure_distance(Bench &bench); // 20 ms of round trip
Rows measure_many(Bench &bench);     // 64 in flight
Rows measure_output(Bench &bench);   // 50 MB
Rows measure_transfer(Bench &bench); // 100 MB each way
Rows measure_small_files(Bench &bench);
Rows measure_faults(Bench &bench);  // link lost, silent peer
Rows measure_plugins(Bench &bench); // calls and loading, in process
Rows measure_connection_memory(Bench &bench);
Rows measure_http_list(Bench &bench);
Rows measure_http_exec(Bench &bench);
Rows measure_http_streams(Bench &bench);
Rows measure_http_off(Bench &bench);
Rows measure_imagekit(Bench &bench);      // the relay beside its legs
Rows measure_guest_files(Bench &bench);   // files in containers beside files of the host
Rows measure_fleet(Bench &bench);         // 200 hosts
Rows measure_distant_files(Bench &bench); // at 20 ms of round trip
Rows measure_distant_trees(Bench &bench);

// The same measured of other servers; a line has a figure, or a word, for each.
struct PeerTable {
  struct Line {
    std::string what;
    std::map<std::string, std::string> figures; // by name
  };
  std::vector<std::string> names;
  std::vector<Line> lines;
};
PeerTable measure_peers(Bench &bench);
std::string to_table(const PeerTable &table);
Json to_json(const PeerTable &table);

// Fills the row; a failure becomes its note, so that the floors already measured are still shown.
template <class Body>
void measure_into(Row &row, Body body) {
  try {
    body(row);
  } catch (const std::exception &failure) {
    row.holds = false;
    row.note = std::string("not measured: ") + failure.what();
  }
}

// Holds bare sessions with two open channels each and prints the memory of one; what
// `--hold-sessions` runs in a process of its own, so that nothing else is counted.
int hold_sessions(const Endpoint &endpoint, int count);

} // namespace mre::bench
