#include "core/ssh/spool_reader.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

#include <random>

using namespace mre;
using namespace mre::ssh;
using mre::testing::TemporaryFolder;

namespace {

struct Bench {
  explicit Bench(std::uint64_t limit) : output(folder / "o", limit) {}
  TemporaryFolder folder;
  SpooledOutput output;

  void write(std::string_view bytes) { REQUIRE(output.write(Stream::out, bytes)); }
  Result<SpoolPage> read(const SpoolQuery &query = {}) const {
    return read_page(output.survey(query.stream), query);
  }
};

std::string numbered(int from, int to) {
  std::string text;
  for (int i = from; i <= to; ++i) {
    text += "line " + std::to_string(i) + "\n";
  }
  return text;
}

SpoolQuery at(std::uint64_t line, std::uint64_t count = 200) {
  SpoolQuery query;
  query.offset_line = line;
  query.lines = count;
  return query;
}

} // namespace

TEST_CASE("pages follow each other by next_line until the end") {
  Bench bench(1U << 20U);
  bench.write(numbered(1, 1000));
  std::uint64_t next = 1;
  int seen = 0;
  while (true) {
    const auto page = bench.read(at(next, 300));
    REQUIRE(page);
    for (const auto &line : page->lines) {
      ++seen;
      REQUIRE(line.text == "line " + std::to_string(seen));
      REQUIRE(line.number == static_cast<std::uint64_t>(seen));
    }
    if (page->eof) {
      CHECK(!page->next_line);
      break;
    }
    next = *page->next_line;
  }
  CHECK(seen == 1000);
}

TEST_CASE("a page that ends exactly at the last line is at the end") {
  Bench bench(1U << 20U);
  bench.write(numbered(1, 10));
  CHECK(bench.read(at(1, 10))->eof);
  CHECK(!bench.read(at(1, 9))->eof);
  CHECK(bench.read(at(11))->lines.empty());
  CHECK(bench.read(at(11))->eof);
}

TEST_CASE("a page holds no more characters than the limit, and a longer line is cut and says so") {
  Bench bench(1U << 20U);
  bench.write(std::string(50, 'a') + "\n" + std::string(60, 'b') + "\n" + std::string(5000, 'c') +
              "\nlast\n");
  SpoolQuery query;
  query.character_limit = 100;
  auto page = bench.read(query);
  REQUIRE(page);
  CHECK(page->lines.size() == 1);
  CHECK(page->next_line == 2U);
  query.offset_line = 3;
  page = bench.read(query);
  REQUIRE(page->lines.size() == 1);
  CHECK(page->lines[0].text == std::string(100, 'c') + " [... 4900 more bytes in this line]");
  CHECK(page->next_line == 4U);
}

TEST_CASE("head and tail keep true numbers, and the gap answers too_large with what is kept") {
  Bench bench(8192);
  bench.write(numbered(1, 100000));
  const auto head = bench.read(at(1, 100000));
  REQUIRE(head);
  CHECK(head->lines.front().text == "line 1");
  CHECK(!head->eof);
  CHECK(head->total_lines == 100000);
  REQUIRE(head->next_line);
  const auto gap = bench.read(at(*head->next_line));
  REQUIRE(!gap);
  CHECK(gap.error().code == Errc::too_large);
  CHECK(gap.error().message.find("lines 1 to ") != std::string::npos);
  CHECK(bench.read(at(50000)).error().code == Errc::too_large);
  SpoolQuery tail;
  tail.tail = 5;
  const auto end = bench.read(tail);
  REQUIRE(end);
  REQUIRE(end->lines.size() == 5);
  CHECK(end->lines[0].number == 99996);
  CHECK(end->lines[0].text == "line 99996");
  CHECK(end->eof);
  CHECK(bench.read(at(99990))->lines.at(0).text == "line 99990");
}

TEST_CASE("a line that reaches into the gap says which part of it was not kept") {
  Bench bench(8192);
  bench.write("first\n" + std::string(20000, 'x') + "\nlast\n");
  const auto page = bench.read(at(1));
  REQUIRE(page);
  REQUIRE(page->lines.size() == 3);
  CHECK(page->lines[0].text == "first");
  CHECK(page->lines[1].text ==
        std::string(4090, 'x') + " [... the rest of this line was not kept]");
  CHECK(page->lines[2].text == "last");
  SpoolQuery tail;
  tail.tail = 1;
  CHECK(bench.read(tail)->lines.at(0).text == "last");
}

TEST_CASE("the part of a line after the gap says that its beginning is missing") {
  Bench bench(8192);
  bench.write(std::string(4096, '\n') + std::string(20000, 'x') + "END\nlast\n");
  const auto page = bench.read(at(4097));
  REQUIRE(page);
  REQUIRE(page->lines.size() == 2);
  const std::string &text = page->lines[0].text;
  CHECK(text.find("[... the beginning of this line was not kept] xxx") == 0);
  CHECK(text.substr(text.size() - 4) == "xEND");
  CHECK(page->lines[1].text == "last");
}

TEST_CASE("a pattern finds lines on both sides of the gap") {
  Bench bench(8192);
  bench.write(numbered(1, 100000));
  SpoolQuery query;
  query.pattern = "^line (7|99999)$";
  const auto page = bench.read(query);
  REQUIRE(page);
  REQUIRE(page->lines.size() == 2);
  CHECK(page->lines[0].number == 7);
  CHECK(page->lines[1].number == 99999);
  CHECK(page->eof);
}

TEST_CASE("the last matching lines are found with pattern and tail together") {
  Bench bench(1U << 20U);
  bench.write(numbered(1, 1000));
  SpoolQuery query;
  query.pattern = "5$";
  query.tail = 2;
  const auto page = bench.read(query);
  REQUIRE(page->lines.size() == 2);
  CHECK(page->lines[0].number == 985);
  CHECK(page->lines[1].number == 995);
}

TEST_CASE("a pattern that RE2 cannot compile is a bad argument") {
  Bench bench(1U << 20U);
  bench.write("x\n");
  SpoolQuery query;
  query.pattern = "((";
  CHECK(bench.read(query).error().code == Errc::bad_argument);
}

TEST_CASE("one line without an end, longer than everything, is read from both ends") {
  Bench bench(8192);
  bench.write(std::string(100000, 'x') + "END");
  SpoolQuery query;
  query.character_limit = 10000;
  const auto page = bench.read(query);
  REQUIRE(page);
  REQUIRE(page->lines.size() == 1);
  CHECK(page->total_lines == 1);
  CHECK(page->lines[0].text.substr(0, 3) == "xxx");
}

TEST_CASE("invalid bytes come as the replacement character") {
  Bench bench(1U << 20U);
  bench.write("a\xff"
              "b\n");
  CHECK(bench.read()->lines.at(0).text == "a\xEF\xBF\xBD"
                                          "b");
}

TEST_CASE("lines that come in random pieces are read as they were, at every limit") {
  std::mt19937 random(7);
  for (int round = 0; round < 60; ++round) {
    const std::uint64_t limit = 2048U << (random() % 5U);
    Bench bench(limit);
    std::vector<std::string> lines;
    std::string all;
    const int count = static_cast<int>(random() % 2000U);
    for (int i = 0; i < count; ++i) {
      lines.push_back(std::string(random() % 40U, static_cast<char>('a' + i % 26)));
      all += lines.back() + "\n";
    }
    for (std::size_t at_byte = 0; at_byte < all.size();) {
      const std::size_t part = 1 + random() % 3000U;
      bench.write(std::string_view(all).substr(at_byte, part));
      at_byte += part;
    }
    INFO("round " << round << " limit " << limit << " bytes " << all.size());
    // Every line that is given at all is given right, unless it touches the gap.
    std::size_t given = 0;
    for (std::uint64_t line = 1; line <= lines.size(); line += 7) {
      const auto page = bench.read(at(line, 1));
      if (!page) {
        REQUIRE(page.error().code == Errc::too_large);
        continue;
      }
      REQUIRE(page->lines.size() == 1);
      REQUIRE(page->lines[0].number == line);
      const bool whole = page->lines[0].text == lines[line - 1];
      given += whole ? 1 : 0;
      REQUIRE((whole || all.size() > limit));
    }
    if (all.size() <= limit / 2) {
      REQUIRE(given == (lines.size() + 6) / 7);
    }
  }
}
