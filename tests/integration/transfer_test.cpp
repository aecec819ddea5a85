// ssh_upload_file and ssh_download_file when all is well: bytes, digests, modes, names.
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

std::vector<std::string> names_in(const std::string &folder) {
  std::vector<std::string> names;
  for (const auto &entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

struct Desk {
  Bench bench;
  TemporaryFolder near;
  TemporaryFolder far;
  ServerProcess server = start_server(bench.environment());

  Json upload(Json arguments) { return server.call_tool("ssh_upload_file", std::move(arguments)); }
  Json download(Json arguments) {
    return server.call_tool("ssh_download_file", std::move(arguments));
  }
};

// Sizes around every border in the way: nothing, one byte, one SFTP packet, the digest's threshold,
// several buffers.
const std::vector<std::size_t> kSizes{0, 1, 30001, 64 * 1024, 5 * 1024 * 1024 + 7};

} // namespace

TEST_CASE("files of every size go up and come back with the same digest") {
  Desk desk;
  for (const std::size_t size : kSizes) {
    INFO(size);
    const std::string bytes = random_bytes(size);
    const std::string digest = sha256_hex(bytes);
    const std::string source = desk.near.write("source", bytes);
    const std::string remote = desk.far / ("file-" + std::to_string(size));
    const Json up = desk.upload({{"local_path", source}, {"remote_path", remote}});
    REQUIRE(up.value("isError", false) == false);
    const Json fields = structured(up);
    CHECK(fields.at("host") == "default");
    CHECK(fields.at("local_path") == source);
    CHECK(fields.at("remote_path") == remote);
    CHECK(fields.at("bytes") == size);
    CHECK(fields.at("sha256") == digest);
    CHECK(fields.at("overwritten") == false);
    CHECK((fields.at("verified") == "digest" || fields.at("verified") == "size"));
    CHECK(read_whole_file(remote) == bytes);

    const std::string back = desk.near / ("back-" + std::to_string(size));
    const Json down = structured(desk.download({{"remote_path", remote}, {"local_path", back}}));
    CHECK(down.at("sha256") == digest);
    CHECK(down.at("bytes") == size);
    CHECK(read_whole_file(back) == bytes);
  }
}

TEST_CASE("a file of 64 KiB is verified by the far side's digest, and verify chooses") {
  Desk desk;
  const std::string source = desk.near.write("source", random_bytes(70000));
  const auto verified = [&](const std::string &name, const Json &how) {
    Json arguments{{"local_path", source}, {"remote_path", desk.far / name}};
    if (!how.is_null()) {
      arguments["verify"] = how;
    }
    return structured(desk.upload(arguments)).at("verified");
  };
  CHECK(verified("a", nullptr) == "digest");
  CHECK(verified("b", "size") == "size");
  CHECK(verified("c", "digest") == "digest");
}

TEST_CASE("permissions are read as octal digits and hold from the start") {
  Desk desk;
  const std::string source = desk.near.write("source", "secret");
  CHECK(structured(
            desk.upload(
                {{"local_path", source}, {"remote_path", desk.far / "a"}, {"permissions", 640}}))
            .at("bytes") == 6);
  CHECK(mode_of(desk.far / "a") == 0640);
  desk.upload({{"local_path", source}, {"remote_path", desk.far / "b"}, {"permissions", 4755}});
  CHECK(mode_of(desk.far / "b") == 04755);
  const Json bad =
      desk.upload({{"local_path", source}, {"remote_path", desk.far / "c"}, {"permissions", 689}});
  CHECK(error_code(bad) == "bad_argument");
  CHECK_FALSE(path_exists(desk.far / "c"));
}

TEST_CASE("an existing file is replaced only when asked, and keeps its mode") {
  Desk desk;
  const std::string source = desk.near.write("source", "new");
  const std::string remote = desk.far.write("there", "old", 0604);
  const Json refused = desk.upload({{"local_path", source}, {"remote_path", remote}});
  CHECK(error_code(refused) == "already_exists");
  CHECK(read_whole_file(remote) == "old");
  const Json done = structured(
      desk.upload({{"local_path", source}, {"remote_path", remote}, {"overwrite", true}}));
  CHECK(done.at("overwritten") == true);
  CHECK(read_whole_file(remote) == "new");
  CHECK(mode_of(remote) == 0604);
  desk.upload(
      {{"local_path", source}, {"remote_path", remote}, {"overwrite", true}, {"permissions", 600}});
  CHECK(mode_of(remote) == 0600);
}

TEST_CASE("no temporary name is left in the target's folder") {
  Desk desk;
  const std::string source = desk.near.write("source", "new");
  desk.upload({{"local_path", source}, {"remote_path", desk.far / "only"}});
  desk.upload({{"local_path", source}, {"remote_path", desk.far / "only"}, {"overwrite", true}});
  desk.upload({{"local_path", source}, {"remote_path", desk.far / "only"}});
  CHECK(names_in(desk.far.path()) == std::vector<std::string>{"only"});
}

TEST_CASE("a symbolic link at the target is followed and the result names the real path") {
  Desk desk;
  const std::string source = desk.near.write("source", "through the link");
  const std::string real = desk.far.write("real", "old");
  const std::string link = desk.far / "link";
  std::filesystem::create_symlink(real, link);
  const Json done =
      structured(desk.upload({{"local_path", source}, {"remote_path", link}, {"overwrite", true}}));
  CHECK(done.at("remote_path") == real);
  CHECK(read_whole_file(real) == "through the link");
  CHECK(std::filesystem::is_symlink(link));
}

TEST_CASE("names with blanks, quotes, dots and a leading dash are only names") {
  Desk desk;
  const std::string source = desk.near.write("source", "x");
  for (const std::string name : {" blanks ", "it's; $(touch gone) `x`", "two..dots", "-rf",
                                 "umlaut-\xC3\xBC", "new\nline"}) {
    INFO(name);
    const Json done = desk.upload(
        {{"local_path", source}, {"remote_path", desk.far / name}, {"verify", "digest"}});
    CHECK(done.value("isError", false) == false);
    CHECK(path_exists(desk.far / name));
  }
}

TEST_CASE("a download makes missing local folders, an upload makes remote ones only when asked") {
  Desk desk;
  const std::string remote = desk.far.write("there", "bytes");
  CHECK(structured(desk.download({{"remote_path", remote}, {"local_path", desk.near / "a/b/c"}}))
            .at("bytes") == 5);
  CHECK(read_whole_file(desk.near / "a/b/c") == "bytes");
  const std::string deep = desk.far / "x/y/z";
  CHECK(error_code(desk.upload({{"local_path", remote}, {"remote_path", deep}})) == "not_found");
  CHECK(names_in(desk.far.path()).size() == 1);
  const Json made =
      desk.upload({{"local_path", remote}, {"remote_path", deep}, {"create_parents", true}});
  CHECK(made.value("isError", false) == false);
  CHECK(read_whole_file(deep) == "bytes");
}

TEST_CASE("MAX_FILE_SIZE 0 lifts the limit on transfers") {
  const Bench bench;
  const TemporaryFolder folder;
  auto server = start_server(bench.environment({{"MAX_FILE_SIZE", "0"}}));
  const std::string source = folder.write("source", "");
  std::filesystem::resize_file(source, 11U << 20U);
  const Json done = server.call_tool("ssh_upload_file",
                                     {{"local_path", source}, {"remote_path", folder / "target"}});
  CHECK(structured(done).at("bytes") == (11U << 20U));
}

TEST_CASE("transfers tell how far they are, for a caller who asked, and the audit how much moved") {
  Bench bench;
  const TemporaryFolder folder;
  const std::string state = folder / "state";
  auto server = start_server(bench.environment({{"MRE_STATE_DIR", state}}));
  constexpr std::size_t kBytes = 6U << 20U;
  const std::string source = folder.write("source", random_bytes(kBytes));
  const auto last_of = [&](const std::string &tool, const Json &arguments) {
    const int id = server.start_tool(tool, arguments, "token-9");
    REQUIRE(server.response(id).at("result").value("isError", false) == false);
    const auto told = server.take_notifications();
    REQUIRE_FALSE(told.empty());
    double before = -1;
    for (const Json &notification : told) {
      REQUIRE(notification.at("method") == "notifications/progress");
      const Json &params = notification.at("params");
      CHECK(params.at("progressToken") == "token-9");
      CHECK(params.at("total") == kBytes);
      CHECK(params.at("progress").get<double>() > before);
      before = params.at("progress").get<double>();
    }
    return before;
  };
  CHECK(last_of("ssh_upload_file", {{"local_path", source}, {"remote_path", folder / "up"}}) ==
        kBytes);
  CHECK(last_of("ssh_download_file", {{"remote_path", source}, {"local_path", folder / "down"}}) ==
        kBytes);
  server.close_input();
  REQUIRE(server.wait());
  std::size_t ends = 0;
  const std::string audit = folder.read("state/audit.jsonl");
  for (std::string_view rest = audit; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const auto record = parse_json(rest.substr(0, end));
    REQUIRE(record);
    if (record->at("phase") == "end") {
      ++ends;
      CHECK(record->at("bytes") == kBytes);
    }
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  CHECK(ends == 2);
}
