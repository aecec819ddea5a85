// The sftp plugin's own rules, on a host in memory: what it makes of arguments and of what the
// files service says.
#include "tests/support/catch.hpp"

#include <mre/testing/fake_host.hpp>

#include <dlfcn.h>

#include <memory>

namespace {

using mre::json;
using mre::testing::FakeHost;
using mre::testing::FakePlugin;
using mre::testing::Result;

const mre_plugin *entry() {
  void *const object = ::dlopen(MRE_SFTP_PLUGIN, RTLD_NOW | RTLD_LOCAL);
  REQUIRE(object != nullptr);
  return reinterpret_cast<const mre_plugin *(*)()>(::dlsym(object, "mre_plugin_v1"))();
}

struct Bench {
  FakeHost host;
  std::unique_ptr<FakePlugin> plugin;

  Bench() { plugin = std::make_unique<FakePlugin>(host, entry()); }
  ~Bench() {
    plugin.reset();
    for (const auto &what : host.misbehaviour()) {
      FAIL_CHECK(what);
    }
  }
  Result call(const std::string &tool, const json &arguments) {
    return plugin->call(tool, arguments);
  }
  std::string remote(const std::string &path) const {
    const auto file = host.remote_file(path);
    return file ? file->bytes : "(no file)";
  }
};

} // namespace

TEST_CASE("an upload brings the bytes and tells what it did") {
  Bench bench;
  bench.host.local_file("/here/a.txt", "hello");
  const Result done = bench.call("ssh_upload_file",
                                 {{"local_path", "/here/a.txt"}, {"remote_path", "/there/a.txt"}});
  REQUIRE(done.ok());
  CHECK(bench.remote("/there/a.txt") == "hello");
  CHECK(done.structured.at("host") == "default");
  CHECK(done.structured.at("bytes") == 5);
  CHECK(done.structured.at("overwritten") == false);
  CHECK(done.structured.at("verified") == "size");
}

TEST_CASE("an upload leaves an existing file alone unless it may overwrite it") {
  Bench bench;
  bench.host.local_file("/here/a", "new");
  bench.host.remote_file("/there/a", "old");
  json arguments = {{"local_path", "/here/a"}, {"remote_path", "/there/a"}};
  CHECK(bench.call("ssh_upload_file", arguments).status == MRE_ALREADY_EXISTS);
  CHECK(bench.remote("/there/a") == "old");
  arguments["overwrite"] = true;
  const Result done = bench.call("ssh_upload_file", arguments);
  CHECK(done.structured.at("overwritten") == true);
  CHECK(bench.remote("/there/a") == "new");
}

TEST_CASE("permissions are read as octal digits") {
  Bench bench;
  bench.host.local_file("/here/a", "x");
  bench.call("ssh_upload_file",
             {{"local_path", "/here/a"}, {"remote_path", "/there/a"}, {"permissions", 4750}});
  CHECK(bench.host.remote_file("/there/a")->permissions == 04750);
  CHECK(bench
            .call("ssh_upload_file",
                  {{"local_path", "/here/a"}, {"remote_path", "/there/b"}, {"permissions", 648}})
            .status == MRE_BAD_ARGUMENT);
  CHECK(bench.remote("/there/b") == "(no file)");
}

TEST_CASE("a download brings the bytes and does not overwrite by itself") {
  Bench bench;
  bench.host.remote_file("/there/a", "bytes");
  const json arguments = {{"remote_path", "/there/a"}, {"local_path", "/here/a"}};
  REQUIRE(bench.call("ssh_download_file", arguments).ok());
  CHECK(bench.host.local_file("/here/a")->bytes == "bytes");
  CHECK(bench.call("ssh_download_file", arguments).status == MRE_ALREADY_EXISTS);
  CHECK(bench.call("ssh_download_file", {{"remote_path", "/nowhere"}, {"local_path", "/here/b"}})
            .status == MRE_NOT_FOUND);
  CHECK_FALSE(bench.host.local_file("/here/b"));
}

TEST_CASE("a file is read in parts, and what is no text comes as base64") {
  Bench bench;
  bench.host.remote_file("/a", "0123456789");
  const Result part =
      bench.call("ssh_read_file", {{"path", "/a"}, {"offset", 2}, {"max_bytes", 3}});
  CHECK(part.structured.at("content") == "234");
  CHECK(part.structured.at("eof") == false);
  CHECK(part.structured.at("size") == 10);
  CHECK(bench.call("ssh_read_file", {{"path", "/a"}}).structured.at("eof") == true);
  bench.host.remote_file("/b", std::string("\0\xFF\x01", 3));
  const Result bytes = bench.call("ssh_read_file", {{"path", "/b"}});
  CHECK(bytes.structured.at("encoding") == "base64");
  CHECK(bytes.structured.at("content") == "AP8B");
  CHECK(bench.call("ssh_read_file", {{"path", "/a"}, {"max_bytes", 1000000}}).status ==
        MRE_BAD_ARGUMENT);
}

TEST_CASE("a character is never cut in two between parts") {
  Bench bench;
  bench.host.remote_file("/a", "ab\xC3\xA9");
  const Result part = bench.call("ssh_read_file", {{"path", "/a"}, {"max_bytes", 3}});
  CHECK(part.structured.at("content") == "ab");
  CHECK(part.structured.at("eof") == false);
}

TEST_CASE("a file is written in three ways") {
  Bench bench;
  CHECK(bench.call("ssh_write_file", {{"path", "/a"}, {"content", "one"}}).ok());
  CHECK(bench.call("ssh_write_file", {{"path", "/a"}, {"content", "two"}}).status ==
        MRE_ALREADY_EXISTS);
  CHECK(bench.call("ssh_write_file", {{"path", "/a"}, {"content", "+"}, {"mode", "append"}}).ok());
  CHECK(bench.remote("/a") == "one+");
  CHECK(bench.call("ssh_write_file", {{"path", "/a"}, {"content", "new"}, {"mode", "overwrite"}})
            .ok());
  CHECK(bench.remote("/a") == "new");
}

TEST_CASE("a folder is listed folders first, then by name, in pages") {
  Bench bench;
  bench.host.remote_file("/d/b", "1");
  bench.host.remote_file("/d/a", "22");
  bench.host.remote_file("/d/.hidden", "");
  bench.host.state().remote_files["default:/d/z"] = {"", 0755, true};
  const Result listed = bench.call("ssh_list_directory", {{"path", "/d"}});
  REQUIRE(listed.ok());
  const json &entries = listed.structured.at("entries");
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].at("name") == "z");
  CHECK(entries[0].at("type") == "directory");
  CHECK(entries[1].at("name") == "a");
  CHECK(entries[1].at("size") == 2);
  const Result page =
      bench.call("ssh_list_directory", {{"path", "/d"}, {"offset", 1}, {"limit", 1}});
  CHECK(page.structured.at("entries").size() == 1);
  CHECK(page.structured.at("next_offset") == 2);
  CHECK(bench.call("ssh_list_directory", {{"path", "/d"}, {"show_hidden", true}})
            .structured.at("total") == 4);
}

TEST_CASE("a host that is not configured is not guessed") {
  Bench bench;
  CHECK(bench.call("ssh_read_file", {{"path", "/a"}, {"host", "nowhere"}}).status == MRE_NOT_FOUND);
}
