// ssh_read_file, ssh_write_file and ssh_list_directory.
#include "core/base/digest.hpp"
#include "tests/integration/bench.hpp"

#include <sys/stat.h>

#include <filesystem>

using namespace mre;
using namespace mre::testing;

namespace {

unsigned mode_of(const std::string &path) {
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  return about.st_mode & 07777U;
}

struct Desk {
  explicit Desk(const Environment &extra = {}) : server(start_server(bench.environment(extra))) {}

  Bench bench;
  TemporaryFolder far;
  ServerProcess server;

  Json read(Json arguments) { return server.call_tool("ssh_read_file", std::move(arguments)); }
  Json write(Json arguments) { return server.call_tool("ssh_write_file", std::move(arguments)); }
  Json list(Json arguments) { return server.call_tool("ssh_list_directory", std::move(arguments)); }
};

std::vector<std::string> entry_names(const Json &listing) {
  std::vector<std::string> names;
  for (const auto &entry : listing.at("entries")) {
    names.push_back(entry.at("name").get<std::string>());
  }
  return names;
}

} // namespace

TEST_CASE("a file is read whole, in parts, and past its end") {
  Desk desk;
  const std::string path = desk.far.write("text", "0123456789");
  const Json whole = structured(desk.read({{"path", path}}));
  CHECK(whole.at("content") == "0123456789");
  CHECK(whole.at("size") == 10);
  CHECK(whole.at("bytes") == 10);
  CHECK(whole.at("eof") == true);
  CHECK(whole.at("path") == path);
  const Json part = structured(desk.read({{"path", path}, {"offset", 3}, {"max_bytes", 4}}));
  CHECK(part.at("content") == "3456");
  CHECK(part.at("offset") == 3);
  CHECK(part.at("eof") == false);
  const Json beyond = structured(desk.read({{"path", path}, {"offset", 10}}));
  CHECK(beyond.at("content") == "");
  CHECK(beyond.at("eof") == true);
}

TEST_CASE("a binary file comes as base64 and says so") {
  Desk desk;
  const std::string path = desk.far.write("binary", std::string("\0\1\377", 3));
  const Json fields = structured(desk.read({{"path", path}}));
  CHECK(fields.at("encoding") == "base64");
  CHECK(fields.at("content") == "AAH/");
  CHECK(fields.at("bytes") == 3);
}

TEST_CASE("max_bytes is bounded by CHARACTER_LIMIT and defaults to it") {
  Desk desk(Environment{{"CHARACTER_LIMIT", "1000"}});
  const std::string path = desk.far.write("long", std::string(1500, 'x'));
  const Json fields = structured(desk.read({{"path", path}}));
  CHECK(fields.at("bytes") == 1000);
  CHECK(fields.at("size") == 1500);
  CHECK(fields.at("eof") == false);
  CHECK(error_code(desk.read({{"path", path}, {"max_bytes", 1001}})) == "bad_argument");
}

TEST_CASE("reading what is not there or not a file has its own code") {
  Desk desk;
  CHECK(error_code(desk.read({{"path", desk.far / "none"}})) == "not_found");
  CHECK(error_code(desk.read({{"path", desk.far.path()}})) == "bad_argument");
}

TEST_CASE("write creates, refuses to replace, overwrites and appends as its mode says") {
  Desk desk;
  const std::string path = desk.far / "note";
  const std::string text = "first\n\xC3\xBC\xE2\x82\xAC";
  const Json created =
      structured(desk.write({{"path", path}, {"content", text}, {"permissions", 640}}));
  CHECK(created.at("created") == true);
  CHECK(created.at("bytes") == text.size());
  CHECK(created.at("size") == text.size());
  CHECK(created.at("sha256") == sha256_hex(text));
  CHECK(read_whole_file(path) == text);
  CHECK(mode_of(path) == 0640);
  CHECK(error_code(desk.write({{"path", path}, {"content", "x"}})) == "already_exists");
  CHECK(error_code(desk.write({{"path", path}, {"content", "x"}, {"mode", "create"}})) ==
        "already_exists");
  CHECK(read_whole_file(path) == text);

  const Json replaced =
      structured(desk.write({{"path", path}, {"content", "second"}, {"mode", "overwrite"}}));
  CHECK(replaced.at("created") == false);
  CHECK(mode_of(path) == 0640);
  const Json appended =
      structured(desk.write({{"path", path}, {"content", "+third"}, {"mode", "append"}}));
  CHECK(appended.at("bytes") == 6);
  CHECK(appended.at("size") == 12);
  CHECK(read_whole_file(path) == "second+third");
  CHECK(std::distance(std::filesystem::directory_iterator(desk.far.path()), {}) == 1);
}

TEST_CASE("writing into a folder that is missing needs create_parents") {
  Desk desk;
  const std::string path = desk.far / "a/b";
  CHECK(error_code(desk.write({{"path", path}, {"content", "x"}})) == "not_found");
  CHECK(desk.write({{"path", path}, {"content", "x"}, {"create_parents", true}})
            .value("isError", false) == false);
  CHECK(read_whole_file(path) == "x");
}

TEST_CASE("a listing has folders first, then names in order, and shows hidden ones when asked") {
  Desk desk;
  desk.far.write("b-file", "12345", 0640);
  desk.far.write("a-file", "");
  desk.far.write(".hidden", "");
  desk.far.make_folder("z-folder");
  std::filesystem::create_symlink("b-file", desk.far / "c-link");
  const Json listing = structured(desk.list({{"path", desk.far.path()}}));
  CHECK(entry_names(listing) == std::vector<std::string>{"z-folder", "a-file", "b-file", "c-link"});
  CHECK(listing.at("total") == 4);
  CHECK(listing.at("next_offset").is_null());
  const Json &file = listing.at("entries")[2];
  CHECK(file.at("size") == 5);
  CHECK(holds(dump_json(file.at("permissions")), "640"));
  CHECK(listing.at("entries")[3].at("target") == "b-file");
  CHECK(listing.at("entries")[0].at("type") != listing.at("entries")[1].at("type"));
  CHECK(contains(
      entry_names(structured(desk.list({{"path", desk.far.path()}, {"show_hidden", true}}))),
      ".hidden"));
}

TEST_CASE("every entry of a listing says where it leads, also that it leads nowhere") {
  Desk desk;
  desk.far.write("file", "");
  std::filesystem::create_symlink("file", desk.far / "link");
  const Json listed =
      structured(desk.server.call_tool("ssh_list_directory", {{"path", desk.far.path()}}));
  REQUIRE(listed.at("entries").size() == 2);
  CHECK(listed.at("entries")[0].at("target").is_null());
  CHECK(listed.at("entries")[1].at("target") == "file");
}

TEST_CASE("writing through a link that leads nowhere is told as what it is") {
  Desk desk;
  std::filesystem::create_symlink("/nowhere/at/all", desk.far / "link");
  const Json refused = desk.server.call_tool(
      "ssh_write_file", {{"path", desk.far / "link"}, {"content", "x"}, {"mode", "overwrite"}});
  CHECK(structured(refused).at("error").at("code") == "not_found");
}

TEST_CASE("a long listing comes in pages that join without gap or repeat") {
  Desk desk;
  for (int number = 100; number < 125; ++number) {
    desk.far.write("file" + std::to_string(number), "");
  }
  std::vector<std::string> names;
  Json offset = 0;
  for (int pages = 0; !offset.is_null() && pages < 10; ++pages) {
    const Json page =
        structured(desk.list({{"path", desk.far.path()}, {"offset", offset}, {"limit", 10}}));
    CHECK(page.at("total") == 25);
    for (const auto &name : entry_names(page)) {
      names.push_back(name);
    }
    offset = page.at("next_offset");
  }
  REQUIRE(names.size() == 25);
  CHECK(names.front() == "file100");
  CHECK(names.back() == "file124");
}

TEST_CASE("listing what is not there or not a folder has its own code") {
  Desk desk;
  CHECK(error_code(desk.list({{"path", desk.far / "none"}})) == "not_found");
  CHECK(error_code(desk.list({{"path", desk.far.write("file", "")}})) == "bad_argument");
}
