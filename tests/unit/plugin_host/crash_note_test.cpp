#include "core/plugin_host/crash_note.hpp"
#include "tests/support/catch.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <string>

namespace mre::plugin_host {
namespace {

// The standard error of a child that runs body and then aborts.
std::string last_words(const std::function<void()> &body, int &status) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    std::signal(SIGABRT, SIG_DFL); // the test framework's own handler
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

TEST_CASE("a crash outside any plugin blames none") {
  int status = 0;
  const std::string said = last_words([] {}, status);
  CHECK(said.find("event=crashed signal=SIGABRT\n") != std::string::npos);
}

} // namespace
} // namespace mre::plugin_host
