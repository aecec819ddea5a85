// The ways a write may take by size, by what is there and by how it is verified: each leaves the
// same file.
#include "tests/unit/ssh/files_fixture.hpp"

using namespace mre;
using namespace mre::ssh;
using namespace mre::testing;

namespace {

constexpr auto kSizes = {10UL, 200000UL, 3000000UL};
constexpr auto kVerifications = {Verify::automatic, Verify::size, Verify::digest};

std::string label(std::size_t size, Verify verify) {
  return std::to_string(size) + "-" + std::to_string(static_cast<int>(verify));
}

} // namespace

TEST_CASE("However it is verified, a new file has the bytes and the permissions asked for") {
  Bench bench;
  for (const std::size_t size : kSizes) {
    for (const Verify verify : kVerifications) {
      for (const std::uint32_t mode : {0600U, 0666U, 02755U}) { // a umask would take 022 away
        INFO(label(size, verify) << " " << mode);
        const std::string path = bench.at("new-" + label(size, verify) + std::to_string(mode));
        auto request = to(path, pattern(size));
        request.verify = verify;
        request.permissions = mode;
        const auto written = bench.write(std::move(request));
        REQUIRE(written);
        CHECK(written->permissions == mode);
        CHECK(mode_of(path) == mode);
        CHECK((read_whole_file(path) == pattern(size)));
        auto again = to(path, pattern(size));
        again.verify = verify;
        CHECK(code_of(bench.write(std::move(again))) == Errc::already_exists);
      }
    }
  }
  CHECK(bench.entries() == 27);
}

TEST_CASE(
    "However it is verified, a replaced file keeps mode and owner, or gets the mode asked for") {
  Bench bench;
  const bool is_root = ::geteuid() == 0;
  for (const std::size_t size : kSizes) {
    for (const Verify verify : kVerifications) {
      for (const unsigned mode : {0640U, 0604U, 04711U}) {
        INFO(label(size, verify) << " " << mode);
        const std::string path = bench.folder.write("old", "old", 0600);
        REQUIRE((!is_root || ::chown(path.c_str(), 1234, 2345) == 0));
        REQUIRE(::chmod(path.c_str(), mode) == 0);
        auto request = to(path, pattern(size));
        request.verify = verify;
        request.existing = Existing::replace;
        const auto written = bench.write(std::move(request));
        REQUIRE(written);
        CHECK(written->existed);
        CHECK(mode_of(path) == mode);
        CHECK((read_whole_file(path) == pattern(size)));
        struct stat info {};
        REQUIRE(::stat(path.c_str(), &info) == 0);
        CHECK((!is_root || (info.st_uid == 1234 && info.st_gid == 2345)));
      }
    }
  }
  CHECK(bench.entries() == 1);
}

TEST_CASE("A replaced secret is for its owner alone until it is whole") {
  Bench bench;
  const std::string path = bench.folder.write("old", "old", 0644);
  unsigned widest = 0;
  auto request = to(path, pattern(3000000));
  request.existing = Existing::replace;
  request.verify = Verify::size;
  const ByteSource inner = request.source;
  request.source = [&, inner](char *buffer, std::size_t capacity) {
    for (const auto &entry : fs::directory_iterator(bench.folder.path())) {
      widest |= entry.path() == path ? 0U : mode_of(entry.path());
    }
    return inner(buffer, capacity);
  };
  REQUIRE(bench.write(std::move(request)));
  CHECK(widest == 0600);
  CHECK(mode_of(path) == 0644);
}

TEST_CASE("A new file whose name is taken while it is written replaces nothing") {
  Bench bench;
  for (const Verify verify : kVerifications) {
    const std::string path = bench.at("late");
    auto request = to(path, pattern(3000000));
    request.verify = verify;
    const ByteSource inner = request.source;
    int pieces = 0;
    request.source = [&, inner](char *buffer, std::size_t capacity) {
      if (++pieces == 4) { // the target was looked at before the second
        bench.folder.write("late", "somebody else's");
      }
      return inner(buffer, capacity);
    };
    CHECK(code_of(bench.write(std::move(request))) == Errc::already_exists);
    CHECK((read_whole_file(path) == "somebody else's"));
    CHECK(bench.entries() == 1);
    fs::remove(path);
  }
}

TEST_CASE("What a path leads to is told with what is there") {
  Bench bench;
  const std::string path = bench.folder.write("file", "12345", 0640);
  fs::create_symlink(path, bench.at("link"));
  const auto found = bench.files.stat(bench.host, bench.at("link"), Follow::yes, {});
  REQUIRE(found);
  CHECK(found->real_path == path);
  CHECK(found->info.bytes == 5);
  CHECK(found->info.permissions == 0640);
  const auto missing = bench.files.stat(bench.host, bench.at("none"), Follow::yes, {});
  REQUIRE(code_of(missing) == Errc::not_found);
  CHECK(has(missing.error().message, "cannot look at web-1:" + bench.at("none")));
}
