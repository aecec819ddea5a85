#include "core/mcp/framing.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using mre::mcp::LineSplitter;

namespace {

struct Lines {
  std::vector<std::string> seen;
  LineSplitter splitter{8,
                        {[this](std::string_view line) { seen.emplace_back(line); },
                         [this] { seen.emplace_back("too long"); }}};
  using List = std::vector<std::string>;
};

} // namespace

TEST_CASE("lines come whole, however the bytes are cut") {
  const std::string input = "one\ntwo\r\n\nfour";
  for (std::size_t cut = 0; cut <= input.size(); ++cut) {
    Lines lines;
    lines.splitter.push(input.substr(0, cut));
    lines.splitter.push(input.substr(cut));
    lines.splitter.finish();
    CHECK(lines.seen == Lines::List{"one", "two", "", "four"});
  }
}

TEST_CASE("a line of the limit passes and one byte more is reported once and skipped") {
  for (const std::size_t piece : {1U, 3U, 100U}) {
    Lines lines;
    const std::string input = "12345678\n123456789abcdefghijklmnop\nnext\n";
    for (std::size_t at = 0; at < input.size(); at += piece) {
      lines.splitter.push(std::string_view(input).substr(at, piece));
    }
    CHECK(lines.seen == Lines::List{"12345678", "too long", "next"});
  }
}

TEST_CASE("the end of input inside a line that is too long says nothing more") {
  Lines lines;
  lines.splitter.push("123456789");
  lines.splitter.finish();
  CHECK(lines.seen == Lines::List{"too long"});
}
