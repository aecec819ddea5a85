// Remote files against a real OpenSSH server, over the plain test engine.
#include "core/base/digest.hpp"
#include "core/ssh/files.hpp"
#include "core/ssh/sftp_transfer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/plain_sftp_lease.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

using namespace mre;
using namespace mre::ssh;
using namespace mre::testing;
namespace fs = std::filesystem;

namespace {

struct Bench {
  Sshd sshd;
  TemporaryFolder folder;
  PlainEngine engine{sshd};
  SystemClock clock;
  std::string logged;
  Log log{LogLevel::warn, [this](std::string_view line) { logged += line; }};
  Files files{engine, clock, log};
  config::HostConfig host;
  Bench() { host.name = "web-1"; }

  std::string at(const std::string &name) const { return folder / name; }
  // What a failed write must never leave.
  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()));
  }
  Result<WriteResult> write(WriteRequest request, std::stop_token stop = {}) {
    return files.write(host, std::move(request), std::move(stop));
  }
};

ByteSource bytes_of(std::string content) {
  return [content = std::move(content),
          at = std::size_t{0}](char *buffer, std::size_t capacity) mutable -> Result<std::size_t> {
    const std::size_t count = std::min(capacity, content.size() - at);
    std::copy_n(content.data() + at, count, buffer);
    at += count;
    return count;
  };
}

WriteRequest to(const std::string &path, const std::string &content) {
  WriteRequest request;
  request.path = path;
  request.source = bytes_of(content);
  request.expected_bytes = content.size();
  return request;
}

std::string pattern(std::size_t bytes) {
  std::string text(bytes, '\0');
  std::uint32_t state = 1;
  for (char &c : text) {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>(state >> 24U);
  }
  return text;
}

unsigned mode_of(const std::string &path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777U;
}

template <class T>
Errc code_of(const Result<T> &result) {
  return result ? Errc::internal : result.error().code;
}

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

struct Collected {
  std::string bytes;
  Result<ReadResult> result;
};

Collected read_all(Bench &bench, const std::string &path, std::uint64_t offset = 0,
                   std::optional<std::uint64_t> max = {}) {
  std::string bytes;
  ReadRequest request;
  request.path = path;
  request.offset = offset;
  request.max_bytes = max;
  request.sink = [&](std::string_view chunk) -> Result<void> {
    bytes += chunk;
    return {};
  };
  auto result = bench.files.read(bench.host, request, {});
  return {std::move(bytes), std::move(result)};
}

} // namespace

TEST_CASE("Files of every size arrive whole, with the digest and the permissions told") {
  Bench bench;
  const auto sizes = {0UL,     1UL,      4096UL,           65535UL,  65536UL,
                      65537UL, 300000UL, (1UL << 20U) + 1, 9000001UL};
  for (const std::size_t size : sizes) {
    INFO(size);
    const std::string content = pattern(size);
    const std::string path = bench.at("file-" + std::to_string(size));
    const auto written = bench.write(to(path, content));
    REQUIRE(written);
    CHECK(written->bytes == size);
    CHECK(written->file_bytes == size);
    CHECK(written->sha256 == sha256_hex(content));
    CHECK(written->verified == (size >= 65536 ? Verify::digest : Verify::size));
    CHECK(written->path == path);
    CHECK_FALSE(written->existed);
    CHECK(written->permissions == 0644);
    CHECK(mode_of(path) == 0644);
    CHECK((read_whole_file(path) == content));

    const auto read = read_all(bench, path);
    REQUIRE(read.result);
    CHECK((read.bytes == content));
    CHECK(read.result->sha256 == sha256_hex(content));
    CHECK(read.result->bytes == size);
  }
  CHECK(bench.entries() == sizes.size());
}

TEST_CASE("The same over a link that counts as far") {
  Bench bench;
  bench.engine.faults.round_trip_us = 50000;
  CHECK(transfer_buffer(std::chrono::microseconds(50000)) == limits::kSftpBufferFar);
  CHECK(transfer_buffer(std::chrono::microseconds(100)) == limits::kSftpBufferNear);
  const std::string content = pattern(20000000);
  REQUIRE(bench.write(to(bench.at("big"), content)));
  CHECK((read_whole_file(bench.at("big")) == content));
  CHECK((read_all(bench, bench.at("big")).bytes == content));
}

TEST_CASE("An existing file is refused, or replaced keeping its mode") {
  Bench bench;
  for (const std::size_t size : {10UL, 200000UL}) {
    INFO(size);
    const std::string path = bench.folder.write("old-" + std::to_string(size), "old", 0640);
    CHECK(code_of(bench.write(to(path, pattern(size)))) == Errc::already_exists);
    CHECK((read_whole_file(path) == "old"));
    auto request = to(path, pattern(size));
    request.existing = Existing::replace;
    const auto written = bench.write(std::move(request));
    REQUIRE(written);
    CHECK(written->existed);
    CHECK(written->permissions == 0640);
    CHECK(mode_of(path) == 0640);
    CHECK((read_whole_file(path) == pattern(size)));
  }
  CHECK(bench.entries() == 2);
}

TEST_CASE(
    "Permissions are exactly those asked for, also set-id, none and those a umask would take") {
  Bench bench;
  for (const std::uint32_t mode : {0600U, 0777U, 04755U, 0000U, 0666U, 01644U}) {
    for (const std::size_t size : {5UL, 100000UL}) {
      INFO(mode << " " << size);
      const std::string path = bench.at("m" + std::to_string(mode) + "-" + std::to_string(size));
      auto request = to(path, pattern(size));
      request.permissions = mode;
      const auto written = bench.write(std::move(request));
      REQUIRE(written);
      CHECK(written->permissions == mode);
      CHECK(mode_of(path) == mode);
    }
  }
  const std::string path = bench.folder.write("old", "x", 0644);
  auto request = to(path, "y");
  request.existing = Existing::replace;
  request.permissions = 0600;
  REQUIRE(bench.write(std::move(request)));
  CHECK(mode_of(path) == 0600);
}

TEST_CASE("A secret file is never wider than it will be") {
  Bench bench;
  unsigned widest = 0;
  auto request = to(bench.at("secret"), pattern(3000000));
  request.permissions = 0600;
  const ByteSource inner = request.source;
  request.source = [&, inner](char *buffer, std::size_t capacity) {
    for (const auto &entry : fs::directory_iterator(bench.folder.path())) {
      widest |= mode_of(entry.path());
    }
    return inner(buffer, capacity);
  };
  REQUIRE(bench.write(std::move(request)));
  CHECK(widest == 0600);
}

TEST_CASE("A replaced file keeps its owner") {
  if (::geteuid() != 0) {
    WARN("not root: skipped");
    return;
  }
  Bench bench;
  for (const std::size_t size : {10UL, 200000UL}) {
    const std::string path = bench.folder.write("old-" + std::to_string(size), "old", 0640);
    REQUIRE(::chown(path.c_str(), 1234, 2345) == 0);
    auto request = to(path, pattern(size));
    request.existing = Existing::replace;
    REQUIRE(bench.write(std::move(request)));
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK(info.st_uid == 1234);
    CHECK(info.st_gid == 2345);
    CHECK((info.st_mode & 07777U) == 0640);
  }
}

TEST_CASE("A symbolic link is followed and stays, also one that points nowhere yet") {
  Bench bench;
  bench.folder.make_folder("real");
  for (const std::size_t size : {10UL, 200000UL}) {
    const std::string suffix = std::to_string(size);
    fs::create_symlink(bench.at("real/new" + suffix), bench.at("dangling" + suffix));
    const auto made = bench.write(to(bench.at("dangling" + suffix), pattern(size)));
    REQUIRE(made);
    CHECK(made->path == bench.at("real/new" + suffix));
    CHECK(fs::is_symlink(bench.at("dangling" + suffix)));
    CHECK((read_whole_file(bench.at("real/new" + suffix)) == pattern(size)));

    auto request = to(bench.at("dangling" + suffix), "other");
    CHECK(code_of(bench.write(to(bench.at("dangling" + suffix), "other"))) == Errc::already_exists);
    request.existing = Existing::replace;
    const auto replaced = bench.write(std::move(request));
    REQUIRE(replaced);
    CHECK(replaced->path == bench.at("real/new" + suffix));
    CHECK((read_whole_file(bench.at("real/new" + suffix)) == "other"));
  }
  CHECK(bench.entries() == 3);
}

TEST_CASE("Folders, pipes and trailing slashes are no targets") {
  Bench bench;
  bench.folder.make_folder("folder");
  REQUIRE(::mkfifo(bench.at("pipe").c_str(), 0600) == 0);
  for (const auto existing : {Existing::refuse, Existing::replace, Existing::append}) {
    for (const std::string name : {"folder", "folder/", "."}) {
      auto request = to(name == "." ? "." : bench.at(name), "x");
      request.existing = existing;
      CHECK(code_of(bench.write(std::move(request))) == Errc::bad_argument);
    }
    auto request = to(bench.at("pipe"), "x");
    request.existing = existing;
    CHECK(code_of(bench.write(std::move(request))) == Errc::bad_argument);
  }
  CHECK(code_of(bench.write(to("", "x"))) == Errc::bad_argument);
  CHECK(code_of(bench.write(to(std::string("a\0b", 3), "x"))) == Errc::bad_argument);
  CHECK(code_of(read_all(bench, bench.at("pipe")).result) == Errc::bad_argument);
  CHECK(code_of(read_all(bench, bench.at("folder")).result) == Errc::bad_argument);
  CHECK(code_of(read_all(bench, bench.at("none")).result) == Errc::not_found);
  CHECK(bench.entries() == 2);
}

TEST_CASE("A missing parent is not_found and names the way out, or is made") {
  Bench bench;
  for (const std::size_t size : {10UL, 200000UL}) {
    const std::string path = bench.at("a" + std::to_string(size) + "/b/c/file");
    const auto refused = bench.write(to(path, pattern(size)));
    REQUIRE(code_of(refused) == Errc::not_found);
    CHECK(has(refused.error().message, bench.at("a" + std::to_string(size) + "/b/c")));
    CHECK(has(refused.error().hint, "create_parents"));
    auto request = to(path, pattern(size));
    request.parents = Parents::create;
    REQUIRE(bench.write(std::move(request)));
    CHECK((read_whole_file(path) == pattern(size)));
  }
}

TEST_CASE("Names with blanks, quotes, dots and leading dashes are names") {
  Bench bench;
  for (const std::string name :
       {" blank ", "it's", "a..b", "-rf", "$(touch x)", "new\nline", "\xff\xfe"}) {
    INFO(name);
    auto request = to(bench.at(name), pattern(70000));
    request.verify = Verify::digest;
    const auto written = bench.write(std::move(request));
    REQUIRE(written);
    CHECK(written->verified == Verify::digest);
    CHECK((read_whole_file(bench.at(name)) == pattern(70000)));
    CHECK((read_all(bench, bench.at(name)).bytes == pattern(70000)));
  }
  CHECK(bench.entries() == 7);
}

TEST_CASE(
    "Verification: the size without the tool, an error when the digest is required or wrong") {
  Bench bench;
  bench.engine.faults.digest_exit = 127;
  const auto automatic = bench.write(to(bench.at("one"), pattern(100000)));
  REQUIRE(automatic);
  CHECK(automatic->verified == Verify::size);
  const int asked = bench.engine.faults.commands;
  REQUIRE(bench.write(to(bench.at("two"), pattern(100000))));
  CHECK(bench.engine.faults.commands == asked); // asked once, remembered

  auto required = to(bench.at("three"), "small");
  required.verify = Verify::digest;
  CHECK(code_of(bench.write(std::move(required))) == Errc::unsupported);
  bench.engine.faults.digest_exit = 0;
  bench.engine.faults.wrong_digest = true;
  auto wrong = to(bench.at("three"), pattern(100000));
  wrong.verify = Verify::digest;
  const auto refused = bench.write(std::move(wrong));
  REQUIRE(code_of(refused) == Errc::remote_failed);
  CHECK(has(refused.error().message, sha256_hex(pattern(100000))));
  auto sized = to(bench.at("three"), pattern(100000));
  sized.verify = Verify::size;
  CHECK(bench.write(std::move(sized)));
  CHECK(bench.entries() == 3);
}

TEST_CASE("The size limit holds before the bytes move and while they do") {
  Bench bench;
  auto announced = to(bench.at("x"), "0123456789");
  announced.max_bytes = 9;
  const int leases = bench.engine.faults.leases;
  CHECK(code_of(bench.write(std::move(announced))) == Errc::too_large);
  CHECK(bench.engine.faults.leases == leases);
  auto exact = to(bench.at("exact"), "0123456789");
  exact.max_bytes = 10;
  CHECK(bench.write(std::move(exact)));
  auto endless = to(bench.at("x"), "");
  endless.expected_bytes.reset();
  endless.source = [](char *buffer, std::size_t capacity) -> Result<std::size_t> {
    std::fill_n(buffer, capacity, 'x');
    return capacity;
  };
  endless.max_bytes = 5000000;
  CHECK(code_of(bench.write(std::move(endless))) == Errc::too_large);
  CHECK(bench.entries() == 1);
}

TEST_CASE("A source that gives another count or fails leaves nothing behind") {
  Bench bench;
  for (const std::size_t size : {100UL, 70000UL, 3000000UL}) {
    for (const std::size_t announced : {size - 1, size + 1}) {
      auto request = to(bench.at("x"), pattern(size));
      request.expected_bytes = announced;
      CHECK(code_of(bench.write(std::move(request))) == Errc::conflict);
    }
    auto failing = to(bench.at("x"), "");
    failing.expected_bytes.reset();
    failing.source = [&, given = std::size_t{0}](
                         char *buffer, std::size_t capacity) mutable -> Result<std::size_t> {
      if (given >= size) {
        return Error{Errc::local_failed, "the disk is gone", {}};
      }
      std::fill_n(buffer, capacity, 'x');
      given += capacity;
      return capacity;
    };
    CHECK(code_of(bench.write(std::move(failing))) == Errc::local_failed);
  }
  CHECK(bench.entries() == 0);
}

TEST_CASE("Cancelled in the middle, the old file is untouched and the temporary one gone") {
  Bench bench;
  const std::string path = bench.folder.write("old", "old");
  std::stop_source stop;
  auto request = to(path, pattern(30000000));
  request.existing = Existing::replace;
  request.progress = [&](std::uint64_t bytes) {
    if (bytes > 2000000) {
      stop.request_stop();
    }
  };
  CHECK(code_of(bench.write(std::move(request), stop.get_token())) == Errc::cancelled);
  CHECK((read_whole_file(path) == "old"));
  CHECK(bench.entries() == 1);
}

TEST_CASE("A link lost at any step is lost, and the old or the new file is there, whole") {
  Bench bench;
  for (int step = 0; step < 30; ++step) {
    for (const std::size_t size : {100UL, 2000000UL}) {
      INFO(step << " " << size);
      const std::string path = bench.folder.write("old", "old");
      bench.engine.faults.break_after_steps = step;
      auto request = to(path, pattern(size));
      request.existing = Existing::replace;
      const auto written = bench.write(std::move(request));
      bench.engine.faults.break_after_steps = -1;
      CHECK((written || written.error().code == Errc::lost));
      // Replacing a file takes five requests at least; how often each of them has to wait depends
      // on how the bytes arrive. So up to here the link is always cut before the end.
      CHECK((step >= 5 || !written));
      const std::string content = read_whole_file(path);
      CHECK((content == "old" || content == pattern(size)));
      if (written) {
        CHECK(content == pattern(size));
      }
    }
  }
  // Clean-up runs beside, over new channels.
  for (int look = 0; look < 3000 && bench.entries() > 1; ++look) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(bench.entries() == 1);
}

TEST_CASE("A full disk is said in words") {
  if (::geteuid() != 0 || ::access("/dev/full", F_OK) != 0) {
    WARN("not root: skipped");
    return;
  }
  Bench bench;
  const std::string small = bench.folder.make_folder("small");
  if (std::system(("mount -t tmpfs -o size=1m tmpfs " + small + " 2>/dev/null").c_str()) != 0) {
    WARN("cannot mount: skipped");
    return;
  }
  const auto failed = bench.write(to(small + "/big", pattern(3000000)));
  const bool empty = fs::is_empty(small);
  CHECK(std::system(("umount " + small).c_str()) == 0);
  REQUIRE(code_of(failed) == Errc::remote_failed);
  CHECK(has(failed.error().message, "no space left on web-1:" + small));
  CHECK(empty);
}

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
