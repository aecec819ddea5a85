#include "core/ssh/command_line.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

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
  CHECK(command_line(request_for("echo hi"), "abc").value() ==
        "export MRE_CALL=abc; ulimit -S -m " + std::to_string(marker_limit("abc")) +
            " 2>/dev/null; echo hi");
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

TEST_CASE("directories with a tilde, a dash or a blank are what a person means") {
  auto request = request_for("pwd");
  request.working_directory = "~";
  CHECK(command_line(request, "").value() == "CDPATH= cd \"$HOME\" || exit; pwd");
  request.working_directory = "~/a b";
  CHECK(command_line(request, "").value() == "CDPATH= cd \"$HOME\"/'a b' || exit; pwd");
  request.working_directory = "-";
  CHECK(command_line(request, "").value() == "CDPATH= cd ./- || exit; pwd");
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
