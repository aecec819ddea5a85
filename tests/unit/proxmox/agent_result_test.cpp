#include "plugins/proxmox/agent_result.hpp"
#include "plugins/proxmox/parse.hpp"
#include "tests/support/catch.hpp"

namespace proxmox {
namespace {

TEST_CASE("an end has an exit code or a signal, and the streams that were not empty") {
  const auto exited = parse_agent_result(
      "{\n   \"exitcode\" : 4,\n   \"exited\" : 1,\n   \"out-data\" : \"hi\\n\"\n}\n");
  CHECK(exited.exit_code == 4);
  CHECK(exited.out == "hi\n");
  CHECK(exited.err.empty());
  CHECK_FALSE(exited.pid);
  const auto killed =
      parse_agent_result(R"({"signal":9,"exited":true,"err-data":"x","err-truncated":1})");
  CHECK(killed.signal == "KILL");
  CHECK(killed.is_cut);
}

TEST_CASE("a process that goes on has its number") {
  CHECK(parse_agent_result("{\n   \"pid\" : 77\n}\n").pid == 77);
  CHECK(parse_agent_result(R"({"pid":77,"exited":0})").pid == 77);
  CHECK(parse_agent_result(R"({"pid":"77"})").pid == 77);
}

TEST_CASE("numbers may come as text, and signals have names where they have one") {
  CHECK(parse_agent_result(R"({"exited":"1","exitcode":"0"})").exit_code == 0);
  CHECK(parse_agent_result(R"({"exited":1,"signal":"15"})").signal == "TERM");
  CHECK(parse_agent_result(R"({"exited":1,"signal":40})").signal == "40");
}

TEST_CASE("anything else is an error, not a success") {
  for (const char *text : {"", "[]", "{}", "null", "{\"exited\":1}", "{\"pid\":\"x\"}",
                           "timeout reached", "{\"exited\":1,\"exitcode\":\"zero\"}"}) {
    CHECK_THROWS_AS(parse_agent_result(text), mre::Error);
  }
}

} // namespace
} // namespace proxmox
