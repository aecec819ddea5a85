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
