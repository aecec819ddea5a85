// Appending, reading, listing and folders of remote files against a real OpenSSH server.
#include "tests/unit/ssh/files_fixture.hpp"

using namespace mre;
using namespace mre::ssh;
using namespace mre::testing;

TEST_CASE("Appending goes to the end, in place, and makes the file when there is none") {
  Bench bench;
  const auto append = [&](const std::string &path, const std::string &content) {
    auto request = to(path, content);
    request.existing = Existing::append;
    return bench.write(std::move(request));
  };
  const auto made = append(bench.at("log"), "one\n");
  REQUIRE(made);
  CHECK_FALSE(made->existed);
  CHECK(made->permissions == 0644);
  struct stat before {};
  REQUIRE(::stat(bench.at("log").c_str(), &before) == 0);
  const auto more = append(bench.at("log"), "two\n");
  REQUIRE(more);
  CHECK(more->existed);
  CHECK(more->bytes == 4);
  CHECK(more->file_bytes == 8);
  CHECK(more->sha256 == sha256_hex("two\n"));
  REQUIRE(append(bench.at("log"), pattern(500000)));
  struct stat after {};
  REQUIRE(::stat(bench.at("log").c_str(), &after) == 0);
  CHECK(before.st_ino == after.st_ino);
  CHECK((read_whole_file(bench.at("log")) == "one\ntwo\n" + pattern(500000)));
  auto checked = to(bench.at("log"), "end");
  checked.existing = Existing::append;
  checked.verify = Verify::digest;
  const auto verified = bench.write(std::move(checked));
  REQUIRE(verified);
  CHECK(verified->verified == Verify::digest);
  fs::create_symlink(bench.at("log"), bench.at("link"));
  const auto linked = append(bench.at("link"), "x");
  REQUIRE(linked);
  CHECK(linked->path == bench.at("log"));
}

TEST_CASE("Reading takes an offset and a count, and a sink may stop it") {
  Bench bench;
  const std::string content = pattern(5000000);
  const std::string path = bench.folder.write("file", content);
  CHECK((read_all(bench, path, 10, 20).bytes == content.substr(10, 20)));
  CHECK((read_all(bench, path, 4999990).bytes == content.substr(4999990)));
  CHECK((read_all(bench, path, 1000000, 2000000).bytes == content.substr(1000000, 2000000)));
  const auto beyond = read_all(bench, path, 6000000);
  REQUIRE(beyond.result);
  CHECK(beyond.bytes.empty());
  CHECK(beyond.result->info.bytes == 5000000);
  CHECK_FALSE(read_all(bench, "/proc/self/status").bytes.empty()); // its size is said to be 0

  ReadRequest request;
  request.path = path;
  request.sink = [](std::string_view) -> Result<void> {
    return Error{Errc::local_failed, "full", {}};
  };
  CHECK(code_of(bench.files.read(bench.host, request, {})) == Errc::local_failed);
}

TEST_CASE("A listing tells kinds, sizes and where links point") {
  Bench bench;
  bench.folder.write("file", "12345", 0640);
  bench.folder.make_folder("folder");
  fs::create_symlink("nowhere", bench.at("link"));
  auto entries = bench.files.list(bench.host, bench.folder.path(), {});
  REQUIRE(entries);
  std::sort(entries->begin(), entries->end(),
            [](const auto &a, const auto &b) { return a.name < b.name; });
  REQUIRE(entries->size() == 3);
  CHECK(entries->at(0).name == "file");
  CHECK(entries->at(0).info.kind == FileKind::regular);
  CHECK(entries->at(0).info.bytes == 5);
  CHECK(entries->at(0).info.permissions == 0640);
  CHECK(entries->at(1).info.kind == FileKind::directory);
  CHECK(entries->at(2).info.kind == FileKind::symlink);
  CHECK(entries->at(2).target == "nowhere");
  CHECK(code_of(bench.files.list(bench.host, bench.at("file"), {})) == Errc::bad_argument);
  CHECK(code_of(bench.files.list(bench.host, bench.at("none"), {})) == Errc::not_found);
}

TEST_CASE("stat resolves links when asked to") {
  Bench bench;
  bench.folder.write("file", "12345");
  fs::create_symlink(bench.at("file"), bench.at("link"));
  const auto followed = bench.files.stat(bench.host, bench.at("link"), Follow::yes, {});
  REQUIRE(followed);
  CHECK(followed->info.kind == FileKind::regular);
  CHECK(followed->real_path == bench.at("file"));
  const auto itself = bench.files.stat(bench.host, bench.at("link"), Follow::no, {});
  REQUIRE(itself);
  CHECK(itself->info.kind == FileKind::symlink);
  CHECK(itself->real_path == bench.at("link"));
  CHECK(bench.files.stat(bench.host, "~", Follow::yes, {})->info.kind == FileKind::directory);
}

TEST_CASE("Folders are made, renamed and removed") {
  Bench bench;
  CHECK(code_of(bench.files.make_directory(bench.host, bench.at("a/b/c"), 0750, Parents::must_exist,
                                           {})) == Errc::not_found);
  REQUIRE(bench.files.make_directory(bench.host, bench.at("a/b/c/"), 0777, Parents::create, {}));
  CHECK(mode_of(bench.at("a/b/c")) == 0777);
  CHECK(bench.files.make_directory(bench.host, bench.at("a/b/c"), 0750, Parents::create, {}));
  CHECK(code_of(bench.files.make_directory(bench.host, bench.at("a"), 0750, Parents::must_exist,
                                           {})) == Errc::already_exists);
  bench.folder.write("one", "1");
  bench.folder.write("two", "2");
  CHECK(code_of(bench.files.rename(bench.host, bench.at("one"), bench.at("two"), Existing::refuse,
                                   {})) == Errc::already_exists);
  REQUIRE(bench.files.rename(bench.host, bench.at("one"), bench.at("two"), Existing::replace, {}));
  CHECK((read_whole_file(bench.at("two")) == "1"));
  REQUIRE(bench.files.rename(bench.host, bench.at("two"), bench.at("three"), Existing::refuse, {}));
  const auto full = bench.files.remove(bench.host, bench.at("a"), {});
  REQUIRE(code_of(full) == Errc::conflict);
  CHECK(bench.files.remove(bench.host, bench.at("a/b/c"), {}));
  CHECK(bench.files.remove(bench.host, bench.at("three"), {}));
  CHECK(code_of(bench.files.remove(bench.host, bench.at("three"), {})) == Errc::not_found);
}

TEST_CASE("Many writers and readers at once do not meet") {
  Bench bench;
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int writer = 0; writer < 6; ++writer) {
    threads.emplace_back([&, writer] {
      for (int round = 0; round < 5; ++round) {
        const std::string content =
            pattern(static_cast<std::size_t>(1000 + writer * 100000 + round));
        auto request = to(bench.at("shared"), content);
        request.existing = Existing::replace;
        const auto written = bench.files.write(bench.host, std::move(request), {});
        const bool read = read_all(bench, bench.at("shared")).result.has_value();
        good += written && read ? 1 : 0;
      }
    });
  }
  threads.clear();
  CHECK(good == 30);
  CHECK(bench.entries() == 1);
}
