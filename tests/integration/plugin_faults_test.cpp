// The built daemon with plugins that misbehave: named in the log, and nobody else is harmed.
#include "tests/support/catch.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/server_process.hpp"

#include <csignal>

namespace {

using mre::Json;
using mre::testing::Environment;
using mre::testing::eventually;
using mre::testing::ServerProcess;

// No host is ever reached: these tools do not go there.
Environment with_plugins(const std::vector<std::string> &names) {
  std::string files;
  for (const std::string &name : names) {
    files += (files.empty() ? "" : ":") + std::string(MRE_FIXTURE_PLUGINS) + "/" + name + ".so";
  }
  return {{"I_ACCEPT_RISKS", "true"},
          {"HOST", "192.0.2.1"},
          {"SSH_PASSWORD", "not-used-here"},
          {"MRE_PLUGINS", files}};
}

bool says(const ServerProcess &server, const std::string &part) {
  return eventually([&] { return server.error_output().find(part) != std::string::npos; });
}

// Whether another plugin still answers.
bool others_go_on(ServerProcess &server) {
  const Json echoed = server.call_tool("c_echo", {{"a", 1}});
  return echoed.at("content").at(0).at("text") == R"({"a":1})";
}

} // namespace

TEST_CASE("a plugin that prints is named, and the protocol stays clean") {
  ServerProcess server({.environment = with_plugins({"prints_stdout", "tiny_c"})});
  server.initialize();
  CHECK(says(server, "event=plugin_misbehaving plugin=prints_stdout what=\"loading it wrote to "
                     "standard output"));
  const Json printed = server.call_tool("print_it", Json::object());
  CHECK(printed.at("isError") == false);
  CHECK(says(server, "'noise from a tool"));
  CHECK(others_go_on(server));
}

TEST_CASE("a plugin that changes the process is named, and SIGTERM still ends the server") {
  ServerProcess server({.environment = with_plugins({"ill_mannered", "tiny_c"})});
  server.initialize();
  CHECK(server.call_tool("be_rude", Json::object()).at("isError") == false);
  CHECK(says(server, "changed what happens at SIGTERM, SIGPIPE; it was put back"));
  CHECK(others_go_on(server));
  server.signal(SIGTERM);
  const auto end = server.wait();
  REQUIRE(end);
  CHECK(end->exit_code == 0);
}

TEST_CASE("a plugin that hangs is answered for, named, and keeps no other waiting") {
  Environment environment = with_plugins({"never_answers", "tiny_c"});
  environment["TIMEOUT"] = "1";
  environment["MAX_TIMEOUT"] = "1";
  ServerProcess server({.environment = environment});
  server.initialize();
  const int forgotten = server.start_tool("never_answer", {{"kind", 2}});
  CHECK(others_go_on(server));
  const Json answer = server.response(forgotten).at("result");
  CHECK(answer.at("isError") == true);
  CHECK(answer.at("structuredContent").at("error").at("code") == "timed_out");
  CHECK(says(server, "plugin=test.never-answers what=\"tool 'never_answer' gave no sign of life"));
}

TEST_CASE("the last line of the log names the plugin that ended the server") {
  struct Case {
    int kind;
    const char *says;
    bool is_signal;
  };
  // Under a sanitizer its own report stands in the place of ours for the signals it takes.
  for (const Case &each :
       {Case{1, "event=exited", false}, Case{2, "event=crashed signal=SIGSEGV", true},
        Case{3, "event=crashed signal=SIGABRT", true}}) {
    ServerProcess server({.environment = with_plugins({"ill_mannered"})});
    server.initialize();
    server.start_tool("be_rude", {{"kind", each.kind}});
    const auto end = server.wait();
    REQUIRE(end);
    const std::string said = server.error_output();
    INFO(said);
    const bool is_sanitized = said.find("Sanitizer") != std::string::npos;
    CHECK((is_sanitized ||
           said.find(std::string(each.says) + " plugin=test.ill-mannered in=\"the call "
                                              "of be_rude\"") != std::string::npos));
    CHECK((is_sanitized || each.is_signal || end->exit_code == 70));
  }
}

TEST_CASE("the last line of the log names the plugin whose own thread ended the server") {
  for (const int kind : {0, 1}) {
    ServerProcess server({.environment = with_plugins({"tiny_c", "crashes_on_thread"})});
    server.initialize();
    server.start_tool("crash_on_thread", {{"kind", kind}});
    REQUIRE(server.wait());
    const std::string said = server.error_output();
    INFO(said);
    // Under a sanitizer its own report stands in the place of ours.
    CHECK((said.find("Sanitizer") != std::string::npos ||
           said.find(std::string("event=crashed signal=") + (kind == 1 ? "SIGABRT" : "SIGSEGV") +
                     " plugin=test.crashes-on-thread in=\"a thread of its own\"") !=
               std::string::npos));
  }
}
