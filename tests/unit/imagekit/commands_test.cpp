#include "commands.hpp"
#include "crypto.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace imagekit;
using namespace mre::testing;

namespace {

std::size_t count_of(const std::string &text, const std::string &part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

// What curl would get, one argument per line, with a stand-in that prints them.
std::string arguments_of(const std::string &command) {
  const TemporaryFolder folder;
  folder.write("curl", "#!/bin/sh\nfor a; do printf '%s\\n' \"$a\"; done\n", 0755);
  return run_program({.command = {"sh", "-c", command},
                      .environment = Environment{{"PATH", folder.path() + ":/usr/bin:/bin"}},
                      .output = Connect::pipe})
      .output;
}

} // namespace

TEST_CASE("an upload command holds the placeholder once and keeps every value whole") {
  const UploadForm form{"https://u.example/up?x=1&y='",
                        "mre-1-a.bin",
                        {{"fileName", "mre-1-a.bin"},
                         {"checks", "\"file.size\" <= \"25mb\""},
                         {"odd", "$(touch gone) `x` 'q' \\ ; @y"}}};
  const std::string command = render_upload(form);
  CHECK(count_of(command, kLocalFilePath) == 1);
  const std::string arguments = arguments_of(command);
  CHECK(count_of(
            arguments,
            "\nfile=@\"LOCAL_FILE_PATH\";filename=mre-1-a.bin;type=application/octet-stream\n") ==
        1);
  CHECK(count_of(arguments, "\nchecks=\"file.size\" <= \"25mb\"\n") == 1);
  CHECK(count_of(arguments, "\nodd=$(touch gone) `x` 'q' \\ ; @y\n") == 1);
  CHECK(count_of(arguments, "\nhttps://u.example/up?x=1&y='\n") == 1);
}

TEST_CASE("a download command holds the placeholder once, however many parts there are") {
  CHECK(count_of(render_download({"https://d/1"}, sha256_hex("")), kLocalFilePath) == 1);
  CHECK(count_of(render_download({"https://d/1", "https://d/2", "https://d/3"}, sha256_hex("")),
                 kLocalFilePath) == 1);
}

namespace {

// curl as far as the command uses it: writes the url's last character to the file behind -o.
struct DownloadBench {
  TemporaryFolder folder;
  DownloadBench() {
    folder.write(
        "curl",
        "#!/bin/sh\nwhile [ $# -gt 0 ]; do case $1 in -o) o=$2; shift;; https:*) u=$1;; "
        "esac; shift; done\ncase $u in *x) exit 22;; esac\nprintf %s \"${u##*/}\" >\"$o\"\n",
        0755);
  }
  ProgramResult run(const std::vector<std::string> &urls, const std::string &sha256,
                    const std::string &target) const {
    std::string command = render_download(urls, sha256);
    command.replace(command.find(kLocalFilePath), std::string(kLocalFilePath).size(), target);
    return run_program({.command = {"sh", "-c", command},
                        .environment = Environment{{"PATH", folder.path() + ":/usr/bin:/bin"}},
                        .output = Connect::pipe,
                        .error = Connect::pipe});
  }
};

} // namespace

TEST_CASE("parts are joined in order, checked, and named only then") {
  const DownloadBench bench;
  const TemporaryFolder out;
  const std::string target = out / "name with blanks; $x";
  const std::vector<std::string> urls{"https://d/a", "https://d/b", "https://d/c"};
  const auto good = bench.run(urls, sha256_hex("abc"), target);
  CHECK(good.exit_code() == 0);
  CHECK(read_whole_file(target) == "abc");
  CHECK_FALSE(path_exists(target + ".part"));
  CHECK_FALSE(path_exists(target + ".part.1"));
}

TEST_CASE("wrong bytes and a part that fails leave nothing, and the exit says so") {
  const DownloadBench bench;
  const TemporaryFolder out;
  const std::string target = out / "file";
  const auto wrong = bench.run({"https://d/a"}, sha256_hex("b"), target);
  CHECK(wrong.exit_code() == 1);
  CHECK(wrong.error.find("SHA-256") != std::string::npos);
  const auto broken = bench.run({"https://d/a", "https://d/x"}, sha256_hex("ax"), target);
  CHECK(broken.exit_code() == 1);
  for (const char *end : {"", ".part", ".part.1"}) {
    CHECK_FALSE(path_exists(target + end));
  }
  out.write("file", "kept");
  CHECK(bench.run({"https://d/a"}, sha256_hex("b"), target).exit_code() == 1);
  CHECK(read_whole_file(target) == "kept");
}
