// Secrets and the audit: what must never leave, and what must always be written.
#include "core/base/encoding.hpp"
#include "tests/integration/bench.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <sstream>

using namespace mre;
using namespace mre::testing;

namespace {

constexpr const char *kSecret = "Tr0ub4dor-and-3";

std::vector<Json> audit_lines(const std::string &state_folder) {
  std::vector<Json> lines;
  std::istringstream text(read_whole_file(state_folder + "/audit.jsonl"));
  for (std::string line; std::getline(text, line);) {
    lines.push_back(parse_json(line).value());
  }
  return lines;
}

std::string everything_below(const std::string &folder) {
  std::string all;
  for (const auto &entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      all += read_whole_file(entry.path().string());
    }
  }
  return all;
}

} // namespace

TEST_CASE("a configured secret never comes back, in any of its spellings") {
  const Bench bench;
  const TemporaryFolder folder;
  const std::string file = folder.write("holds-it", kSecret);
  const std::string state = folder / "state";
  auto server = start_server(bench.environment({{"SSH_PASSWORD", kSecret},
                                                {"MRE_STATE_DIR", state},
                                                {"MRE_LOG", "trace"},
                                                {"CHARACTER_LIMIT", "1000"}}));
  std::string all;
  for (const std::string &command :
       std::vector<std::string>{"cat " + file, "cat " + file + " >&2", "base64 " + file,
                                "od -An -v -tx1 " + file + " | tr -d ' \\n'",
                                "head -c 5 " + file + "; sleep 0.3; tail -c +6 " + file,
                                "seq 1 5000; cat " + file + "; seq 1 5000"}) {
    const Json result = server.call_tool("ssh_exec_command", {{"command", command}});
    CHECK(structured(result).at("exit_code") == 0);
    all += dump_json(result);
    if (const Json id = structured(result).at("output_id"); id.is_string()) {
      all += dump_json(
          server.call_tool("ssh_read_output", {{"output_id", id}, {"offset_line", 4900}}));
    }
  }
  all += dump_json(server.call_tool("ssh_read_file", {{"path", file}}));
  all += dump_json(
      server.call_tool("ssh_exec_command", {{"command", "echo " + std::string(kSecret)}}));
  // What the protocol repeats of a request.
  all += dump_json(server.response(server.start_request(kSecret)));
  all += dump_json(server.response(server.start_request("prompts/get", {{"name", kSecret}})));
  all += dump_json(server.response(server.start_request("tools/call", {{"name", kSecret}})));
  server.close_input();
  REQUIRE(server.wait());
  all += server.error_output() + everything_below(state);
  CHECK_FALSE(holds(all, kSecret));
  CHECK_FALSE(holds(all, base64_encode(kSecret)));
  CHECK_FALSE(holds(all, hex_encode(kSecret)));
}

TEST_CASE("bytes moved into files are not touched by redaction") {
  const Bench bench;
  const TemporaryFolder folder;
  auto server = start_server(bench.environment({{"SSH_PASSWORD", kSecret}}));
  const std::string source = folder.write("source", kSecret);
  server.call_tool("ssh_upload_file", {{"local_path", source}, {"remote_path", folder / "up"}});
  server.call_tool("ssh_download_file", {{"remote_path", source}, {"local_path", folder / "down"}});
  CHECK(folder.read("up") == kSecret);
  CHECK(folder.read("down") == kSecret);
}

TEST_CASE("every call leaves a record before and one after, in a private file") {
  const Bench bench;
  const TemporaryFolder folder;
  const std::string state = folder / "state";
  auto server = start_server(bench.environment({{"MRE_STATE_DIR", state}}));
  server.call_tool("ssh_exec_command", {{"command", "exit 3"}});
  server.call_tool("ssh_exec_command", {{"command", "true"}, {"timeout", 0}});
  server.close_input();
  REQUIRE(server.wait());
  struct stat about {};
  REQUIRE(::stat(state.c_str(), &about) == 0);
  CHECK((about.st_mode & 0777U) == 0700);
  REQUIRE(::stat((state + "/audit.jsonl").c_str(), &about) == 0);
  CHECK((about.st_mode & 0777U) == 0600);

  const auto lines = audit_lines(state);
  std::vector<Json> begins;
  std::vector<Json> ends;
  for (const Json &line : lines) {
    for (const char *member : {"v", "time", "pid", "seq", "call", "phase"}) {
      CHECK(line.contains(member));
    }
    (line.at("phase") == "begin" ? begins : ends).push_back(line);
  }
  REQUIRE(begins.size() >= 1);
  CHECK(begins[0].at("tool") == "ssh_exec_command");
  CHECK(begins[0].at("owner") == "core");
  CHECK(begins[0].at("arguments").at("command") == "exit 3");
  bool found = false;
  for (const Json &line : lines) {
    if (line.at("phase") == "end" && line.at("call") == begins[0].at("call")) {
      found = true;
      CHECK(line.at("outcome") == "exited");
      CHECK(line.at("exit_code") == 3);
      CHECK(line.at("seq").get<long>() > begins[0].at("seq").get<long>());
    }
  }
  CHECK(found);
}

TEST_CASE("with MRE_AUDIT=required nothing runs that cannot be written down") {
  const Bench bench;
  const TemporaryFolder folder;
  const std::string marker = folder / "ran";
  const std::string state = folder.make_folder("state");
  folder.make_folder("state/audit.jsonl"); // a folder where the file should be
  const Json arguments{{"command", "touch " + marker}};
  SECTION("required") {
    auto server =
        start_server(bench.environment({{"MRE_STATE_DIR", state}, {"MRE_AUDIT", "required"}}));
    const Json result = server.call_tool("ssh_exec_command", arguments);
    CHECK(result.value("isError", false) == true);
    CHECK_FALSE(path_exists(marker));
  }
  SECTION("on: a warning") {
    auto server = start_server(bench.environment({{"MRE_STATE_DIR", state}}));
    server.call_tool("ssh_exec_command", arguments);
    CHECK(path_exists(marker));
    CHECK(holds(server.error_output(), "audit"));
  }
}

TEST_CASE("stdout carries nothing but protocol at every log level") {
  const Bench bench;
  auto server = start_server(bench.environment({{"MRE_LOG", "trace"}}));
  // ServerProcess throws on any line of stdout that is not JSON.
  CHECK(structured(server.call_tool("ssh_exec_command", {{"command", "true"}})).at("exit_code") ==
        0);
  CHECK(server.take_notifications().empty());
  CHECK_FALSE(server.error_output().empty());
}
