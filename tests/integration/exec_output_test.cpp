// More output than a result may hold: the cut, what is kept, and reading the rest.
#include "tests/integration/bench.hpp"

using namespace mre;
using namespace mre::testing;

namespace {

constexpr const char *kManyLines = "seq 1 200000"; // 1288895 bytes

Json many_lines(ServerProcess &server) {
  return server.call_tool("ssh_exec_command", {{"command", std::string(kManyLines) + "; exit 5"}});
}

Json read_output(ServerProcess &server, Json arguments) {
  return structured(server.call_tool("ssh_read_output", std::move(arguments)));
}

} // namespace

TEST_CASE("too much output keeps head and tail, the outcome and an id for the rest") {
  const Bench bench;
  auto server = start_server(bench.environment({{"CHARACTER_LIMIT", "2000"}}));
  const Json result = many_lines(server);
  const Json fields = structured(result);
  CHECK(fields.at("truncated") == true);
  CHECK(fields.at("exit_code") == 5);
  CHECK(fields.at("stdout_bytes") == 1288895);
  const auto out = fields.at("stdout").get<std::string>();
  CHECK(out.rfind("1\n2\n3\n", 0) == 0);
  CHECK(holds(out, "\n199999\n200000\n"));
  // The cut marker and the status lines come on top of the limit; 500 characters are ample for
  // them.
  CHECK(out.size() < 2500);
  CHECK(text_of(result).rfind("=== EXIT CODE: 5 ===", 0) == 0);
  CHECK(fields.at("output_id").is_string());
}

TEST_CASE("the rest is read by line, from the end, and by pattern") {
  const Bench bench;
  auto server = start_server(bench.environment({{"CHARACTER_LIMIT", "2000"}}));
  const Json id = structured(many_lines(server)).at("output_id");
  REQUIRE(id.is_string());
  SECTION("by line") {
    const Json part =
        read_output(server, {{"output_id", id}, {"offset_line", 100000}, {"lines", 3}});
    REQUIRE(part.at("lines").size() == 3);
    CHECK(part.at("lines")[0].at("number") == 100000);
    CHECK(part.at("lines")[0].at("text") == "100000");
    CHECK(part.at("lines")[2].at("text") == "100002");
    CHECK(part.at("next_line") == 100003);
    CHECK(part.at("eof") == false);
    CHECK(part.at("total_lines") == 200000);
    CHECK(part.at("total_bytes") == 1288895);
    CHECK(part.at("stream") == "stdout");
  }
  SECTION("from the beginning by default, 200 lines") {
    const Json part = read_output(server, {{"output_id", id}});
    CHECK(part.at("lines").size() == 200);
    CHECK(part.at("lines")[0].at("text") == "1");
  }
  SECTION("from the end") {
    const Json part = read_output(server, {{"output_id", id}, {"tail", 2}});
    REQUIRE(part.at("lines").size() == 2);
    CHECK(part.at("lines")[0].at("text") == "199999");
    CHECK(part.at("lines")[1].at("number") == 200000);
    CHECK(part.at("eof") == true);
  }
  SECTION("by pattern, with the numbers of the lines that match") {
    const Json part = read_output(server, {{"output_id", id}, {"pattern", "^1(5){4}$"}});
    REQUIRE(part.at("lines").size() == 1);
    CHECK(part.at("lines")[0].at("number") == 15555);
    CHECK(part.at("lines")[0].at("text") == "15555");
  }
  SECTION("a pattern that is none is a bad argument") {
    const Json result = server.call_tool("ssh_read_output", {{"output_id", id}, {"pattern", "(("}});
    CHECK(error_code(result) == "bad_argument");
  }
}

TEST_CASE("an output id that was never given is not found") {
  const Bench bench;
  auto server = start_server(bench.environment());
  const Json result = server.call_tool("ssh_read_output", {{"output_id", "no-such-output"}});
  CHECK(result.at("isError") == true);
  CHECK(error_code(result) == "not_found");
  CHECK(text_of(result).rfind("not_found", 0) == 0);
}

TEST_CASE("the spool keeps first and last half under its cap, and the gap says too_large") {
  const Bench bench;
  auto server =
      start_server(bench.environment({{"CHARACTER_LIMIT", "2000"}, {"MRE_SPOOL_LIMIT", "65536"}}));
  const Json id = structured(many_lines(server)).at("output_id");
  REQUIRE(id.is_string());
  const Json tail = read_output(server, {{"output_id", id}, {"tail", 1}});
  CHECK(tail.at("lines").at(0).at("number") == 200000);
  CHECK(tail.at("lines").at(0).at("text") == "200000");
  CHECK(tail.at("total_bytes") == 1288895);
  CHECK(tail.at("spooled_bytes").get<long>() <= 65536);
  const Json gap =
      server.call_tool("ssh_read_output", {{"output_id", id}, {"offset_line", 100000}});
  CHECK(error_code(gap) == "too_large");
}

TEST_CASE("output that fits is not cut at exactly the limit and is cut one character beyond") {
  const Bench bench;
  auto server = start_server(bench.environment({{"CHARACTER_LIMIT", "1000"}}));
  const auto put = [&](int characters) {
    return structured(server.call_tool(
        "ssh_exec_command",
        {{"command", "head -c " + std::to_string(characters) + " /dev/zero | tr '\\0' x"}}));
  };
  const Json fits = put(1000);
  CHECK(fits.at("truncated") == false);
  CHECK(fits.at("stdout") == std::string(1000, 'x'));
  CHECK(put(1001).at("truncated") == true);
}

TEST_CASE("300 MB of output do not grow the server") {
  const Bench bench;
  // The cap on the spool keeps the disk of a small machine out of the test.
  auto server = start_server(bench.environment({{"MRE_SPOOL_LIMIT", "1048576"}}));
  server.call_tool("ssh_exec_command", {{"command", "true"}});
  const long before = resident_kib(server.pid());
  const int id = server.start_tool(
      "ssh_exec_command",
      {{"command", "head -c 300000000 /dev/zero | tr '\\0' '\\n'"}, {"timeout", 120}});
  long peak = before;
  while (!server.has_response(id, std::chrono::milliseconds(20))) {
    peak = std::max(peak, resident_kib(server.pid()));
    REQUIRE(server.error_output().size() < 1000000);
  }
  const Json fields = structured(server.response(id).at("result"));
  CHECK(fields.at("stdout_bytes") == 300000000);
  // Section 8: peak memory at most idle + 8 MiB; a sanitizer's shadow memory is not ours.
  if (std::getenv("ASAN_OPTIONS") == nullptr && std::getenv("TSAN_OPTIONS") == nullptr) {
    CHECK(peak - before <= 8 * 1024);
  }
}
