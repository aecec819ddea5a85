// ssh_upload_directory and ssh_download_directory, with a far side that has tar, one that has not,
// and one that lies.
#include "tests/integration/bench.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

using namespace mre;
using namespace mre::testing;
namespace fs = std::filesystem;

namespace {

// Every name below a folder with what it is: kind, mode of files and folders, content or target.
std::map<std::string, std::string> picture(const fs::path &folder) {
  std::map<std::string, std::string> names;
  for (const auto &entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    const auto mode = static_cast<unsigned>(entry.symlink_status().permissions()) & 0777U;
    if (entry.is_symlink()) {
      names[name] = "link " + fs::read_symlink(entry.path()).string();
    } else if (entry.is_directory()) {
      names[name] = "folder " + std::to_string(mode);
    } else {
      std::ifstream file(entry.path(), std::ios::binary);
      names[name] = "file " + std::to_string(mode) + " " +
                    std::string(std::istreambuf_iterator<char>(file), {});
    }
  }
  return names;
}

// Names that differ, with both pictures of them; empty when the trees are the same.
std::string difference(const std::map<std::string, std::string> &a,
                       const std::map<std::string, std::string> &b) {
  std::string text;
  const auto note = [&](const std::string &name) {
    const auto shown = [&](const auto &tree) {
      const auto found = tree.find(name);
      return found == tree.end() ? std::string("nothing") : found->second.substr(0, 40);
    };
    if (shown(a) != shown(b) || (a.count(name) != 0 && a.at(name) != b.at(name))) {
      text += name + ": " + shown(a) + " | " + shown(b) + "\n";
    }
  };
  for (const auto *tree : {&a, &b}) {
    for (const auto &[name, what] : *tree) {
      note(name);
    }
  }
  return text;
}

void make_tree(const TemporaryFolder &folder) {
  fs::create_directories(folder / "tree/a/b");
  fs::create_directories(folder / "tree/empty");
  folder.write("tree/a/b/binary", std::string("\0\1\2", 3) + std::string(300000, 'x'));
  folder.write("tree/with blank 'and' quotes", "text\n");
  folder.write("tree/a/" + std::string(180, 'n'), "a long name\n");
  folder.write("tree/nothing", "");
  for (int i = 0; i < 60; ++i) {
    folder.write("tree/a/b/f" + std::to_string(i), std::to_string(i));
  }
  fs::permissions(folder / "tree/a/b/f1", fs::perms(0750));
  fs::permissions(folder / "tree/a", fs::perms(0750));
  fs::create_symlink("../nothing", folder / "tree/a/link");
  fs::create_symlink("/etc/hostname", folder / "tree/outside");
}

struct Desk {
  explicit Desk(SshdOptions options = {}, const Environment &extra = {})
      : bench(std::move(options)), server(start_server(bench.environment(extra))) {
    make_tree(near);
  }

  Json upload(const std::string &from, const std::string &to, bool overwrite = false) {
    return server.call_tool("ssh_upload_directory",
                            {{"local_path", from}, {"remote_path", to}, {"overwrite", overwrite}});
  }
  Json download(const std::string &from, const std::string &to, bool overwrite = false) {
    return server.call_tool("ssh_download_directory",
                            {{"remote_path", from}, {"local_path", to}, {"overwrite", overwrite}});
  }

  Bench bench;
  TemporaryFolder near;
  TemporaryFolder far;
  ServerProcess server;
};

std::string code_of(const Json &result) {
  return structured(result).at("error").at("code").get<std::string>();
}

} // namespace

TEST_CASE("a directory goes there and back with rights, links and every byte") {
  Desk desk;
  const Json up = structured(desk.upload(desk.near / "tree", desk.far / "there"));
  INFO(up.dump());
  CHECK(up.at("files") == 64);
  CHECK(up.at("links") == 2);
  CHECK(up.at("verified") == "digest");
  CHECK(up.at("method") == "tar");
  CHECK(difference(picture(desk.far / "there"), picture(desk.near / "tree")) == "");
  const Json down = structured(desk.download(desk.far / "there", desk.near / "back/again"));
  INFO(down.dump());
  CHECK(down.at("verified") == "digest");
  CHECK(down.at("sha256") == up.at("sha256"));
  CHECK(difference(picture(desk.near / "back/again"), picture(desk.near / "tree")) == "");
  // Nothing temporary is left beside it.
  CHECK(std::distance(fs::directory_iterator(desk.far / "."), fs::directory_iterator()) == 1);
}

TEST_CASE("a server for files alone gets and gives them one by one") {
  Desk desk({.extra_config = {"ForceCommand internal-sftp"}});
  const Json up = structured(desk.upload(desk.near / "tree", desk.far / "there"));
  INFO(up.dump());
  CHECK(up.at("method") == "sftp");
  CHECK(up.at("files") == 64);
  CHECK(up.at("skipped").size() == 2); // links need a shell there
  auto expected = picture(desk.near / "tree");
  expected.erase("a/link");
  expected.erase("outside");
  CHECK(difference(picture(desk.far / "there"), expected) == "");
  fs::create_symlink("nothing", desk.far / "there/link");
  const Json down = structured(desk.download(desk.far / "there", desk.near / "back"));
  INFO(down.dump());
  CHECK(down.at("links") == 1);
  CHECK(difference(picture(desk.near / "back"), picture(desk.far / "there")) == "");
}

TEST_CASE("what is there already stays, unless overwriting was asked for") {
  Desk desk;
  fs::create_directories(desk.far / "there");
  desk.far.write("there/own", "kept");
  desk.far.write("there/nothing", "old");
  CHECK(code_of(desk.upload(desk.near / "tree", desk.far / "there")) == "already_exists");
  CHECK(picture(desk.far / "there").size() == 2);
  structured(desk.upload(desk.near / "tree", desk.far / "there", true));
  auto expected = picture(desk.near / "tree");
  expected["own"] = picture(desk.far / "there").at("own");
  CHECK(difference(picture(desk.far / "there"), expected) == "");
  CHECK(code_of(desk.download(desk.far / "there", desk.near / "tree")) == "already_exists");
  CHECK(code_of(desk.upload(desk.near / "tree", desk.far / "there/own")) == "bad_argument");
  CHECK(code_of(desk.upload(desk.near / "tree", desk.far / "no/there")) == "not_found");
  CHECK(code_of(desk.upload(desk.near / "tree/nothing", desk.far / "x")) != "internal");
  CHECK(code_of(desk.download(desk.far / "missing", desk.near / "x")) == "not_found");
}

TEST_CASE("a cancelled upload of a directory leaves nothing on the far side") {
  Desk desk({}, {{"MAX_FILE_SIZE", "0"}});
  fs::create_directories(desk.near / "huge");
  desk.near.write("huge/file", "");
  fs::resize_file(desk.near / "huge/file", 600U << 20U);
  const int id = desk.server.start_tool("ssh_upload_directory", {{"local_path", desk.near / "huge"},
                                                                 {"remote_path", desk.far / "to"}});
  const auto unpacks = [&] { // the file itself is there, in the folder with the temporary name
    const fs::recursive_directory_iterator all(desk.far.path());
    return std::any_of(begin(all), end(all),
                       [](const auto &entry) { return entry.is_regular_file(); });
  };
  REQUIRE(eventually(unpacks));
  desk.server.notify("notifications/cancelled", {{"requestId", id}});
  CHECK(eventually([&] { return fs::is_empty(desk.far.path()); }));
}

TEST_CASE("a missing parent on the far side is named, and made when that is asked for") {
  Desk desk;
  const Json refused = desk.upload(desk.near / "tree", desk.far / "no/such/place");
  CHECK(code_of(refused) == "not_found");
  const Json error = structured(refused).at("error");
  CHECK(error.at("message").get<std::string>().find(desk.far / "no/such does not exist") !=
        std::string::npos);
  CHECK(error.at("hint").get<std::string>().find("create_parents") != std::string::npos);
  const Json made =
      desk.server.call_tool("ssh_upload_directory", {{"local_path", desk.near / "tree"},
                                                     {"remote_path", desk.far / "no/such/place"},
                                                     {"create_parents", true}});
  CHECK(made.value("isError", false) == false);
  CHECK(difference(picture(desk.near / "tree"), picture(desk.far / "no/such/place")).empty());
}

TEST_CASE("a file in place of a local directory is a bad argument") {
  Desk desk;
  const Json refused = desk.upload(desk.near / "tree/nothing", desk.far / "to");
  CHECK(code_of(refused) == "bad_argument");
}

TEST_CASE("limits bind before anything is in place") {
  Desk desk({}, {{"MAX_FILE_SIZE", "1000"}});
  CHECK(code_of(desk.upload(desk.near / "tree", desk.far / "there")) == "too_large");
  CHECK_FALSE(fs::exists(desk.far / "there"));
  fs::create_directories(desk.far / "large");
  desk.far.write("large/one", std::string(2000, 'x'));
  CHECK(code_of(desk.download(desk.far / "large", desk.near / "back")) == "too_large");
  CHECK_FALSE(fs::exists(desk.near / "back/one"));
}

TEST_CASE("an existing link in the target is replaced, never written through") {
  Desk desk;
  const std::string victim = desk.near.write("victim", "untouched");
  fs::create_directories(desk.near / "outside");
  fs::create_directories(desk.near / "back");
  fs::create_symlink(victim, desk.near / "back/file");
  fs::create_symlink(desk.near / "outside", desk.near / "back/folder");
  fs::create_directories(desk.far / "there/folder");
  desk.far.write("there/file", "new");
  CHECK(fs::exists(desk.near / "back/file"));
  desk.far.write("there/folder/inner", "evil");
  const Json result = desk.download(desk.far / "there", desk.near / "back", true);
  CHECK(code_of(result) == "conflict"); // a link stands where a folder is to be
  CHECK_FALSE(fs::exists(desk.near / "outside/inner"));
  fs::remove(desk.near / "back/folder");
  structured(desk.download(desk.far / "there", desk.near / "back", true));
  CHECK(difference(picture(desk.near / "back"), picture(desk.far / "there")) == "");
  std::ifstream kept(victim);
  CHECK(std::string(std::istreambuf_iterator<char>(kept), {}) == "untouched");
}

TEST_CASE("an archive that names what lies outside is refused, and nothing is written there") {
  // The far side's tar is a program of the attacker's.
  TemporaryFolder attack(0755);
  fs::create_directories(attack / "bin");
  attack.write("evil", "evil");
  const auto packed = run_program({.command = {"tar", "-c", "-P", "-f", attack / "evil.tar",
                                               "--transform", "s,^evil$,../escaped,", "evil"},
                                   .working_directory = attack / "."});
  REQUIRE(packed.exit_code() == 0);
  attack.write("bin/tar", "#!/bin/sh\ncat '" + (attack / "evil.tar") + "'\n");
  fs::permissions(attack / "bin/tar", fs::perms(0755));
  fs::permissions(attack / "evil.tar", fs::perms(0644));
  Desk desk({.environment = {{"PATH", (attack / "bin") + ":/usr/bin:/bin"}}});
  fs::create_directories(desk.far / "there");
  const Json result = desk.download(desk.far / "there", desk.near / "back/inner");
  INFO(result.dump());
  CHECK(code_of(result) == "denied");
  CHECK_FALSE(fs::exists(desk.near / "back/escaped"));
}
