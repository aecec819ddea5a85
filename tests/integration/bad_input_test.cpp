// Arguments no tool should accept: each is a bad_argument that says what was expected, and nothing
// runs.
#include "tests/integration/bench.hpp"

using namespace mre;
using namespace mre::testing;

namespace {

void check_refused(ServerProcess &server, const std::string &tool, const Json &arguments,
                   const std::string &pointer) {
  INFO(tool << " " << dump_json(arguments).substr(0, 200));
  const Json result = server.call_tool(tool, arguments);
  CHECK(result.value("isError", false) == true);
  CHECK(error_code(result) == "bad_argument");
  CHECK(holds(dump_json(result), pointer));
}

} // namespace

TEST_CASE("commands and limits outside their bounds are refused before anything connects") {
  const Bench bench;
  auto server = start_server(bench.environment());
  const std::string tool = "ssh_exec_command";
  check_refused(server, tool, {{"command", std::string(10001, 'x')}}, "/command");
  check_refused(server, tool, {{"command", ""}}, "/command");
  check_refused(server, tool, {{"command", " \t\n"}}, "/command");
  check_refused(server, tool, {{"command", 7}}, "/command");
  check_refused(server, tool, Json::object(), "command");
  check_refused(server, tool, {{"command", "true"}, {"timeout", 0}}, "/timeout");
  check_refused(server, tool, {{"command", "true"}, {"timeout", 100000}}, "/timeout");
  check_refused(server, tool, {{"command", "true"}, {"timeout", -1}}, "/timeout");
  check_refused(server, tool, {{"command", "true"}, {"timeout", "5"}}, "/timeout");
  check_refused(server, tool, {{"command", "true"}, {"timeout", 1.5}}, "/timeout");
  check_refused(server, tool, {{"command", "true"}, {"response_format", "xml"}},
                "/response_format");
  check_refused(server, tool, {{"command", "true"}, {"comand", "true"}}, "comand");
  check_refused(server, tool, {{"command", "true"}, {"environment", {{"NOT A NAME", "x"}}}},
                "/environment");
  check_refused(server, tool, {{"command", std::string("a\0b", 3)}}, "/command");
  CHECK_FALSE(holds(bench.sshd.log(), "Accepted"));
}

TEST_CASE("a command of exactly the greatest length runs") {
  const Bench bench;
  auto server = start_server(bench.environment());
  const std::string command = "echo ok #" + std::string(10000 - 9, 'x');
  REQUIRE(command.size() == 10000);
  CHECK(structured(server.call_tool("ssh_exec_command", {{"command", command}})).at("stdout") ==
        "ok\n");
}

TEST_CASE("MAX_TIMEOUT bounds what a call may ask for") {
  const Bench bench;
  auto server = start_server(bench.environment({{"TIMEOUT", "5"}, {"MAX_TIMEOUT", "10"}}));
  check_refused(server, "ssh_exec_command", {{"command", "true"}, {"timeout", 11}}, "/timeout");
  CHECK(structured(server.call_tool("ssh_exec_command", {{"command", "true"}, {"timeout", 10}}))
            .at("exit_code") == 0);
}

TEST_CASE("a host that is not configured is not found, and the nearest name is offered") {
  const Bench bench;
  auto server = start_server(bench.environment());
  const Json result =
      server.call_tool("ssh_exec_command", {{"command", "true"}, {"host", "defualt"}});
  CHECK(error_code(result) == "not_found");
  CHECK(holds(dump_json(result), "default"));
}

TEST_CASE("an unknown tool and arguments that are no object are errors of the protocol") {
  const Bench bench;
  auto server = start_server(bench.environment());
  const auto code_of = [&](const Json &params) {
    return server.request("tools/call", params).at("error").at("code");
  };
  CHECK(code_of({{"name", "no_such_tool"}, {"arguments", Json::object()}}) == -32602);
  CHECK(code_of({{"name", "ssh_exec_command"}, {"arguments", "true"}}) == -32602);
  CHECK(code_of({{"name", "ssh_exec_command"}, {"arguments", Json::array({"true"})}}) == -32602);
  CHECK(code_of({{"name", 5}}) == -32602);
}
