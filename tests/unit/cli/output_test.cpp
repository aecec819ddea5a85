#include "core/cli/fd_stream.hpp"
#include "core/cli/output.hpp"
#include "tests/support/catch.hpp"

#include <unistd.h>

#include <sstream>

using namespace mre::cli;

TEST_CASE("control characters of others are shown, not obeyed") {
  CHECK(visible_text("a\tb\n") == "a\tb\n");
  CHECK(visible_text("\x1b[31m\r\x7f") == "\\u001b[31m\\u000d\\u007f");
  CHECK(visible_text("\xC2\x9B"
                     "31m \xC3\xA9 \xC2\xA0") == "\\u009b31m \xC3\xA9 \xC2\xA0");
}

TEST_CASE("an error is a message and a hint, never a trace") {
  std::ostringstream out;
  std::ostringstream err;
  print_error({out, err}, {mre::Errc::bad_argument, "no", "try yes"});
  CHECK(err.str() == "mcp-remote-exec: no\n  try yes\n");
  CHECK(out.str().empty());
}

TEST_CASE("a stream over a descriptor writes at once and goes bad when nobody reads") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  FdStream stream(ends[1]);
  stream << "n=" << 5 << '\n';
  char text[8] = {};
  REQUIRE(::read(ends[0], text, sizeof text) == 4);
  CHECK(std::string(text) == "n=5\n");
  ::close(ends[1]);
  stream << "x";
  CHECK_FALSE(stream.good());
  ::close(ends[0]);
}
