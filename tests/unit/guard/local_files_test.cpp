// The rules for files of the server's own machine.
#include "core/guard/local_files.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

using namespace mre;
using namespace mre::guard;
using namespace mre::testing;
namespace fs = std::filesystem;

namespace {

LocalFiles files_with(config::Settings settings = {}) {
  return LocalFiles(std::make_shared<const config::Settings>(std::move(settings)));
}

LocalFiles files_in(const std::string &root) {
  config::Settings settings;
  settings.transfer_root = root;
  return files_with(settings);
}

template <class T>
Errc code_of(const Result<T> &result) {
  return result ? Errc::internal : result.error().code;
}

std::string read_all(LocalSource &source) {
  std::string bytes(1000, '\0');
  bytes.resize(source.read(bytes.data(), bytes.size()).value());
  return bytes;
}

Result<std::string> put(const LocalFiles &files, const std::string &path, Overwrite overwrite,
                        std::uint32_t permissions = 0644) {
  MRE_TRY(LocalTarget target, files.open_target(path, overwrite));
  MRE_TRY_VOID(target.write("new"));
  return target.commit(permissions);
}

unsigned mode_of(const std::string &path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777U;
}

std::size_t entries(const TemporaryFolder &folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()));
}

} // namespace

TEST_CASE("A regular file is a source, also through a link and by a relative path") {
  const TemporaryFolder folder;
  folder.write("file", "content", 0640);
  fs::create_symlink("file", folder / "link");
  const auto files = files_with();
  for (const std::string &path :
       {folder / "file", folder / "link", fs::relative(folder / "file").string()}) {
    INFO(path);
    auto source = files.open_source(path);
    REQUIRE(source);
    CHECK(source->bytes() == 7);
    CHECK(source->permissions() == 0640);
    CHECK(source->path() == folder / "file");
    CHECK(read_all(*source) == "content");
  }
}

TEST_CASE("Folders, pipes, devices, missing and empty paths are no sources") {
  const TemporaryFolder folder;
  const auto files = files_with();
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(code_of(files.open_source(folder.path())) == Errc::bad_argument);
  CHECK(code_of(files.open_source(folder.path() + "/")) == Errc::bad_argument);
  CHECK(code_of(files.open_source(folder / "pipe")) == Errc::bad_argument);
  CHECK(code_of(files.open_source("/dev/zero")) == Errc::bad_argument);
  CHECK(code_of(files.open_source("")) == Errc::bad_argument);
  CHECK(code_of(files.open_source(std::string("a\0b", 3))) == Errc::bad_argument);
  CHECK(code_of(files.open_source(folder / "none")) == Errc::not_found);
  CHECK(code_of(files.open_source(folder / "none/none")) == Errc::not_found);
  CHECK(code_of(files.open_source("/proc/self/environ")) == Errc::denied);
}

TEST_CASE("Protected files and the state folder are closed under every name, both ways") {
  const TemporaryFolder folder;
  config::Settings settings;
  settings.protected_files = {folder.write("key", "secret"), folder / "not-there-yet"};
  settings.state_dir = folder.make_folder("state");
  folder.make_folder("state/deep");
  folder.write("state/deep/audit", "x");
  fs::create_symlink(folder / "key", folder / "link");
  fs::create_hard_link(folder / "key", folder / "hard");
  fs::create_directory_symlink(folder / "state", folder / "way");
  const auto files = files_with(settings);
  for (const std::string name : {"key", "link", "hard", "state/deep/audit", "way/deep/audit",
                                 "state/../key", "state/deep/../deep/audit"}) {
    INFO(name);
    const auto source = files.open_source(folder / name);
    REQUIRE(code_of(source) == Errc::denied);
    CHECK(code_of(files.open_target(folder / name, Overwrite::allow)) == Errc::denied);
  }
  CHECK(code_of(files.open_target(folder / "not-there-yet", Overwrite::refuse)) == Errc::denied);
  CHECK(code_of(files.open_target(folder / "state/new", Overwrite::refuse)) == Errc::denied);
  CHECK(folder.read("key") == "secret");
}

TEST_CASE("With a transfer root everything has to lead inside") {
  const TemporaryFolder folder;
  const std::string root = folder.make_folder("root");
  folder.write("root/in", "in");
  folder.write("out", "out");
  folder.make_folder("root-beside");
  folder.write("root-beside/file", "x");
  fs::create_symlink(folder / "out", folder / "root/escape");
  fs::create_symlink("in", folder / "root/inner");
  fs::create_directory_symlink(folder.path(), folder / "root/up");
  fs::create_symlink(folder / "new", folder / "root/dangling");
  fs::create_directory_symlink(root, folder / "alias");
  const auto files = files_in(folder / "alias");
  CHECK(files.open_source(root + "/in"));
  CHECK(files.open_source(root + "/inner"));
  CHECK(files.open_source(folder / "alias/in"));
  CHECK(files.open_source(root + "/../root/in"));
  for (const std::string path : {"/escape", "/up/out", "/../out", "/../root-beside/file", "/.."}) {
    INFO(path);
    CHECK_FALSE(files.open_source(root + path));
  }
  CHECK(code_of(files.open_source(root + "/escape")) == Errc::denied);
  CHECK(code_of(files.open_source("/etc/passwd")) == Errc::denied);
  CHECK(put(files, root + "/a/b/new", Overwrite::refuse));
  for (const std::string path : {"/dangling", "/escape", "/up/new", "/../new"}) {
    INFO(path);
    CHECK(code_of(put(files, root + path, Overwrite::allow)) == Errc::denied);
  }
  CHECK_FALSE(path_exists(folder / "new"));
  CHECK(folder.read("out") == "out");
  CHECK(code_of(files_in(folder / "nowhere").open_source(folder / "out")) == Errc::local_failed);
}

TEST_CASE("The walk to a folder refuses a link that was put in its way") {
  const TemporaryFolder folder;
  folder.make_folder("real");
  fs::create_directory_symlink(folder / "real", folder / "link");
  CHECK(open_folder(folder / "real", MissingFolders::refuse));
  CHECK_FALSE(open_folder(folder / "link", MissingFolders::refuse));
  CHECK_FALSE(open_folder(folder / "link/sub", MissingFolders::make));
  CHECK_FALSE(path_exists(folder / "real/sub"));
}

TEST_CASE(
    "A new target is private until it is committed, then has its permissions less the umask") {
  const TemporaryFolder folder;
  const auto files = files_with();
  const mode_t before = ::umask(027);
  auto target = files.open_target(folder / "a/b/file", Overwrite::refuse);
  REQUIRE(target);
  CHECK_FALSE(target->existed());
  REQUIRE(target->write("some"));
  REQUIRE(target->write("thing"));
  CHECK_FALSE(path_exists(folder / "a/b/file"));
  for (const auto &entry : fs::directory_iterator(folder / "a/b")) {
    CHECK(mode_of(entry.path()) == 0600);
  }
  const auto path = target->commit(0666);
  ::umask(before);
  REQUIRE(path);
  CHECK(*path == folder / "a/b/file");
  CHECK(mode_of(*path) == 0640);
  CHECK(read_whole_file(*path) == "something");
}

TEST_CASE("An abandoned target leaves nothing") {
  const TemporaryFolder folder;
  folder.write("old", "old");
  {
    auto target = files_with().open_target(folder / "old", Overwrite::allow);
    REQUIRE(target);
    REQUIRE(target->write("half"));
    CHECK(entries(folder) == 2);
  }
  CHECK(entries(folder) == 1);
  CHECK(folder.read("old") == "old");
}

TEST_CASE("An existing file is refused, or replaced keeping its mode and owner") {
  const TemporaryFolder folder;
  const std::string path = folder.write("old", "old", 0604);
  const bool is_root = ::geteuid() == 0;
  if (is_root) {
    REQUIRE(::chown(path.c_str(), 1234, 2345) == 0);
  }
  const auto files = files_with();
  CHECK(code_of(put(files, path, Overwrite::refuse)) == Errc::already_exists);
  CHECK(folder.read("old") == "old");
  REQUIRE(put(files, path, Overwrite::allow, 0777));
  CHECK(folder.read("old") == "new");
  CHECK(mode_of(path) == 0604);
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK(info.st_uid == (is_root ? 1234 : ::geteuid()));
}

TEST_CASE("A file that appears in between is not replaced unless that was asked for") {
  const TemporaryFolder folder;
  auto target = files_with().open_target(folder / "file", Overwrite::refuse);
  REQUIRE(target);
  REQUIRE(target->write("mine"));
  folder.write("file", "theirs");
  CHECK(code_of(target->commit(0644)) == Errc::already_exists);
  CHECK(folder.read("file") == "theirs");
}

TEST_CASE("A link at the target is followed and stays, folders and devices are no targets") {
  const TemporaryFolder folder;
  folder.make_folder("real");
  fs::create_symlink("real/new", folder / "link");
  const auto files = files_with();
  const auto path = put(files, folder / "link", Overwrite::refuse);
  REQUIRE(path);
  CHECK(*path == folder / "real/new");
  CHECK(fs::is_symlink(folder / "link"));
  fs::create_symlink("loop", folder / "loop");
  CHECK_FALSE(put(files, folder / "loop", Overwrite::allow));
  CHECK(code_of(put(files, folder / "real", Overwrite::allow)) == Errc::bad_argument);
  CHECK(code_of(put(files, folder / "none/../file", Overwrite::allow)) == Errc::not_found);
  CHECK(code_of(put(files, "/dev/null", Overwrite::allow)) == Errc::bad_argument);
}
