#include "core/base/file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <thread>

using namespace mre;
using namespace std::chrono_literals;

TEST_CASE("a file is read whole, and refused beyond its limit") {
  const testing::TemporaryFolder folder;
  const std::string path = folder.write("file", std::string(100000, 'x'));
  CHECK(read_file(path, 100000).value() == std::string(100000, 'x'));
  const auto beyond = read_file(path, 99999);
  REQUIRE(!beyond);
  CHECK(beyond.error().code == Errc::too_large);
  CHECK(read_file("/dev/zero", 4096).error().code == Errc::too_large);
  CHECK(read_file("/dev/null", 4096).value().empty());
  CHECK(read_file(folder / "missing", 1).error().code == Errc::not_found);
  CHECK(!read_file(folder.path(), 1));
}

TEST_CASE("a pipe is read to its end, and one that nobody writes into is an error") {
  const testing::TemporaryFolder folder;
  const std::string path = folder / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const auto nobody = read_file(path, 100, 1ms);
  REQUIRE(!nobody);
  CHECK(nobody.error().message.find(path) != std::string::npos);
  CHECK(nobody.error().message.find("pipe") != std::string::npos);

  std::thread writer([&] {
    std::ofstream out(path);
    out << "first " << std::flush << "second";
  });
  const auto content = read_file(path, 100, 60s);
  writer.join();
  CHECK(content.value() == "first second");
}
