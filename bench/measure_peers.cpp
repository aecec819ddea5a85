// The server side by side with other servers, in one run against one sshd.
#include "bench/content.hpp"
#include "bench/measure.hpp"
#include "bench/peers.hpp"
#include "bench/statistics.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/process.hpp"
#include "tests/support/tcp_proxy.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <set>

namespace mre::bench {
namespace {

constexpr int kUsualTimeout = 60;
constexpr std::size_t kInFlight = 64;
constexpr std::size_t kOutputBytes = 50'000'000;
constexpr std::size_t kTransferBytes = 20'000'000; // one of them moves 2 MB a second
constexpr std::chrono::seconds kUntilGone{8};      // a kill ladder has ended by then

using Figures = std::vector<std::pair<std::string, std::string>>; // what, and the figure

std::string figure(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), value >= 100 ? "%.0f" : "%.1f", value);
  return text.data();
}

// One peer through all of it.
class Round {
public:
  Round(Bench &bench, const Peer &peer) : bench_(bench), peer_(peer) {}

  Figures run() {
    step("start, first and warm command", [&] { measure_start(); });
    step("many at once", [&] { measure_many(); });
    step("output", [&] { measure_output(); });
    step("files", [&] { measure_files(); });
    step("timeouts", [&] { measure_timeouts(); });
    step("lost link", [&] { measure_lost_link(); });
    return std::move(figures_);
  }

private:
  // A measurement that fails leaves the others in place.
  template <class Body>
  void step(const char *what, Body body) {
    std::fprintf(stderr, "%s: %s\n", peer_.name.c_str(), what);
    try {
      body();
    } catch (const std::exception &failure) {
      std::fprintf(stderr, "%s: %s: %s\n", peer_.name.c_str(), what, failure.what());
    }
  }
  void add(const std::string &what, std::string value) {
    figures_.emplace_back(what, std::move(value));
  }
  PeerPlace place(Fixture &fixture, int timeout_seconds = kUsualTimeout, std::uint16_t port = 0) {
    return {fixture, port == 0 ? fixture.endpoint().port : port, timeout_seconds, home_, files_};
  }
  PeerCall exec(const std::string &command, int timeout_seconds = kUsualTimeout) const {
    return peer_.exec(command, timeout_seconds);
  }
  void must(PeerProcess &server, const PeerCall &call) {
    const Json result = server.answer_to(call);
    if (!peer_.succeeded(result)) {
      throw std::runtime_error(call.tool + ": " + dump_json(result).substr(0, 400));
    }
  }

  void measure_start();
  void measure_many();
  std::size_t burst(PeerProcess &server, std::size_t count, const std::string &command);
  void measure_output();
  void measure_files();
  void measure_timeouts();
  void measure_timeout(const std::string &before, const std::string &what,
                       const std::string &afterwards);
  void measure_lost_link();

  Bench &bench_;
  const Peer &peer_;
  const testing::TemporaryFolder folder_;
  const std::string home_ = folder_.make_folder("home", 0700);
  const std::string files_ = folder_.make_folder("files", 0700);
  Figures figures_;
};

void Round::measure_start() {
  std::vector<double> starts;
  std::vector<double> firsts;
  std::vector<double> sizes;
  std::vector<double> warm;
  for (int turn = 0; turn < bench_.count(5, 1); ++turn) {
    const Time begin = now();
    PeerProcess server(peer_, place(bench_.wide()));
    server.process().request("tools/list");
    starts.push_back(milliseconds_since(begin));
    sizes.push_back(server.resident_mebibytes());
    const Time first = now();
    must(server, exec("true"));
    firsts.push_back(milliseconds_since(first));
    for (int call = 0; call < bench_.count(20, 3); ++call) {
      const Time again = now();
      must(server, exec("true"));
      warm.push_back(milliseconds_since(again));
    }
  }
  add("spawn to tools/list answered, ms", figure(median(starts)));
  add("idle resident memory, MiB", figure(largest(sizes)));
  add("first command with connect, ms", figure(median(firsts)));
  add("warm command, ms", figure(median(warm)));
}

// How many failed.
std::size_t Round::burst(PeerProcess &server, std::size_t count, const std::string &command) {
  std::set<int> running;
  std::size_t failed = 0;
  const auto collect = [&] {
    const auto id = server.process().next_answered(std::chrono::seconds(60));
    if (!id) {
      throw std::runtime_error("calls in flight were not answered");
    }
    if (running.erase(*id) == 0) {
      return;
    }
    const Json answer = server.process().response(*id);
    failed += answer.contains("result") && peer_.succeeded(answer.at("result")) ? 0U : 1U;
  };
  const PeerCall call = exec(command);
  for (std::size_t started = 0; started < count; ++started) {
    while (running.size() >= kInFlight) {
      collect();
    }
    running.insert(server.process().start_tool(call.tool, call.arguments));
  }
  while (!running.empty()) {
    collect();
  }
  return failed;
}

void Round::measure_many() {
  {
    const auto count = static_cast<std::size_t>(bench_.count(640, 64));
    PeerProcess server(peer_, place(bench_.wide()));
    must(server, exec("true"));
    const Time begin = now();
    const std::size_t failed = burst(server, count, "true");
    add("64 commands in flight, a second",
        figure(static_cast<double>(count) / seconds_since(begin)));
    add("- failed of " + std::to_string(count), std::to_string(failed));
  }
  PeerProcess server(peer_, place(bench_.with_defaults()));
  must(server, exec("true"));
  const auto count = static_cast<std::size_t>(bench_.count(128, 64));
  add("64 in flight with MaxSessions 10: failed of " + std::to_string(count),
      std::to_string(burst(server, count, "sleep 0.2")));
}

void Round::measure_output() {
  PeerProcess server(peer_, place(bench_.wide()));
  const std::string path = bench_.wide().make_text_file("peer_output.txt", kOutputBytes);
  must(server, exec("true"));
  const Time begin = now();
  const Json result = server.answer_to(exec("cat " + path));
  add("50 MB of output, ms", figure(milliseconds_since(begin)));
  add("- largest memory, MiB", figure(server.peak_mebibytes()));
  add("- the answer, bytes", std::to_string(dump_json(result).size()));
}

void Round::measure_files() {
  Fixture &fixture = bench_.wide();
  const std::string near = files_ + "/file.bin";
  testing::write_whole_file(near, noise(kTransferBytes));
  const std::string far = fixture.remote_path("peer_file.bin");
  const double megabytes = static_cast<double>(kTransferBytes) / 1e6;
  PeerProcess server(peer_, place(fixture));
  must(server, exec("true"));
  std::vector<double> up;
  std::vector<double> down;
  for (int turn = 0; turn < bench_.count(3, 1); ++turn) {
    const Time begin = now();
    must(server, peer_.upload(near, far));
    up.push_back(megabytes / seconds_since(begin));
    const Time again = now();
    must(server, peer_.download(far, files_ + "/back.bin"));
    down.push_back(megabytes / seconds_since(again));
  }
  add("upload of 20 MB, MB/s", figure(median(up)));
  add("download of 20 MB, MB/s", figure(median(down)));
  if (testing::read_whole_file(files_ + "/back.bin") != testing::read_whole_file(near)) {
    throw std::runtime_error("the file came back changed");
  }
  must(server, exec("rm -f " + far)); // the next one makes it anew, under rights of its own
}

// Whether a command line that nobody else has is still run on the host after its timeout.
void Round::measure_timeout(const std::string &before, const std::string &what,
                            const std::string &afterwards) {
  constexpr int kShort = 2;
  static int serial = 0;
  const std::string sleep = "sleep 300." + std::to_string(1000 + serial++);
  PeerProcess server(peer_, place(bench_.wide(), kShort));
  must(server, exec("true", kShort));
  const Time begin = now();
  static_cast<void>(server.answer_to(exec(before + sleep, kShort)));
  add(what + ": answered after, ms", figure(milliseconds_since(begin)));
  const bool is_gone = testing::eventually(
      [&] { return testing::processes_with_command(sleep).empty(); }, kUntilGone);
  add(afterwards, is_gone ? "gone" : "still runs");
  for (const pid_t pid : testing::processes_with_command(sleep)) {
    ::kill(pid, SIGKILL);
  }
}

void Round::measure_timeouts() {
  measure_timeout("", "2 s timeout", "- its process 8 s later");
  measure_timeout("trap '' TERM; ", "2 s timeout of a process that ignores TERM",
                  "- that process 8 s later");
}

void Round::measure_lost_link() {
  auto proxy = testing::TcpProxy::start(bench_.wide().endpoint().port);
  if (!proxy) {
    throw std::runtime_error(proxy.error().message);
  }
  PeerProcess server(peer_, place(bench_.wide(), kUsualTimeout, (*proxy)->port()));
  must(server, exec("true"));
  const std::string sleep = "sleep 300.9" + std::to_string(::getpid());
  const PeerCall call = exec(sleep);
  const int id = server.process().start_tool(call.tool, call.arguments);
  if (!testing::eventually([&] { return !testing::processes_with_command(sleep).empty(); })) {
    throw std::runtime_error("the command did not start");
  }
  const Time cut = (*proxy)->cut_all();
  const Json answer = server.process().response(id, std::chrono::seconds(70));
  add("link lost in a command: told after, ms", figure(milliseconds_since(cut)));
  const bool is_success = answer.contains("result") && peer_.succeeded(answer.at("result"));
  add("- told as", is_success ? "a success" : "a failure");
  add("- the next command", server.call(exec("true")) ? "works" : "fails");
  for (const pid_t pid : testing::processes_with_command(sleep)) {
    ::kill(pid, SIGKILL);
  }
}

} // namespace

PeerTable measure_peers(Bench &bench) {
  PeerTable table;
  for (const Peer &peer : all_peers(MRE_BENCH_PEERS)) {
    table.names.push_back(peer.name);
    for (auto &[what, value] : Round(bench, peer).run()) {
      auto line = std::find_if(table.lines.begin(), table.lines.end(),
                               [&what = what](const auto &each) { return each.what == what; });
      if (line == table.lines.end()) {
        line = table.lines.insert(table.lines.end(), {what, {}});
      }
      line->figures[peer.name] = std::move(value);
    }
  }
  return table;
}

std::string to_table(const PeerTable &table) {
  std::string text = "| what |";
  std::string rule = "|---|";
  for (const std::string &name : table.names) {
    text += " " + name + " |";
    rule += "---|";
  }
  text += "\n" + rule + "\n";
  for (const auto &line : table.lines) {
    text += "| " + line.what + " |";
    for (const std::string &name : table.names) {
      const auto found = line.figures.find(name);
      text += " " + (found == line.figures.end() ? "not measured" : found->second) + " |";
    }
    text += "\n";
  }
  return text;
}

Json to_json(const PeerTable &table) {
  Json lines = Json::array();
  for (const auto &line : table.lines) {
    lines.push_back({{"what", line.what}, {"figures", line.figures}});
  }
  return {{"servers", table.names}, {"lines", lines}};
}

} // namespace mre::bench
