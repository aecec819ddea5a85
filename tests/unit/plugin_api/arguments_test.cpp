#include "tests/support/catch.hpp"

#include <mre/plugin.hpp>

using mre::json;

namespace {

// The message of the Error that body throws, empty when it throws none.
template <class F>
std::string complaint_of(F &&body) {
  try {
    body();
  } catch (const mre::Error &error) {
    CHECK(error.status() == MRE_BAD_ARGUMENT);
    return error.what();
  }
  return "";
}

} // namespace

TEST_CASE("an argument that is absent or null reads as its fallback") {
  const json arguments = {{"name", "x"}, {"host", nullptr}, {"limit", nullptr}};
  CHECK(mre::text_of(arguments, "name") == "x");
  CHECK(mre::text_of(arguments, "host").empty());
  CHECK(mre::text_of(arguments, "mode", "create") == "create");
  CHECK(mre::count_of(arguments, "limit", 500) == 500);
  CHECK_FALSE(mre::flag_of(arguments, "overwrite"));
  CHECK(mre::is_given(arguments, "name"));
  CHECK_FALSE(mre::is_given(arguments, "host"));
  CHECK_FALSE(mre::is_given(arguments, "mode"));
}

TEST_CASE("permissions are the digits that chmod takes") {
  CHECK(mre::permissions_of({{"permissions", 4755}}) == std::uint32_t{04755});
  CHECK(mre::permissions_of({{"permissions", nullptr}}) == std::nullopt);
  CHECK(mre::octal_digits(0640) == 640);
  const std::string said = complaint_of([] { mre::permissions_of({{"permissions", 648}}); });
  CHECK(said == "/permissions: 648 has a digit that is not octal");
}

TEST_CASE("verify is auto unless it is said") {
  CHECK(mre::verify_of(json::object()) == MRE_VERIFY_AUTO);
  CHECK(mre::verify_of({{"verify", "digest"}}) == MRE_VERIFY_DIGEST);
  CHECK(mre::verify_of({{"verify", "size"}}) == MRE_VERIFY_SIZE);
}

TEST_CASE("a size is told in bytes and in megabytes") {
  CHECK(mre::size_text(10485760) == "10485760 bytes (10.0 MB)");
  CHECK(mre::size_text(10485760, 1000000) == "10485760 bytes (10.5 MB)");
}

TEST_CASE("the arguments of a command are those of ssh_exec_command") {
  const mre::ExecArguments exec = mre::exec_arguments({{"command", "make"},
                                                       {"host", "web"},
                                                       {"timeout", 5},
                                                       {"working_directory", "/src"},
                                                       {"environment", {{"A", "1"}, {"B", "2"}}},
                                                       {"stdin", "input"},
                                                       {"response_format", "json"}});
  CHECK(exec.command == "make");
  CHECK(exec.host == "web");
  CHECK(exec.timeout == std::chrono::seconds(5));
  CHECK(exec.working_directory == "/src");
  REQUIRE(exec.environment.size() == 2);
  CHECK(exec.environment[1].first == "B");
  CHECK(exec.environment[1].second == "2");
  CHECK(exec.input == "input");
  CHECK(exec.as_json);
}

TEST_CASE("a command that only has a name takes the defaults") {
  const mre::ExecArguments exec = mre::exec_arguments({{"command", "uptime"}});
  CHECK(exec.timeout == std::chrono::milliseconds(0));
  CHECK(exec.environment.empty());
  CHECK_FALSE(exec.as_json);
}

TEST_CASE("a blank command, and a NUL in what becomes a command line, are bad arguments") {
  const std::string nul(1, '\0');
  CHECK(complaint_of([] {
          mre::exec_arguments({{"command", " \t\n"}});
        }) == "/command: expected a command, got a blank string");
  CHECK(complaint_of([&] {
          mre::exec_arguments({{"command", "a" + nul}});
        }) == "/command: must not hold a NUL character");
  CHECK(complaint_of([&] {
          mre::exec_arguments({{"command", "a"}, {"working_directory", nul}});
        }) == "/working_directory: must not hold a NUL character");
  CHECK(complaint_of([&] {
          mre::exec_arguments({{"command", "a"}, {"environment", {{"A", nul}}}});
        }) == "/environment/A: must not hold a NUL character");
}

TEST_CASE("a transfer tells what moved, how it was verified, and what it replaced") {
  const mre::Transferred moved{5, "abc", true, 0640, true};
  CHECK(moved.summary() == "5 bytes, sha256 abc, verified by digest, replaced");
  const json result = moved.result({{"from", "/a"}}, mre::Stopwatch());
  CHECK(result.at("from") == "/a");
  CHECK(result.at("bytes") == 5);
  CHECK(result.at("verified") == "digest");
  CHECK(result.at("permissions") == 640);
  CHECK(result.at("overwritten") == true);
  CHECK(result.contains("duration_ms"));
  CHECK(result.contains("bytes_per_second"));
}
