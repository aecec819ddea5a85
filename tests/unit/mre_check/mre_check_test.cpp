// mre-check from outside: each check against a plugin that fails it.
#include "core/base/json.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

namespace {

struct Run {
  int code = -1;
  std::string output;
};

Run run(const std::string &arguments) {
  Run run;
  FILE *pipe = ::popen((std::string(MRE_CHECK) + " " + arguments + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> chunk{};
  while (const std::size_t got = std::fread(chunk.data(), 1, chunk.size(), pipe)) {
    run.output.append(chunk.data(), got);
  }
  run.code = WEXITSTATUS(::pclose(pipe));
  return run;
}

std::string fixture(const std::string &name) {
  return std::string(MRE_FIXTURE_PLUGINS) + "/" + name + ".so";
}

struct Case {
  const char *check, *plugin, *says;
};

} // namespace

TEST_CASE("a plugin that keeps the rules passes every check but the slow ones") {
  const Run passed = run(fixture("fault_none"));
  INFO(passed.output);
  CHECK(passed.code == 0);
  CHECK(passed.output.find("fail  ") == std::string::npos);
  CHECK(passed.output.find("pass  4  side-by-side") != std::string::npos);
}

TEST_CASE("each check finds the plugin that fails it and says what is wrong") {
  const Case cases[] = {
      {"one-symbol", "fault_exports_more", "one_symbol_too_many"},
      {"stays-loaded", "fault_unloadable", "-z nodelete"},
      {"plain-needs", "fault_far_needs", "/opt/somewhere/lib"},
      {"loads", "undefined_symbol", "function_that_nobody_has"},
      {"descriptor", "wrong_abi", "has 16 bytes"},
      {"same-descriptor", "fault_two_descriptors", "another descriptor each time"},
      {"starts", "fault_no_start", "it does not start: never"},
      {"starts", "fault_wrong_thread", "registry.tool outside declare(), on another thread"},
      {"schemas", "broken_schema", "bad_tool"},
      {"names", "tiny_c", "additionalProperties"},
      {"again-and-again", "fault_leaks", "bytes are left"},
      {"two-hosts", "fault_one_host", "Segmentation fault"},
      {"stops-twice", "fault_stops_once", "Aborted"},
      {"unknown-settings", "fault_fixed_settings", "unknown setting"},
      {"absent-services", "fault_needs_log", "Segmentation fault"},
      {"answers-once", "answers_twice", "although it had ended"},
      {"failing-services", "fault_trusts_services", "Aborted"},
      {"cancelled", "fault_keeps_cancelled", "holds on to a call"},
      {"ends-clean", "fault_leaks_thread", "threads that calls started are left"},
      {"odd-arguments", "fault_empty_arguments", "Aborted"},
      {"keeps-nothing", "fault_keeps_arguments", "Aborted"},
      {"side-by-side", "fault_not_concurrent", "Aborted"},
      {"asks-alike", "fault_asks_anew", "asks something else"},
      {"odd-output", "fault_small_buffer", "Aborted"},
      {"fuzz", "fault_long_arguments", "Aborted"},
  };
  for (const Case &expected : cases) {
    const Run found =
        run("--json --only " + std::string(expected.check) + " " + fixture(expected.plugin));
    INFO(expected.check << " on " << expected.plugin << ": " << found.output);
    CHECK(found.code == 1);
    // The words of a crash, a sanitizer's too, stand before the line.
    const auto line = mre::parse_json(found.output.substr(found.output.find("{\"check\":")));
    REQUIRE(line);
    CHECK(line->at("check") == expected.check);
    CHECK(line->at("result") == "fail");
    // A sanitizer's runtime takes the signal and ends the process in words of its own.
    const std::string message = line->at("message");
    const bool is_crash = std::string(expected.says) == "Aborted" ||
                          std::string(expected.says) == "Segmentation fault";
    CHECK((message.find(expected.says) != std::string::npos ||
           (is_crash &&
            (MRE_IS_SANITIZED || message.find("ended the process") != std::string::npos))));
  }
}

TEST_CASE("every check that is listed has a plugin that fails it") {
  const Run listed = run("--list");
  CHECK(listed.code == 0);
  // 24 that can fail, and no-destructors, which warns.
  CHECK(std::count(listed.output.begin(), listed.output.end(), '\n') == 25);
}

TEST_CASE(
    "destructors that wait for an unloading are a warning, which names them and is no failure") {
  for (const auto &[plugin, says] : {std::pair{"fault_destructor", "tidy_up_late"},
                                     std::pair{"static_object", "static objects"}}) {
    const Run warned = run("--json --only no-destructors " + fixture(plugin));
    INFO(warned.output);
    CHECK(warned.code == 0);
    const auto line = mre::parse_json(warned.output);
    REQUIRE(line);
    CHECK(line->at("result") == "warn");
    CHECK(line->at("message").get<std::string>().find(says) != std::string::npos);
  }
  CHECK(run("--only no-destructors " + fixture("fault_destructor")).output.starts_with("warn  1"));
}

TEST_CASE("what every toolchain puts into a file is not the author's, in a stripped file neither") {
  const mre::testing::TemporaryFolder folder;
  for (const auto &[plugin, result] :
       {std::pair{"fault_none", "pass"}, std::pair{"fault_destructor", "warn"}}) {
    CHECK(run("--only no-destructors " + fixture(plugin)).output.starts_with(result));
    const std::string stripped = folder.path() + "/" + plugin + ".so";
    if (std::system(("strip -o " + stripped + " " + fixture(plugin)).c_str()) != 0) {
      WARN("SKIPPED: there is no strip here");
      return;
    }
    const Run found = run("--only no-destructors " + stripped);
    INFO(found.output);
    // A sanitizer's own entries cannot be told apart any more.
    CHECK((found.output.starts_with(result) || MRE_IS_SANITIZED));
  }
}

TEST_CASE("a crash on a thread that the plugin started is told apart") {
  const Run crashed = run("--only answers-once " + fixture("crashes_on_thread"));
  INFO(crashed.output);
  CHECK(crashed.code == 1);
  // A sanitizer's runtime takes the signal and ends the process in words of its own.
  CHECK((crashed.output.find("Segmentation fault, on a thread that the plugin started itself") !=
             std::string::npos ||
         MRE_IS_SANITIZED));
}

TEST_CASE("a plugin that writes to standard output is told so") {
  const Run printed = run("--only starts " + fixture("prints_stdout"));
  CHECK(printed.code == 1);
  CHECK(printed.output.find("noise from a constructor") != std::string::npos);
}

TEST_CASE("a plugin that hangs fails its check and the next one runs") {
  const Run hung = run("--only answers-once --patience 300 " + fixture("fault_hangs"));
  CHECK(hung.code == 1);
  CHECK(hung.output.find("did not end within 300 ms") != std::string::npos);
}

TEST_CASE("an exception out of a tool is a finding") {
  const Run thrown = run("--only answers-once " + fixture("throws"));
  CHECK(thrown.code == 1);
  CHECK(thrown.output.find("out of cheese") != std::string::npos);
}

TEST_CASE("a script of calls is a test") {
  const mre::testing::TemporaryFolder folder;
  const std::string script = folder.path() + "/calls.json";
  std::ofstream(script) << R"({"ssh": {"true": {"stdout": ""}},
                               "calls": [{"tool": "faulty_tool", "text": "done"}]})";
  CHECK(run("--only script --script " + script + " " + fixture("fault_none")).code == 0);
  std::ofstream(script) << R"({"calls": [{"tool": "faulty_tool", "text": "other"}]})";
  const Run wrong = run("--only script --script " + script + " " + fixture("fault_none"));
  CHECK(wrong.code == 1);
  CHECK(wrong.output.find("its text is 'done'") != std::string::npos);
}

TEST_CASE("a script lets time pass, lets other tools answer, and runs commands") {
  const mre::testing::TemporaryFolder folder;
  const std::string script = folder.path() + "/calls.json";
  const auto run_script = [&](const char *plugin, const char *text) {
    std::ofstream(script) << text;
    return run("--only script --script " + script + " " + fixture(plugin));
  };
  const Run background = run_script("background", R"({"calls": [
    {"tool": "tick", "arguments": {"ms": 60000}, "text": "ticked"},
    {"command": "sweep", "words": ["--dry-run"], "text": "would sweep"},
    {"command": "sweep", "words": ["--wet"], "error": "bad_argument"}]})");
  INFO(background.output);
  CHECK(background.code == 0);
  const Run chained = run_script("calls_tools", R"({
    "tools": {"df": {"content": [{"type": "text", "text": "full"}], "isError": false}},
    "calls": [{"tool": "call_tool", "arguments": {"tool": "df"},
               "structured": {"text": "full", "is_error": false}}]})");
  INFO(chained.output);
  CHECK(chained.code == 0);
}

TEST_CASE("a call of a script that does not end says why") {
  const mre::testing::TemporaryFolder folder;
  const std::string script = folder.path() + "/calls.json";
  std::ofstream(script) << R"({"calls": [{"tool": "faulty_tool"}]})";
  const Run asked = run("--only script --script " + script + " " + fixture("fault_asks_anew"));
  CHECK(asked.output.find("it asks 'key-0', and the script has no answer to that") !=
        std::string::npos);
}

TEST_CASE("a script that is wrong is told so, and the plugin is not blamed") {
  const mre::testing::TemporaryFolder folder;
  const std::string script = folder.path() + "/calls.json";
  const std::pair<const char *, const char *> cases[] = {
      {"{", "it is no JSON"},
      {"[]", "object"},
      {"{}", "calls"},
      {R"({"calls": []})", "/calls"},
      {R"({"calls": [7]})", "/calls/0"},
      {R"({"calls": [{"tool": 5}]})", "/calls/0/tool"},
      {R"({"calls": [{"toool": "faulty_tool"}]})", "toool"},
      {R"({"calls": [{"text": "done"}]})", "either a tool or a command"},
      {R"({"calls": [{"tool": "faulty_tool"}], "shh": {}})", "shh"},
      {R"({"calls": [{"tool": "nobodys"}]})", "declares no tool nobodys"},
      {R"({"calls": [{"command": "nobodys"}]})", "declares no command nobodys"}};
  for (const auto &[text, says] : cases) {
    std::ofstream(script) << text;
    const Run refused = run("--only script --script " + script + " " + fixture("fault_none"));
    INFO(text << ": " << refused.output);
    CHECK(refused.code == 1);
    CHECK(refused.output.find(says) != std::string::npos);
    CHECK(refused.output.find("exception") == std::string::npos);
  }
}

TEST_CASE("help is shown on request, and what it takes for wrong is said") {
  const Run help = run("--help");
  CHECK(help.code == 0);
  CHECK(help.output.find("--reproduce N") != std::string::npos);
  const Run missing = run("/nowhere/at_all.so");
  CHECK(missing.code == 2);
  CHECK(missing.output.find("/nowhere/at_all.so: No such file") != std::string::npos);
  CHECK(run("--only script " + fixture("tiny_c")).output.find("needs --script") !=
        std::string::npos);
}

TEST_CASE("a wrong command line is exit 2") {
  CHECK(run("").code == 2);
  CHECK(run("--level 9 x.so").code == 2);
  CHECK(run("--only nonsense " + fixture("tiny_c")).code == 2);
}
