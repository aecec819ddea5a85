#include "core/cli/exit_codes.hpp"
#include "core/cli/new_plugin.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace mre::cli;

namespace {

struct Bench {
  mre::testing::TemporaryFolder folder;
  std::ostringstream out, err;
  int run(const std::string &name, const std::string &language = "cpp") {
    const Output output{out, err};
    return run_new_plugin({name, language, folder.path()}, output);
  }
  std::string text(const std::string &path) const {
    std::ifstream stream(folder.path() + "/" + path);
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
  }
  bool has(const std::string &path) const {
    return std::filesystem::exists(folder.path() + "/" + path);
  }
};

} // namespace

TEST_CASE("a new plugin carries its own name everywhere") {
  Bench bench;
  CHECK(bench.run("disk_space") == kOk);
  CHECK(bench.has("disk_space/CMakeLists.txt"));
  CHECK(bench.has("disk_space/disk_space_test.cpp"));
  const std::string source = bench.text("disk_space/disk_space.cpp");
  CHECK(source.find("org.example.disk_space") != std::string::npos);
  CHECK(source.find("class DiskSpace") != std::string::npos);
  for (const char *file :
       {"disk_space.cpp", "disk_space_test.cpp", "CMakeLists.txt", "README.md"}) {
    CHECK(bench.text(std::string("disk_space/") + file).find("sample") == std::string::npos);
  }
  CHECK(bench.out.str().find("cmake -S . -B build") != std::string::npos);
}

TEST_CASE("each language has a source, a test and a way to build") {
  Bench bench;
  CHECK(bench.run("one", "c") == kOk);
  CHECK(bench.has("one/one.c"));
  CHECK(bench.has("one/one_test.json"));
  CHECK(bench.run("two", "rust") == kOk);
  CHECK(bench.has("two/src/lib.rs"));
  CHECK(bench.has("two/two_test.json"));
  CHECK(bench.text("two/Cargo.toml").find("name = \"two\"") != std::string::npos);
}

TEST_CASE("what is there is not touched, and a name that is none is refused") {
  Bench bench;
  CHECK(bench.run("twice") == kOk);
  std::ofstream(bench.folder.path() + "/twice/twice.cpp") << "mine";
  CHECK(bench.run("twice") == kFailed);
  CHECK(bench.text("twice/twice.cpp") == "mine");
  CHECK(bench.run("../outside") == kUsage);
  CHECK(bench.run("With-Dash") == kUsage);
  CHECK(bench.run("") == kUsage);
}
