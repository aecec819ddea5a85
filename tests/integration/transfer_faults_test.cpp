// Transfers that cannot work: each is refused with its own code, and nothing is destroyed or left
// behind.
#include "core/base/digest.hpp"
#include "tests/integration/bench.hpp"
#include "tests/support/system_user.hpp"

#include <sys/mount.h>
#include <sys/stat.h>

#include <filesystem>

using namespace mre;
using namespace mre::testing;

namespace {

bool is_empty(const std::string &folder) {
  return std::filesystem::is_empty(folder);
}

struct Desk {
  explicit Desk(const Environment &extra = {}) : server(start_server(bench.environment(extra))) {}

  Bench bench;
  TemporaryFolder near;
  TemporaryFolder far;
  ServerProcess server;

  Json upload(Json arguments) { return server.call_tool("ssh_upload_file", std::move(arguments)); }
  Json download(Json arguments) {
    return server.call_tool("ssh_download_file", std::move(arguments));
  }
};

// A file system of one MiB, root's; is_mounted tells whether this machine allows it.
class SmallDisk {
public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    is_mounted = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=1m,mode=0777") == 0;
  }
  ~SmallDisk() {
    if (is_mounted) {
      ::umount2(path_.c_str(), MNT_DETACH);
    }
  }
  SmallDisk(const SmallDisk &) = delete;
  SmallDisk &operator=(const SmallDisk &) = delete;
  bool is_mounted = false;

private:
  std::string path_;
};

} // namespace

TEST_CASE("a local file that is missing, a folder or unreadable is refused before anything moves") {
  Desk desk;
  CHECK(error_code(desk.upload(
            {{"local_path", desk.near / "none"}, {"remote_path", desk.far / "x"}})) == "not_found");
  CHECK(error_code(desk.upload({{"local_path", desk.near.path()},
                                {"remote_path", desk.far / "x"}})) == "bad_argument");
  CHECK(is_empty(desk.far.path()));
}

TEST_CASE("a remote file that is missing destroys nothing here, even with overwrite") {
  Desk desk;
  const std::string local = desk.near.write("precious", "keep me");
  const Json result = desk.download(
      {{"remote_path", desk.far / "none"}, {"local_path", local}, {"overwrite", true}});
  CHECK(error_code(result) == "not_found");
  CHECK(holds(dump_json(result), desk.far / "none"));
  CHECK(desk.near.read("precious") == "keep me");
}

TEST_CASE("a folder where a file should be is a bad argument") {
  Desk desk;
  const std::string source = desk.near.write("source", "x");
  const std::string folder = desk.far.make_folder("folder");
  CHECK(error_code(
            desk.upload({{"local_path", source}, {"remote_path", folder}, {"overwrite", true}})) ==
        "bad_argument");
  CHECK(error_code(desk.download({{"remote_path", folder}, {"local_path", desk.near / "y"}})) ==
        "bad_argument");
  const std::string near_folder = desk.near.make_folder("near_folder");
  const std::string remote = desk.far.write("file", "x");
  CHECK(error_code(desk.download(
            {{"remote_path", remote}, {"local_path", near_folder}, {"overwrite", true}})) ==
        "bad_argument");
  CHECK(is_empty(folder));
  CHECK(is_empty(near_folder));
}

TEST_CASE("an existing local file is replaced only when asked") {
  Desk desk;
  const std::string remote = desk.far.write("remote", "new");
  const std::string local = desk.near.write("local", "old");
  CHECK(error_code(desk.download({{"remote_path", remote}, {"local_path", local}})) ==
        "already_exists");
  CHECK(desk.near.read("local") == "old");
  CHECK(structured(
            desk.download({{"remote_path", remote}, {"local_path", local}, {"overwrite", true}}))
            .at("overwritten") == true);
  CHECK(desk.near.read("local") == "new");
}

TEST_CASE("MAX_FILE_SIZE binds both ways before bytes move") {
  Desk desk(Environment{{"MAX_FILE_SIZE", "1000"}});
  const std::string big = desk.near.write("big", std::string(1001, 'x'));
  const std::string fits = desk.near.write("fits", std::string(1000, 'x'));
  CHECK(error_code(desk.upload({{"local_path", big}, {"remote_path", desk.far / "a"}})) ==
        "too_large");
  CHECK(error_code(desk.download({{"remote_path", big}, {"local_path", desk.far / "b"}})) ==
        "too_large");
  const Json written = desk.server.call_tool(
      "ssh_write_file", {{"path", desk.far / "c"}, {"content", std::string(1001, 'x')}});
  CHECK(error_code(written) == "too_large");
  CHECK(is_empty(desk.far.path()));
  CHECK(desk.upload({{"local_path", fits}, {"remote_path", desk.far / "d"}})
            .value("isError", false) == false);
}

TEST_CASE("a folder without write permission is denied and stays empty") {
  if (!SystemUser::can_create() && ::geteuid() == 0) {
    WARN("SKIPPED: root may write everywhere and cannot make another user here");
    return;
  }
  Bench bench({.password_login = true});
  const TemporaryFolder folder(0755);
  const std::string closed = folder.make_folder("closed", 0555);
  const std::string secret = folder.write("secret", "x", ::geteuid() == 0 ? 0600 : 0);
  const std::string source = folder.write("source", "x", 0644);
  std::optional<SystemUser> user;
  Environment login;
  if (::geteuid() == 0) {
    user.emplace("Correct-Horse-7");
    login = {{"SSH_KEY", ""}, {"SSH_USERNAME", user->name()}, {"SSH_PASSWORD", user->password()}};
  }
  auto server = start_server(bench.environment(login));
  const Json up =
      server.call_tool("ssh_upload_file", {{"local_path", source}, {"remote_path", closed + "/x"}});
  CHECK(error_code(up) == "denied");
  CHECK(is_empty(closed));
  const Json down = server.call_tool("ssh_download_file",
                                     {{"remote_path", secret}, {"local_path", folder / "stolen"}});
  CHECK(error_code(down) == "denied");
  CHECK_FALSE(path_exists(folder / "stolen"));
  CHECK(error_code(server.call_tool("ssh_read_file", {{"path", secret}})) == "denied");
}

TEST_CASE("a full disk is an error that leaves the old file and no temporary one") {
  Desk desk;
  const SmallDisk disk(desk.far.path());
  if (!disk.is_mounted) {
    WARN("SKIPPED: a small disk needs root and the right to mount");
    return;
  }
  const std::string old = desk.far.write("there", "old");
  const std::string big = desk.near.write("big", random_bytes(3U << 20U));
  const Json result = desk.upload({{"local_path", big}, {"remote_path", old}, {"overwrite", true}});
  CHECK(result.value("isError", false) == true);
  CHECK_FALSE(error_code(result).empty());
  CHECK(error_code(result) != "internal");
  CHECK(desk.far.read("there") == "old");
  CHECK(std::distance(std::filesystem::directory_iterator(desk.far.path()), {}) == 1);
  // The same on this side.
  const TemporaryFolder elsewhere;
  const std::string source = elsewhere.write("big", random_bytes(3U << 20U));
  const Json down = desk.download({{"remote_path", source}, {"local_path", desk.far / "local"}});
  CHECK(down.value("isError", false) == true);
  CHECK(error_code(down) != "internal");
  CHECK(std::distance(std::filesystem::directory_iterator(desk.far.path()), {}) == 1);
}

TEST_CASE("TRANSFER_ROOT keeps local paths inside, also through links and parents") {
  const TemporaryFolder root;
  Desk desk(Environment{{"TRANSFER_ROOT", root.path()}});
  const std::string inside = root.write("inside", "x");
  const std::string outside = desk.near.write("outside", "x");
  std::filesystem::create_symlink(outside, root / "link");
  CHECK(desk.upload({{"local_path", inside}, {"remote_path", desk.far / "ok"}})
            .value("isError", false) == false);
  const std::string up_and_over = root.path() + "/../" +
                                  std::filesystem::path(desk.near.path()).filename().string() +
                                  "/outside";
  for (const std::string &path : {outside, root / "link", up_and_over}) {
    INFO(path);
    CHECK(error_code(desk.upload({{"local_path", path}, {"remote_path", desk.far / "stolen"}})) ==
          "denied");
  }
  const std::string remote = desk.far / "ok";
  CHECK(error_code(desk.download({{"remote_path", remote}, {"local_path", desk.near / "new"}})) ==
        "denied");
  CHECK_FALSE(path_exists(desk.far / "stolen"));
  CHECK_FALSE(path_exists(desk.near / "new"));
}

TEST_CASE("keys and settings can never be the source of a transfer") {
  Desk desk;
  const Json result = desk.upload(
      {{"local_path", desk.bench.sshd.client_key()}, {"remote_path", desk.far / "key"}});
  CHECK(error_code(result) == "denied");
  std::filesystem::create_symlink(desk.bench.sshd.client_key(), desk.near / "innocent");
  CHECK(error_code(desk.upload({{"local_path", desk.near / "innocent"},
                                {"remote_path", desk.far / "key"}})) == "denied");
  CHECK(is_empty(desk.far.path()));
}

TEST_CASE("a server without SFTP says that it cannot do this") {
  const Bench bench({.sftp = false});
  auto server = start_server(bench.environment());
  const Json result = server.call_tool("ssh_list_directory", {{"path", "/"}});
  CHECK(error_code(result) == "unsupported");
}

TEST_CASE("a client that goes away in the middle of an upload leaves no file") {
  Desk desk(Environment{{"MAX_FILE_SIZE", "0"}});
  const std::string source = desk.near.write("huge", "");
  std::filesystem::resize_file(source,
                               600U << 20U); // sparse; about two seconds of transfer on loopback
  desk.server.start_tool(
      "ssh_upload_file",
      {{"local_path", source}, {"remote_path", desk.far / "huge"}, {"verify", "size"}});
  REQUIRE(eventually([&] { return !is_empty(desk.far.path()); }));
  REQUIRE_FALSE(path_exists(desk.far / "huge"));
  SECTION("by closing the pipe") {
    desk.server.close_input();
  }
  SECTION("by SIGTERM") {
    desk.server.signal(SIGTERM);
  }
  const auto end = desk.server.wait(std::chrono::seconds(15));
  REQUIRE(end);
  CHECK(end->exit_code == 0);
  CHECK(eventually([&] { return is_empty(desk.far.path()); }));
}

TEST_CASE("a cancelled upload leaves no file and the next one works") {
  Desk desk(Environment{{"MAX_FILE_SIZE", "0"}});
  const std::string source = desk.near.write("huge", "");
  std::filesystem::resize_file(source, 600U << 20U);
  const int id = desk.server.start_tool(
      "ssh_upload_file",
      {{"local_path", source}, {"remote_path", desk.far / "huge"}, {"verify", "size"}});
  REQUIRE(eventually([&] { return !is_empty(desk.far.path()); }));
  desk.server.notify("notifications/cancelled", {{"requestId", id}});
  CHECK(eventually([&] { return is_empty(desk.far.path()); }));
  const std::string small = desk.near.write("small", "x");
  CHECK(desk.upload({{"local_path", small}, {"remote_path", desk.far / "small"}})
            .value("isError", false) == false);
}

TEST_CASE("a link that breaks during an upload is lost and leaves the old file") {
  Desk desk(Environment{{"MAX_FILE_SIZE", "0"}});
  const std::string source = desk.near.write("huge", "");
  std::filesystem::resize_file(source, 600U << 20U);
  const std::string old = desk.far.write("there", "old");
  const int id = desk.server.start_tool(
      "ssh_upload_file", {{"local_path", source}, {"remote_path", old}, {"overwrite", true}});
  REQUIRE(eventually(
      [&] { return std::distance(std::filesystem::directory_iterator(desk.far.path()), {}) > 1; }));
  desk.bench.sshd.kill_connections();
  const Json result = desk.server.response(id).at("result");
  CHECK(error_code(result) == "lost");
  CHECK(desk.far.read("there") == "old");
}
