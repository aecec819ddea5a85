#include "core/ssh/command_line.hpp"
#include "core/ssh/sweep.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/process.hpp"

using namespace mre;
using namespace mre::ssh;
using mre::testing::Connect;
using mre::testing::eventually;
using mre::testing::Process;
using mre::testing::processes_with_command;
using mre::testing::run_program;

TEST_CASE("a sweep ends what carries the marker, in any session, and nothing else") {
  const auto start = [](const std::string &marker, const std::string &seconds) {
    return Process({.command = {"setsid", "sleep", seconds},
                    .environment = {{{"MRE_CALL", marker}, {"PATH", "/usr/bin:/bin"}}}});
  };
  auto mine = start("sweep-test-1", "51.1");
  auto other = start("sweep-test-2", "51.2");
  REQUIRE(eventually([] { return processes_with_command("sleep 51.").size() == 2; }));
  for (const std::string shell : {"bash", "dash"}) {
    const auto ran = run_program(
        {.command = {shell, "-c",
                     sweep_command({"sweep-test-0", "sweep-test-1"}, Milliseconds(2000))},
         .output = Connect::pipe});
    CHECK(read_sweep(ran.output, "sweep-test-1") == RemoteProcess::gone);
  }
  CHECK(eventually([&] { return !mine.is_running(); }));
  CHECK(other.is_running());
}

TEST_CASE("a process that ignores TERM is killed when the grace is over") {
  Process stubborn({.command = {"sh", "-c", "trap '' TERM; sleep 51.3; sleep 51.4"},
                    .environment = {{{"MRE_CALL", "sweep-test-3"}, {"PATH", "/usr/bin:/bin"}}}});
  REQUIRE(eventually([] { return !processes_with_command("sleep 51.3").empty(); }));
  const auto ran =
      run_program({.command = {"sh", "-c", sweep_command({"sweep-test-3"}, Milliseconds(200))},
                   .output = Connect::pipe});
  CHECK(read_sweep(ran.output, "sweep-test-3") == RemoteProcess::gone);
  CHECK(eventually([&] { return !stubborn.is_running(); }));
  CHECK(processes_with_command("sleep 51.4").empty());
}

namespace {

// As a command that is sent: the marker in front of it, nothing in the environment of the test.
std::vector<std::string> marked(const std::string &marker, const std::string &command) {
  ExecRequest request;
  request.command = command;
  return {"sh", "-c", command_line(request, marker).value()};
}

} // namespace

TEST_CASE("a process that emptied its environment and left the session is found by its limit") {
  Process lost({.command = marked("sweep-test-4", "exec env -i setsid sleep 51.5")});
  Process other({.command = marked("sweep-test-5", "exec env -i setsid sleep 51.6")});
  REQUIRE(eventually([] {
    return processes_with_command("sleep 51.5").size() == 1 &&
           processes_with_command("sleep 51.6").size() == 1;
  }));
  const auto ran =
      run_program({.command = {"sh", "-c", sweep_command({"sweep-test-4"}, Milliseconds(2000))},
                   .output = Connect::pipe});
  CHECK(read_sweep(ran.output, "sweep-test-4") == RemoteProcess::gone);
  CHECK(processes_with_command("sleep 51.5").empty());
  CHECK(processes_with_command("sleep 51.6").size() == 1);
}

TEST_CASE("what has ended and only waits for its parent is gone") {
  // The parent has taken the marks off itself and does not look at its child.
  Process parent({.command = {"sh", "-c",
                              "(ulimit -S -m " + std::to_string(marker_limit("sweep-test-6")) +
                                  "; exec sleep 0) & exec sleep 51.7"}});
  const auto is_ended = [&] {
    return !run_program({.command = {"sh", "-c",
                                     "grep -ls ') Z " + std::to_string(parent.pid()) +
                                         " ' /proc/[0-9]*/stat"},
                         .output = Connect::pipe})
                .output.empty();
  };
  REQUIRE(eventually(is_ended));
  const auto ran =
      run_program({.command = {"sh", "-c", sweep_command({"sweep-test-6"}, Milliseconds(200))},
                   .output = Connect::pipe});
  CHECK(read_sweep(ran.output, "sweep-test-6") == RemoteProcess::gone);
  CHECK(is_ended());
  CHECK(parent.is_running());
}

TEST_CASE("the verdict is about the marker, whatever a login shell says before") {
  CHECK(read_sweep("Welcome!\nmre-sweep:done\n", "a") == RemoteProcess::gone);
  CHECK(read_sweep("mre-sweep:alive a\nmre-sweep:done\n", "a") == RemoteProcess::still_running);
  CHECK(read_sweep("mre-sweep:alive b\nmre-sweep:done\n", "a") == RemoteProcess::gone);
  CHECK(!read_sweep("mre-sweep:unsupported\n", "a"));
  CHECK(read_sweep("mre-sweep:alive b\n", "a") == RemoteProcess::unknown); // cut off
  CHECK(read_sweep("sh: 1: grep: not found\n", "a") == RemoteProcess::unknown);
  CHECK(read_sweep("", "a") == RemoteProcess::unknown);
}

TEST_CASE("only servers with a POSIX shell behind them get a marker") {
  CHECK(takes_marker("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3"));
  CHECK(takes_marker("SSH-2.0-dropbear_2022.83"));
  CHECK(!takes_marker("SSH-2.0-OpenSSH_for_Windows_8.1"));
  CHECK(!takes_marker("SSH-2.0-OpenSSH_9.3 FreeBSD-20230719"));
  CHECK(!takes_marker("SSH-2.0-Cisco-1.25"));
  CHECK(!takes_marker("SSH-2.0-ROSSSH"));
}
