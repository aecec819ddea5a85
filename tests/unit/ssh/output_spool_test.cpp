#include "core/guard/limits.hpp"
#include "core/ssh/output_spool.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/hand_clock.hpp"
#include "tests/support/temporary_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace mre;
using namespace mre::ssh;
using mre::test::HandClock;
using mre::testing::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

const Log &silent() {
  static const Log log(LogLevel::error, [](std::string_view) {});
  return log;
}

struct Bench {
  explicit Bench(std::uint64_t limit = 1U << 20U)
      : spool(folder / "state", limit, clock, silent()) {}
  TemporaryFolder folder;
  HandClock clock;
  OutputSpool spool;
};

std::string lines(int from, int to) {
  std::string text;
  for (int i = from; i <= to; ++i) {
    text += std::to_string(i) + "\n";
  }
  return text;
}

std::uint64_t bytes_below(const std::string &path) {
  std::uint64_t total = 0;
  std::error_code ignored;
  for (const auto &entry : fs::recursive_directory_iterator(path, ignored)) {
    total += entry.is_regular_file() ? entry.file_size() : 0;
  }
  return total;
}

} // namespace

TEST_CASE("nothing touches the disk before the first output is opened") {
  Bench bench;
  CHECK(!fs::exists(bench.folder / "state"));
  CHECK(bench.spool.read("none", {}).error().code == Errc::not_found);
  CHECK(!fs::exists(bench.folder / "state"));
}

TEST_CASE("folder and files are private, and go with the spool") {
  const TemporaryFolder folder;
  const HandClock clock;
  {
    OutputSpool spool(folder / "state", 1U << 20U, clock, silent());
    auto writer = spool.open();
    REQUIRE(writer);
    (*writer)->write(Stream::out, "hello\n");
    int files = 0;
    for (const auto &entry : fs::recursive_directory_iterator(folder / "state")) {
      struct stat info {};
      REQUIRE(::stat(entry.path().c_str(), &info) == 0);
      CHECK((info.st_mode & 0777) == (entry.is_directory() ? 0700U : 0600U));
      files += entry.is_regular_file() ? 1 : 0;
    }
    CHECK(files == 1);
  }
  CHECK(fs::is_empty(folder / "state/spool"));
}

TEST_CASE("what was written is read back after the writer has gone") {
  Bench bench;
  std::string id;
  {
    auto writer = bench.spool.open();
    REQUIRE(writer);
    id = (*writer)->output_id();
    (*writer)->write(Stream::out, "one\ntw");
    (*writer)->write(Stream::err, "bad\n");
    (*writer)->write(Stream::out, "o\nthree");
  }
  const auto page = bench.spool.read(id, {});
  REQUIRE(page);
  REQUIRE(page->lines.size() == 3);
  CHECK(page->lines[1].number == 2);
  CHECK(page->lines[1].text == "two");
  CHECK(page->lines[2].text == "three");
  CHECK(page->total_lines == 3);
  CHECK(page->total_bytes == 13);
  CHECK(page->eof);
  SpoolQuery query;
  query.stream = Stream::err;
  CHECK(bench.spool.read(id, query)->lines.at(0).text == "bad");
}

TEST_CASE("a call keeps no more than the limit, whatever is printed on whichever stream") {
  Bench bench(65536);
  auto writer = bench.spool.open();
  REQUIRE(writer);
  for (int i = 0; i < 300; ++i) {
    (*writer)->write(i % 3 == 0 ? Stream::err : Stream::out, lines(i * 1000, i * 1000 + 999));
    REQUIRE(bytes_below(bench.folder / "state") <= 65536);
  }
  const auto page = bench.spool.read((*writer)->output_id(), {});
  REQUIRE(page);
  CHECK(page->total_lines == 200000);
  CHECK(page->spooled_bytes <= 65536);
  CHECK(page->spooled_bytes > 20000);
}

TEST_CASE("an output expires an hour after its last byte") {
  Bench bench;
  auto writer = bench.spool.open();
  REQUIRE(writer);
  const std::string id = (*writer)->output_id();
  (*writer)->write(Stream::out, "x\n");
  bench.clock.move(std::chrono::minutes(50));
  (*writer)->write(Stream::out, "y\n");
  bench.clock.move(std::chrono::minutes(50));
  CHECK(bench.spool.read(id, {}));
  bench.clock.move(std::chrono::minutes(11));
  CHECK(bench.spool.read(id, {}).error().code == Errc::not_found);
  CHECK(bytes_below(bench.folder / "state") == 0);
}

TEST_CASE("all outputs together stay below their cap, the oldest go first") {
  Bench bench(8192);
  std::vector<std::string> ids;
  for (int i = 0; i < 40; ++i) {
    auto writer = bench.spool.open();
    REQUIRE(writer);
    ids.push_back((*writer)->output_id());
    (*writer)->write(Stream::out, std::string(8000, 'x') + "\n");
  }
  CHECK(bytes_below(bench.folder / "state") <= 8192 * (limits::kSpoolTotalFactor + 1));
  CHECK(bench.spool.read(ids.front(), {}).error().code == Errc::not_found);
  CHECK(bench.spool.read(ids.back(), {}));
}

TEST_CASE("folders of dead processes are removed, those of living ones stay") {
  const TemporaryFolder folder;
  const HandClock clock;
  const std::string dead = folder / "state/spool/4-00ff";
  fs::create_directories(dead);
  std::ofstream(dead + "/left-0") << "over";
  const std::string foreign = folder / "state/spool/notes";
  fs::create_directories(foreign);
  OutputSpool first(folder / "state", 1U << 20U, clock, silent());
  auto kept = first.open();
  REQUIRE(kept);
  (*kept)->write(Stream::out, "mine\n");
  {
    OutputSpool second(folder / "state", 1U << 20U, clock, silent());
    REQUIRE(second.open());
  } // waits for the tidying
  CHECK(!fs::exists(dead));
  CHECK(fs::exists(foreign));
  CHECK(first.read((*kept)->output_id(), {})->lines.at(0).text == "mine");
}

TEST_CASE("without a state folder there is no spool, and it says what to set") {
  const HandClock clock;
  OutputSpool spool("", 1000, clock, silent());
  const auto writer = spool.open();
  REQUIRE(!writer);
  CHECK(writer.error().hint.find("MRE_STATE_DIR") != std::string::npos);
}

TEST_CASE("a disk that refuses ends the spooling, not the counting") {
  Bench bench;
  auto writer = bench.spool.open();
  REQUIRE(writer);
  fs::remove_all(bench.folder / "state"); // the next segment cannot be made
  (*writer)->write(Stream::out, "x\ny\n");
  const auto page = bench.spool.read((*writer)->output_id(), {});
  REQUIRE(!page);
  CHECK(page.error().code == Errc::too_large);
}
