// ssh_exec_command: what comes back from commands that end by themselves.
#include "tests/integration/bench.hpp"

using namespace mre;
using namespace mre::testing;

namespace {

Json exec(ServerProcess &server, Json arguments) {
  return server.call_tool("ssh_exec_command", std::move(arguments));
}

} // namespace

TEST_CASE("a command's output, exit code and both streams come back in both forms") {
  const Bench bench;
  auto server = start_server(bench.environment());
  const Json result = exec(server, {{"command", "echo out; echo err >&2; exit 3"}});
  CHECK(result.value("isError", false) == false);
  const Json fields = structured(result);
  CHECK(fields.at("host") == "default");
  CHECK(fields.at("outcome") == "exited");
  CHECK(fields.at("exit_code") == 3);
  CHECK(fields.at("signal").is_null());
  CHECK(fields.at("stdout") == "out\n");
  CHECK(fields.at("stderr") == "err\n");
  CHECK(fields.at("stdout_bytes") == 4);
  CHECK(fields.at("stderr_bytes") == 4);
  CHECK(fields.at("truncated") == false);
  CHECK(fields.at("remote_process") == "gone");
  CHECK(fields.at("duration_ms").is_number());
  CHECK(fields.contains("output_id"));
  CHECK(fields.contains("stdout_encoding"));
  CHECK(fields.contains("stderr_encoding"));

  const std::string text = text_of(result);
  CHECK(text.rfind("=== EXIT CODE: 3 ===", 0) == 0);
  const auto out = text.find("=== STDOUT ===");
  const auto err = text.find("=== STDERR ===");
  REQUIRE(out != std::string::npos);
  REQUIRE(err != std::string::npos);
  CHECK(out < text.find("out\n", out));
  CHECK(out < err);
}

TEST_CASE("an empty stream has no section in the text form") {
  const Bench bench;
  auto server = start_server(bench.environment());
  const std::string text = text_of(exec(server, {{"command", "true"}}));
  CHECK(text.rfind("=== EXIT CODE: 0 ===", 0) == 0);
  CHECK_FALSE(holds(text, "=== STDERR ==="));
}

TEST_CASE("the json form is the structured result and nothing else") {
  const Bench bench;
  auto server = start_server(bench.environment());
  const Json result = exec(server, {{"command", "echo hi"}, {"response_format", "json"}});
  const auto parsed = parse_json(text_of(result));
  REQUIRE(parsed);
  CHECK(*parsed == structured(result));
  CHECK(result.at("content").size() == 1);
}

TEST_CASE("environment, working directory and input reach the command unharmed") {
  const Bench bench;
  auto server = start_server(bench.environment());
  const TemporaryFolder folder;
  const std::string odd_name = "a 'quoted' $name";
  const std::string odd_folder = folder.make_folder(odd_name);
  SECTION("environment values are data, not shell text") {
    const std::string value = "it's \"$HOME\" `id` \\ ; $(id)\nnext";
    const Json fields = structured(
        exec(server, {{"command", "printf %s \"$ODD\""}, {"environment", {{"ODD", value}}}}));
    CHECK(fields.at("stdout") == value);
  }
  SECTION("the working directory may have any name") {
    const Json fields =
        structured(exec(server, {{"command", "pwd -P"}, {"working_directory", odd_folder}}));
    CHECK(fields.at("stdout") == odd_folder + "\n");
  }
  SECTION("a working directory that is missing does not run the command elsewhere") {
    const std::string marker = folder / "ran";
    const Json result = exec(
        server, {{"command", "touch '" + marker + "'"}, {"working_directory", folder / "none"}});
    CHECK_FALSE(path_exists(marker));
    CHECK((result.value("isError", false) || structured(result).at("exit_code") != 0));
  }
  SECTION("input is sent and then ends") {
    const std::string input(300000, 'x');
    const Json fields = structured(exec(server, {{"command", "wc -c"}, {"stdin", input}}));
    CHECK(fields.at("stdout") == "300000\n");
  }
  SECTION("without input the command sees the end of it at once") {
    CHECK(structured(exec(server, {{"command", "cat; echo done"}, {"timeout", 5}})).at("stdout") ==
          "done\n");
  }
}

TEST_CASE("a command ended by a signal says which, without SIG") {
  const Bench bench;
  auto server = start_server(bench.environment());
  const Json result = exec(server, {{"command", "kill -KILL $$"}});
  const Json fields = structured(result);
  CHECK(fields.at("outcome") == "signalled");
  CHECK(fields.at("signal") == "KILL");
  CHECK(fields.at("exit_code").is_null());
  CHECK(fields.at("remote_process") == "gone");
  CHECK(result.at("isError") == true);
}

TEST_CASE("bytes that are no text come as base64 and say so") {
  const Bench bench;
  auto server = start_server(bench.environment());
  const Json fields =
      structured(exec(server, {{"command", R"(printf '\000\001\377'; printf 'plain' >&2)"}}));
  CHECK(fields.at("stdout_encoding") == "base64");
  CHECK(fields.at("stdout") == "AAH/");
  CHECK(fields.at("stdout_bytes") == 3);
  CHECK(fields.at("stderr_encoding") != "base64");
  CHECK(fields.at("stderr") == "plain");
}

TEST_CASE("a stray invalid byte becomes the replacement character") {
  const Bench bench;
  auto server = start_server(bench.environment());
  const Json fields = structured(
      exec(server, {{"command", R"(printf 'a long line of text with one bad byte \377 in it')"}}));
  CHECK(fields.at("stdout") == "a long line of text with one bad byte \xEF\xBF\xBD in it");
}

TEST_CASE("a child left in the background with the output open does not hold the call") {
  const Bench bench;
  auto server = start_server(bench.environment());
  const RemoteSleep guard;
  const std::string child = guard;
  const auto begin = std::chrono::steady_clock::now();
  const Json fields = structured(exec(server, {{"command", child + " & echo started"}}));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
  CHECK(fields.at("outcome") == "exited");
  CHECK(fields.at("exit_code") == 0);
  CHECK(fields.at("stdout") == "started\n");
  CHECK(fields.at("remote_process") == "still_running");
  CHECK(runs(child));
}

TEST_CASE("output arrives as progress while the command runs, for a caller who asked") {
  const Bench bench;
  auto server = start_server(bench.environment());
  const int id = server.start_tool(
      "ssh_exec_command", {{"command", "echo first; sleep 1; echo second; sleep 0.3"}}, "token-7");
  const auto progress = server.receive(std::chrono::seconds(10));
  REQUIRE(progress);
  CHECK_FALSE(server.has_response(id, std::chrono::milliseconds(0)));
  CHECK(progress->at("method") == "notifications/progress");
  CHECK(progress->at("params").at("progressToken") == "token-7");
  CHECK(progress->at("params").at("progress").is_number());
  const Json answer = server.response(id);
  CHECK(structured(answer.at("result")).at("stdout") == "first\nsecond\n");
  double last = progress->at("params").at("progress").get<double>();
  for (const auto &next : server.take_notifications()) {
    CHECK(next.at("params").at("progress").get<double>() > last);
    last = next.at("params").at("progress").get<double>();
  }
}
