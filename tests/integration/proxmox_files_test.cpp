// Files into and out of containers.
#include "core/base/digest.hpp"
#include "tests/integration/proxmox_bench.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

using namespace mre;
using namespace mre::testing;

namespace {

struct Desk : NodeBench {
  using NodeBench::NodeBench;

  std::string inside(const std::string &path) const { return cluster.root(101) + path; }
  Json up(const std::string &local, const std::string &path, Json extra = Json::object()) {
    extra.update({{"ctid", 101}, {"local_path", local}, {"container_path", path}});
    return extra;
  }
  // Nothing of ours may be left in a folder of the container, nor on the node.
  void check_tidy(const std::string &path) const {
    for (const auto &entry : std::filesystem::directory_iterator(inside(path))) {
      CHECK_FALSE(begins(entry.path().filename().string(), ".mre-"));
    }
  }
};

std::string pattern(std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) {
    text[i] = static_cast<char>((i * 2654435761U) >> 13U);
  }
  return text;
}

struct Meta {
  unsigned mode, uid, gid;
};
Meta meta(const std::string &path) {
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  return {about.st_mode & 07777U, about.st_uid, about.st_gid};
}

} // namespace

TEST_CASE("a file goes into a container and back, verified by digest") {
  if (skip_without_containers()) {
    return;
  }
  Desk desk;
  const std::string bytes = pattern(3000001);
  const std::string local = desk.near.write("big", bytes);
  const Json up = desk.good("upload_file_to_container", desk.up(local, "/root/big file"));
  CHECK(up.at("bytes") == bytes.size());
  CHECK(up.at("sha256") == sha256_hex(bytes));
  CHECK(up.at("verified") == "digest");
  CHECK(up.at("container_path") == "/root/big file");
  CHECK(up.at("permissions") == 644);
  CHECK(up.at("overwritten") == false);
  CHECK(up.at("ctid") == 101);
  CHECK(read_whole_file(desk.inside("/root/big file")) == bytes);
  desk.check_tidy("/root");
  const Json down =
      desk.good("download_file_from_container", desk.up(desk.near / "new/back", "/root/big file"));
  CHECK(down.at("sha256") == sha256_hex(bytes));
  CHECK(down.at("verified") == "digest");
  CHECK(down.at("bytes") == bytes.size());
  CHECK(read_whole_file(desk.near / "new/back") == bytes);
}

TEST_CASE("small, empty and oddly named files pass both ways") {
  if (skip_without_containers()) {
    return;
  }
  Desk desk;
  for (const std::string name : {"plain", "two words", "it's", "$(id)", "-dash", "new\nline",
                                 "\xC3\xBC", "*", "trailing "}) {
    const std::string local = desk.near.write("source", "content of " + name);
    const std::string path = "/srv/" + name;
    const Json up = desk.good("upload_file_to_container", desk.up(local, path));
    CHECK(up.at("container_path") == path);
    CHECK(up.at("verified") == "size");
    CHECK(read_whole_file(desk.inside(path)) == "content of " + name);
    const Json down = desk.good("download_file_from_container",
                                desk.up(desk.near / "back", path, {{"overwrite", true}}));
    CHECK(read_whole_file(desk.near / "back") == "content of " + name);
    CHECK(down.at("container_path") == path);
  }
  const std::string empty = desk.near.write("empty", "");
  CHECK(desk.good("upload_file_to_container", desk.up(empty, "/srv/empty", {{"verify", "digest"}}))
            .at("verified") == "digest");
  CHECK(desk.good("download_file_from_container", desk.up(desk.near / "none", "/srv/empty"))
            .at("bytes") == 0);
  desk.check_tidy("/srv");
}

TEST_CASE("permissions are exact, and a replaced file keeps mode and owner") {
  if (skip_without_containers()) {
    return;
  }
  Desk desk;
  const std::string local = desk.near.write("source", "one");
  desk.good("upload_file_to_container", desk.up(local, "/srv/a", {{"permissions", 4750}}));
  CHECK(meta(desk.inside("/srv/a")).mode == 04750);
  REQUIRE(::chown(desk.inside("/srv/a").c_str(), 12, 34) == 0);
  REQUIRE(::chmod(desk.inside("/srv/a").c_str(), 0640) == 0);
  const std::string again = desk.near.write("again", "two");
  const std::string refused = desk.bad("upload_file_to_container", desk.up(again, "/srv/a"));
  CHECK(begins(refused, "already_exists: "));
  CHECK(read_whole_file(desk.inside("/srv/a")) == "one");
  const Json replaced =
      desk.good("upload_file_to_container", desk.up(again, "/srv/a", {{"overwrite", true}}));
  CHECK(replaced.at("overwritten") == true);
  CHECK(replaced.at("permissions") == 640);
  const Meta kept = meta(desk.inside("/srv/a"));
  CHECK(kept.mode == 0640);
  CHECK(kept.uid == 12);
  CHECK(kept.gid == 34);
  CHECK(read_whole_file(desk.inside("/srv/a")) == "two");
  desk.check_tidy("/srv");
}

TEST_CASE("a link in the container is followed there, and never out of it") {
  if (skip_without_containers()) {
    return;
  }
  Desk desk;
  write_whole_file(desk.inside("/srv/real"), "old");
  std::filesystem::create_symlink("real", desk.inside("/srv/link"));
  std::filesystem::create_symlink("/etc/hostname", desk.inside("/srv/absolute"));
  const std::string local = desk.near.write("source", "new");
  const Json up =
      desk.good("upload_file_to_container", desk.up(local, "/srv/link", {{"overwrite", true}}));
  CHECK(up.at("container_path") == "/srv/real");
  CHECK(read_whole_file(desk.inside("/srv/real")) == "new");
  CHECK(std::filesystem::is_symlink(desk.inside("/srv/link")));
  desk.good("download_file_from_container", desk.up(desk.near / "name", "/srv/absolute"));
  CHECK(read_whole_file(desk.near / "name") == "guest101\n");
}

TEST_CASE("missing folders, folders as targets and missing files have their codes") {
  if (skip_without_containers()) {
    return;
  }
  Desk desk;
  const std::string local = desk.near.write("source", "x");
  const auto up = [&](const std::string &path, const Json &extra = Json::object()) {
    return desk.bad("upload_file_to_container", desk.up(local, path, extra));
  };
  const std::string no_parent = up("/srv/a/b");
  CHECK(begins(no_parent, "not_found: "));
  CHECK(holds(no_parent, "create_parents"));
  CHECK_FALSE(path_exists(desk.inside("/srv/a")));
  CHECK(begins(up("/srv"), "bad_argument: "));
  CHECK(begins(up("/srv/new/"), "bad_argument: "));
  CHECK(begins(up("relative"), "bad_argument: "));
  CHECK(begins(up("/etc/hostname/x"), "bad_argument: "));
  desk.good("upload_file_to_container", desk.up(local, "/srv/a/b", {{"create_parents", true}}));
  CHECK(read_whole_file(desk.inside("/srv/a/b")) == "x");
  CHECK(begins(desk.bad("download_file_from_container", desk.up(desk.near / "y", "/srv/none")),
               "not_found: "));
  CHECK(begins(desk.bad("download_file_from_container", desk.up(desk.near / "y", "/srv")),
               "bad_argument: "));
  CHECK_FALSE(path_exists(desk.near / "y"));
  CHECK(begins(desk.bad("download_file_from_container", desk.up(local, "/etc/hostname")),
               "already_exists: "));
  CHECK(read_whole_file(local) == "x");
  CHECK(begins(desk.bad("upload_file_to_container", desk.up(desk.near / "none", "/srv/x")),
               "not_found: "));
}

TEST_CASE("a stopped container refuses both ways") {
  if (skip_without_containers()) {
    return;
  }
  Desk desk;
  desk.cluster.container("pve1", 102);
  const std::string local = desk.near.write("source", "x");
  for (const char *tool : {"upload_file_to_container", "download_file_from_container"}) {
    const std::string said = desk.bad(tool, {{"ctid", 102},
                                             {"local_path", tool[0] == 'u' ? local : local + "2"},
                                             {"container_path", "/srv/x"}});
    CHECK(begins(said, "conflict: "));
    CHECK(holds(said, "container '102' not running!"));
  }
}

TEST_CASE("a full disk in the container leaves nothing and replaces nothing") {
  if (skip_without_containers()) {
    return;
  }
  Desk desk;
  const auto shell = [&](const std::string &command) {
    return desk.good("container_exec_command", {{"ctid", 101}, {"command", command}})
        .at("stdout")
        .get<std::string>();
  };
  shell("echo old > /small/file");
  const std::string local = desk.near.write("source", pattern(1000000));
  const std::string said =
      desk.bad("upload_file_to_container", desk.up(local, "/small/file", {{"overwrite", true}}));
  CHECK(begins(said, "remote_failed: "));
  CHECK(holds(said, "No space left on device"));
  CHECK(shell("cat /small/file; ls -A /small") == "old\nfile\n");
}

TEST_CASE("a stream that is cut silently is never presented as done") {
  if (skip_without_containers()) {
    return;
  }
  Desk desk;
  const std::string local = desk.near.write("source", pattern(300000));
  desk.good("container_exec_command", {{"ctid", 101}, {"command", "true"}});
  desk.cluster.knob("cut-input", "100000");
  const std::string said = desk.bad("upload_file_to_container", desk.up(local, "/srv/cut"));
  CHECK(begins(said, "remote_failed: "));
  CHECK_FALSE(path_exists(desk.inside("/srv/cut")));
  desk.check_tidy("/srv");
}

TEST_CASE("a connection lost in the middle leaves the old file and no temporary one") {
  if (skip_without_containers()) {
    return;
  }
  Desk desk(Environment{{"MAX_FILE_SIZE", "0"}});
  const std::string local = desk.near / "source";
  {
    std::ofstream file(local, std::ios::binary);
    const std::string block = pattern(1U << 20U);
    for (int i = 0; i < 300; ++i) {
      file << block;
    }
  }
  write_whole_file(desk.inside("/srv/kept"), "old");
  const int id = desk.server->start_tool("proxmox_upload_file_to_container",
                                         desk.up(local, "/srv/kept", {{"overwrite", true}}));
  const auto temporary = [&] {
    for (const auto &entry : std::filesystem::directory_iterator(desk.inside("/srv"))) {
      std::error_code gone;
      if (begins(entry.path().filename().string(), ".mre-") && entry.file_size(gone) > 1000000) {
        return true;
      }
    }
    return false;
  };
  REQUIRE(eventually(temporary, std::chrono::seconds(30)));
  desk.bench.sshd.kill_connections();
  const Json result = desk.server->response(id, std::chrono::seconds(60)).at("result");
  CHECK(error_code(result) == "lost");
  CHECK(eventually(
      [&] {
        for (const auto &entry : std::filesystem::directory_iterator(desk.inside("/srv"))) {
          if (begins(entry.path().filename().string(), ".mre-")) {
            return false;
          }
        }
        return true;
      },
      std::chrono::seconds(30)));
  CHECK(read_whole_file(desk.inside("/srv/kept")) == "old");
}

TEST_CASE("MAX_FILE_SIZE binds both ways before bytes move") {
  if (skip_without_containers()) {
    return;
  }
  Desk desk(Environment{{"MAX_FILE_SIZE", "1000"}});
  const std::string local = desk.near.write("source", pattern(1001));
  CHECK(begins(desk.bad("upload_file_to_container", desk.up(local, "/srv/x")), "too_large: "));
  write_whole_file(desk.inside("/srv/big"), pattern(1001));
  CHECK(begins(desk.bad("download_file_from_container", desk.up(desk.near / "y", "/srv/big")),
               "too_large: "));
  CHECK_FALSE(path_exists(desk.near / "y"));
  const std::string fits = desk.near.write("fits", pattern(1000));
  desk.good("upload_file_to_container", desk.up(fits, "/srv/fits"));
}
