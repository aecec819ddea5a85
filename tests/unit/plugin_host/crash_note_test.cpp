#include "core/plugin_host/code_map.hpp"
#include "core/plugin_host/crash_note.hpp"
#include "core/plugin_host/loader.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/plugin_host/world.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <limits>
#include <string>
#include <thread>

namespace mre::plugin_host {
namespace {

// The standard error of a child that runs body and then aborts.
std::string last_words(const std::function<void()> &body, int &status) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const testing::TemporaryFolder folder; // for folders of a child that cannot tidy up
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    ::setenv("TMPDIR", folder.path().c_str(), 1);
    for (const int number : {SIGABRT, SIGSEGV}) {
      std::signal(number, SIG_DFL); // the test framework's own handlers
    }
    install_crash_note();
    body();
    ::raise(SIGABRT);
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said;
  std::array<char, 512> chunk{};
  for (ssize_t got = 0; (got = ::read(ends[0], chunk.data(), chunk.size())) > 0;) {
    said.append(chunk.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  ::waitpid(child, &status, 0);
  return said;
}

TEST_CASE("the last words of a process that dies in a plugin name the plugin") {
  int status = 0;
  const std::string said = last_words(
      [] {
        static const Running running("test.crashes", "the call of crash_it");
        { const Running inner("test.other", "a job"); }
      },
      status);
  CHECK(said.find("event=crashed signal=SIGABRT plugin=test.crashes in=\"the call of crash_it\"") !=
        std::string::npos);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
}

// Never comes back: it needs more stack than there is.
int run_over(int depth) {
  std::array<char, 1024> frame{};
  volatile char *used = &frame.at(static_cast<std::size_t>(depth) % frame.size());
  *used = 1;
  return depth == std::numeric_limits<int>::max() ? 0 : run_over(depth + 1) + *used;
}

TEST_CASE("a plugin whose stack runs over is named too, on every thread") {
  const auto overflow = [] {
    const Running running("test.recurses", "the call of recurse");
    volatile int unused = run_over(0);
    static_cast<void>(unused);
  };
  for (const bool is_main : {true, false}) {
    int status = 0;
    const std::string said = last_words(
        [&] {
          if (is_main) {
            overflow();
          } else {
            std::thread(overflow).join();
          }
        },
        status);
    INFO("on the main thread: " << is_main << ", said: " << said);
    CHECK(
        said.find("event=crashed signal=SIGSEGV plugin=test.recurses in=\"the call of recurse\"") !=
        std::string::npos);
    CHECK(WIFSIGNALED(status));
  }
}

TEST_CASE("a plugin that calls exit is named, and the end is not a clean one") {
  int status = 0;
  const std::string said = last_words(
      [] {
        const Running running("test.exits", "the call of leave");
        std::exit(0);
      },
      status);
  CHECK(said == "level=error event=exited plugin=test.exits in=\"the call of leave\"\n");
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 70);
}

// By a signal in its own code, and by abort() inside the C library.
TEST_CASE("a plugin that crashes on a thread of its own is named") {
  for (const int kind : {0, 1}) {
    int status = 0;
    const std::string said = last_words(
        [kind] {
          test::World world;
          const auto host = world.load({"tiny_c", "crashes_on_thread"});
          test::call_tool(*host, "crash_on_thread", {{"kind", kind}});
        },
        status);
    INFO("kind " << kind << ", said: " << said);
    CHECK(said.find(std::string("event=crashed signal=") + (kind == 1 ? "SIGABRT" : "SIGSEGV") +
                    " plugin=test.crashes-on-thread in=\"a thread of its own\"") !=
          std::string::npos);
    CHECK(WIFSIGNALED(status));
  }
}

TEST_CASE("a plugin that crashes while it is loaded is named by its file") {
  int status = 0;
  const std::string said = last_words(
      [] {
        static_cast<void>(load_file({test::fixture_plugin("dies_early").path, {}}));
      },
      status);
  INFO(said);
  CHECK(said.find("/dies_early.so in=\"being loaded\"") != std::string::npos);
  CHECK(WIFSIGNALED(status));
}

TEST_CASE("a crash outside any plugin blames none, on any thread, whatever plugins there are") {
  for (const bool is_main : {true, false}) {
    int status = 0;
    const std::string said = last_words(
        [is_main] {
          test::World world;
          const auto host = world.load({"tiny_c"});
          test::call_tool(*host, "c_echo");
          if (is_main) {
            ::raise(SIGABRT);
          }
          std::thread([] { ::raise(SIGABRT); }).join();
        },
        status);
    INFO(said);
    CHECK(said.find("event=crashed signal=SIGABRT\n") != std::string::npos);
    CHECK(said.find("crashed signal=SIGABRT plugin=") == std::string::npos);
  }
}

TEST_CASE("a stack that cannot be read, or does not end, names nobody and harms nobody") {
  CHECK(owner_on_stack(0) == nullptr);
  CHECK(owner_on_stack(8) == nullptr);
  CHECK(owner_on_stack(~std::uintptr_t{0} - 100) == nullptr);
  CHECK(owner_of_code(0) == nullptr);
  int here = 0;
  CHECK(owner_on_stack(reinterpret_cast<std::uintptr_t>(&here)) == nullptr);
}

} // namespace
} // namespace mre::plugin_host
