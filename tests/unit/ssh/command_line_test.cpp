#include "core/ssh/command_line.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_folder.hpp"

#include <mre/shell_quote.hpp>

#include <sys/stat.h>
#include <unistd.h>

using namespace mre;
using namespace mre::ssh;

namespace {

std::string shell_says(const std::string &shell, const std::string &line) {
  return testing::run_program({.command = {shell, "-c", line}, .output = testing::Connect::pipe})
      .output;
}

ExecRequest request_for(const std::string &command) {
  ExecRequest request;
  request.command = command;
  return request;
}

} // namespace

TEST_CASE("a plain command stays byte for byte as it is") {
  const std::string command = " echo 'a'  \\\n\"b\" # c\n";
  CHECK(command_line(request_for(command), "").value() == command);
}

TEST_CASE("a marker goes before the command, which comes last and whole") {
  const std::string line = command_line(request_for("echo hi"), "abc").value();
  const std::string end =
      "ulimit -S -m " + std::to_string(marker_limit("abc")) + " 2>/dev/null; echo hi";
  CHECK(line.find(" || export MRE_CALL=abc; ") != std::string::npos);
  REQUIRE(line.size() > end.size());
  CHECK(line.substr(line.size() - end.size()) == end);
}

TEST_CASE("the limit that marks a call is its own, reaches every child, and limits nothing") {
  CHECK(marker_limit("abc") != marker_limit("abd"));
  for (const std::string marker : {"abc", "", "0123456789abcdef0123456789abcdef"}) {
    CHECK(marker_limit(marker) >= 1ULL << 51U);
    CHECK(marker_limit(marker) < 1ULL << 52U);
  }
  for (const std::string shell : {"bash", "dash"}) {
    const auto line =
        command_line(request_for("env -i setsid -w grep resident /proc/self/limits"), "abc");
    CHECK(shell_says(shell, line.value())
              .find(" " + std::to_string(marker_limit("abc") * 1024) + " ") != std::string::npos);
  }
}

TEST_CASE("a shell that cannot set the limit runs the command all the same, and says nothing") {
  for (const std::string shell : {"bash", "dash"}) {
    const auto line = command_line(request_for("echo out; echo err >&2; exit 3"), "abc").value();
    const auto ran = testing::run_program({.command = {shell, "-c", "ulimit -m 4096; " + line},
                                           .output = testing::Connect::pipe,
                                           .error = testing::Connect::pipe});
    CHECK(ran.output == "out\n");
    CHECK(ran.error == "err\n");
    CHECK(ran.exit_code() == 3);
  }
}

TEST_CASE("what comes before cannot be swallowed and what is in the command cannot break out") {
  for (const std::string shell : {"bash", "dash"}) {
    auto request =
        request_for("printf '%s|' \"$A\" \"$MRE_CALL\"; cat <<X\nhere\nX\npwd # no more");
    request.environment = {{"A", "it's; $(exit 3) `x` \"y\" \\\n#"}};
    request.working_directory = "/usr";
    CHECK(shell_says(shell, command_line(request, "id").value()) ==
          "it's; $(exit 3) `x` \"y\" \\\n#|id|here\n/usr\n");
  }
}

TEST_CASE("line numbers in the shell's messages stay those of the command") {
  auto request = request_for("\n\nno-such-command-here");
  const auto ran =
      testing::run_program({.command = {"bash", "-c", command_line(request, "id").value()},
                            .output = testing::Connect::pipe,
                            .error = testing::Connect::pipe});
  CHECK(ran.error.find("line 3") != std::string::npos);
}

TEST_CASE("a directory that cannot be entered ends the command") {
  auto request = request_for("echo never; echo never");
  request.working_directory = "/no/such";
  const auto ran =
      testing::run_program({.command = {"dash", "-c", command_line(request, "").value()},
                            .output = testing::Connect::pipe,
                            .error = testing::Connect::pipe});
  CHECK(ran.exit_code() > 0);
  CHECK(ran.output.empty());
  CHECK(ran.error.find("/no/such") != std::string::npos);
}

TEST_CASE("directories with a tilde, a dash, a blank or a relative name are what a person means") {
  const testing::TemporaryFolder home;
  for (const std::string name : {"/a b", "/-", "/usr"}) {
    REQUIRE(::mkdir((home.path() + name).c_str(), 0700) == 0);
  }
  const auto pwd_in = [&](const std::string &directory) {
    auto request = request_for("pwd");
    request.working_directory = directory;
    // A CDPATH would lead "usr" elsewhere and print where.
    const std::string line = command_line(request, "").value();
    return shell_says("sh", "HOME=" + shell_quote(home.path()) +
                                " CDPATH=/; export HOME CDPATH; cd; " + line);
  };
  CHECK(pwd_in("~") == home.path() + "\n");
  CHECK(pwd_in("~/a b") == home.path() + "/a b\n");
  CHECK(pwd_in("-") == home.path() + "/-\n");
  CHECK(pwd_in("usr") == home.path() + "/usr\n");
  CHECK(pwd_in("/usr") == "/usr\n");
}

TEST_CASE("every login shell gives the command the same environment and directory") {
  for (const std::string shell :
       {"/bin/bash", "/bin/dash", "/usr/bin/zsh", "/usr/bin/fish", "/bin/tcsh", "/bin/mksh"}) {
    if (::access(shell.c_str(), X_OK) != 0) {
      WARN("SKIPPED: " << shell << " is not installed (scripts/deps --all installs it)");
      continue;
    }
    const auto in_shell = [&](const ExecRequest &request) {
      return testing::run_program(
          {.command = {"env", "SHELL=" + shell, shell, "-c", command_line(request, "id").value()},
           .output = testing::Connect::pipe,
           .error = testing::Connect::pipe});
    };
    INFO(shell);
    for (const std::string value :
         {"it's $HOME `id` \"x\"", "a!b", "tail\\", "\\\\x\\n", "'\\!'", "~", ""}) {
      auto request = request_for("printenv A; printenv MRE_CALL; pwd");
      request.environment = {{"A", value}};
      request.working_directory = "/usr";
      const auto ran = in_shell(request);
      CHECK(ran.output == value + "\nid\n/usr\n");
      CHECK(ran.error.empty());
    }
    auto request = request_for("echo never");
    request.working_directory = "/no!such";
    const auto ran = in_shell(request);
    CHECK(ran.exit_code() > 0);
    CHECK(ran.output.empty());
    CHECK(ran.error.find("/no!such") != std::string::npos);
  }
}

TEST_CASE("values that fill the line do not stand in it twice") {
  auto request = request_for("printf %s \"$A\" | wc -c");
  request.environment = {{"A", std::string(100000, 'x')}};
  CHECK(shell_says("sh", command_line(request, "id").value()) == "100000\n");
}

TEST_CASE("a line that no shell takes is refused before it costs the connection") {
  auto request = request_for("true");
  request.environment = {{"A", std::string(200000, 'x')}};
  const auto line = command_line(request, "id");
  REQUIRE(!line);
  CHECK(line.error().code == Errc::too_large);
  CHECK(line.error().message.find("environment") != std::string::npos);
  CHECK_FALSE(line.error().hint.empty());
  CHECK(command_line(request_for(std::string(131071, 'x')), ""));
  CHECK(!command_line(request_for(std::string(131072, 'x')), ""));
}

TEST_CASE("names that are no variables and bytes that no shell can take are refused") {
  for (const std::string name : {"", "1A", "A-B", "A B", "A=B", "$(x)", "\xc3\xa4"}) {
    auto request = request_for("true");
    request.environment = {{name, "x"}};
    const auto line = command_line(request, "");
    REQUIRE(!line);
    CHECK(line.error().code == Errc::bad_argument);
  }
  auto request = request_for("true");
  request.environment = {{"A", std::string("a\0b", 3)}};
  CHECK(!command_line(request, ""));
  CHECK(!command_line(request_for(std::string("a\0b", 3)), ""));
}
