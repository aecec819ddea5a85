// Writing whole remote files against a real OpenSSH server.
#include "tests/unit/ssh/files_fixture.hpp"

using namespace mre;
using namespace mre::ssh;
using namespace mre::testing;

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
  request.progress = [&](std::uint64_t bytes, std::optional<std::uint64_t>) {
    if (bytes > 2000000) {
      stop.request_stop();
    }
  };
  CHECK(code_of(bench.write(std::move(request), stop.get_token())) == Errc::cancelled);
  CHECK((read_whole_file(path) == "old"));
  CHECK(bench.entries() == 1);
}

TEST_CASE(
    "The temporary file's path is told before it is made, and a refusal to hear it ends all") {
  Bench bench;
  for (const std::size_t size : {10UL, 200000UL}) {
    INFO(size);
    const std::string path = bench.folder.write("old", "old");
    std::vector<std::string> told;
    auto request = to(path, pattern(size));
    request.existing = Existing::replace;
    request.on_temporary = [&](const std::string &temporary) -> Result<void> {
      CHECK(bench.entries() == 1);
      told.push_back(temporary);
      return {};
    };
    REQUIRE(bench.write(std::move(request)));
    REQUIRE(told.size() == 1);
    CHECK(folder_of(told.front()) == folder_of(path));
    CHECK(told.front() != path);
    CHECK((read_whole_file(path) == pattern(size)));

    auto deaf = to(path, pattern(size));
    deaf.existing = Existing::replace;
    deaf.on_temporary = [](const std::string &) -> Result<void> {
      return Error{Errc::conflict, "no", {}};
    };
    CHECK(code_of(bench.write(std::move(deaf))) == Errc::conflict);
    CHECK((read_whole_file(path) == pattern(size)));
    CHECK(bench.entries() == 1);
  }
}

TEST_CASE("A link lost at any step is lost, and the old or the new file is there, whole") {
  Bench bench;
  int lost_later = 0;
  std::size_t rounds = 0;
  for (int step = 0; step < 30; ++step) {
    for (const std::size_t size : {100UL, 2000000UL}) {
      INFO(step << " " << size);
      // A file a round: the server may still rename what it was sent before the link broke.
      const std::string path = bench.folder.write("old" + std::to_string(rounds++), "old");
      bench.engine.faults.break_after_steps = step;
      auto request = to(path, pattern(size));
      request.existing = Existing::replace;
      const auto written = bench.write(std::move(request));
      bench.engine.faults.break_after_steps = -1;
      CHECK((written || written.error().code == Errc::lost));
      // How many calls of a step a transfer takes follows the network: a call goes on as far as
      // answers are there. Only the first is sure to come before the end.
      CHECK((step > 0 || !written));
      lost_later += step > 0 && !written ? 1 : 0;
      const std::string content = read_whole_file(path);
      CHECK((content == "old" || content == pattern(size)));
      if (written) {
        CHECK(content == pattern(size));
      }
    }
  }
  CHECK(lost_later > 0); // else the rounds above have shown nothing
  // Clean-up runs beside, over new channels.
  for (int look = 0; look < 3000 && bench.entries() > rounds; ++look) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(bench.entries() == rounds);
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
