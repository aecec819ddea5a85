#include "core/cli/finding.hpp"
#include "tests/support/catch.hpp"

using namespace mre;
using namespace mre::cli;

TEST_CASE("findings are lines of state, subject, step and remedy") {
  const Findings findings = {Finding::good("connect", "10.0.0.5:22"),
                             Finding::warning("exec", "slow", "look at ~/.bashrc"),
                             Finding::failed("login", {Errc::auth_failed, "refused", "use a key"}),
                             Finding::skipped("clock", "no date")};
  CHECK(to_lines("web-1", findings) == "ok   web-1: connect: 10.0.0.5:22\n"
                                       "warn web-1: exec: slow -> look at ~/.bashrc\n"
                                       "FAIL web-1: login: refused -> use a key\n"
                                       "-    web-1: clock: no date\n");
  CHECK(to_lines("", {Finding::good("state", "/var")}) == "ok   state: /var\n");
}

TEST_CASE("only failures count as failed, and what others wrote stays one line") {
  CHECK_FALSE(has_failed(
      {Finding::good("a", ""), Finding::warning("b", "", ""), Finding::skipped("c", "")}));
  CHECK(has_failed({Finding::good("a", ""), Finding::failed("b", {Errc::lost, "x", ""})}));
  CHECK(to_lines("h", {Finding::good("version", "two\nlines\n")}) ==
        "ok   h: version: two lines\n");
}
