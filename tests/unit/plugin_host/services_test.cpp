// The host's services seen from a plugin.
#include "tests/unit/plugin_host/world.hpp"

#include <mre/ext/ssh.h>

#include <thread>

namespace mre::plugin_host {
namespace {

using test::call_tool;
using test::contains;
using test::text_of;
using test::World;

test::FakeRun printing(std::string out, std::string err, ssh::ExecEnd end) {
  test::FakeRun run;
  run.output = {{ssh::Stream::out, std::move(out)}, {ssh::Stream::err, std::move(err)}};
  run.end = std::move(end);
  return run;
}

TEST_CASE("a command's output and end reach the plugin, and the audit knows of it") {
  World world;
  world.engine.script = [](const ssh::ExecRequest &) {
    return printing("hello", "oops", test::fake_end(ssh::Outcome::exited, 3));
  };
  const auto host = world.load({"tiny_cpp"});
  const auto record = call_tool(*host, "run", {{"command", "uname -a"}});
  REQUIRE(record.result);
  CHECK(*record.result->structured == Json{{"out", "hello"},
                                           {"err", "oops"},
                                           {"outcome", MRE_OUTCOME_EXITED},
                                           {"exit_code", 3},
                                           {"remote_process", MRE_PROCESS_GONE},
                                           {"complete", true}});
  CHECK(record.host == "default");
  CHECK(world.engine.runs().at(0)->request.command == "uname -a");
  CHECK(contains(world.audit_trail(), "uname -a"));
  CHECK(contains(world.audit_trail(), "test.tiny-cpp"));
}

TEST_CASE("words are quoted by the host") {
  World world;
  const auto host = world.load({"tiny_cpp"});
  call_tool(*host, "run", {{"argv", {"echo", "a b", "$(reboot)", ""}}});
  CHECK(world.engine.runs().at(0)->request.command == "echo 'a b' '$(reboot)' ''");
}

TEST_CASE("a request that says nothing to run is a bad argument") {
  World world;
  const auto host = world.load({"tiny_cpp"});
  CHECK(call_tool(*host, "run").result->error->code == Errc::bad_argument);
  CHECK(call_tool(*host, "run", {{"argv", {std::string("a\0b", 3)}}}).result->error->code ==
        Errc::bad_argument);
  CHECK(world.engine.runs().empty());
}

TEST_CASE("the error that kept a command from starting keeps its code") {
  World world;
  world.engine.script = [](const ssh::ExecRequest &) {
    test::FakeRun run;
    run.error = Error{Errc::host_key_changed, "the key changed", "look at it"};
    return run;
  };
  const auto host = world.load({"tiny_cpp"});
  const auto record = call_tool(*host, "run", {{"command", "x"}});
  CHECK(record.result->error->code == Errc::host_key_changed);
  CHECK(record.result->error->message == "the key changed");
  CHECK(record.result->error->hint == "look at it");
}

TEST_CASE("a cancelled call ends the command and the plugin sees the outcome") {
  World world;
  world.engine.hold = true;
  const auto host = world.load({"tiny_cpp"});
  const auto call = std::make_shared<test::FakeCall>();
  const auto tool = test::find_tool(*host, "run");
  std::thread worker([&] { tool->invoke(call, {{"command", "sleep 1000"}}); });
  const auto run = world.engine.take();
  REQUIRE(run != nullptr);
  call->cancel();
  worker.join();
  CHECK(run->is_cancelled());
  CHECK(call->wait().result->structured->at("outcome") == MRE_OUTCOME_CANCELLED);
}

TEST_CASE("output beyond what the plugin keeps is drained") {
  World world;
  world.engine.script = [](const ssh::ExecRequest &) {
    return printing(std::string(500000, 'x'), "", test::fake_end(ssh::Outcome::exited, 0));
  };
  const auto host = world.load({"tiny_cpp"});
  const auto record = call_tool(*host, "run", {{"command", "yes"}, {"max_bytes", 10}});
  CHECK(record.result->structured->at("out") == "xxxxxxxxxx");
  CHECK(record.result->structured->at("complete") == false);
}

TEST_CASE("exec_into gives the standard result with the plugin's members") {
  World world;
  world.engine.script = [](const ssh::ExecRequest &) {
    return printing("hi\n", "", test::fake_end(ssh::Outcome::exited, 0));
  };
  const auto host = world.load({"tiny_cpp"});
  const auto record = call_tool(*host, "run_into", {{"command", "x"}, {"stdin", "fed"}});
  REQUIRE(record.result);
  CHECK(!record.result->error);
  CHECK(record.result->structured->at("stdout") == "hi\n");
  CHECK(record.result->structured->at("exit_code") == 0);
  CHECK(record.result->structured->at("ctid") == 101);
  CHECK(contains(text_of(*record.result), "=== EXIT CODE: 0 ==="));
  CHECK(world.engine.runs().at(0)->request.input == "fed");
}

TEST_CASE("a settle function has the last word on the remote process") {
  World world;
  world.engine.script = [](const ssh::ExecRequest &) {
    return printing("so far\n", "oops\n", test::fake_end(ssh::Outcome::timed_out));
  };
  const auto host = world.load({"tiny_cpp"});
  const auto record = call_tool(*host, "run_into", {{"command", "x"}, {"settle", "running"}});
  CHECK(record.result->structured->at("remote_process") == "still_running");
  CHECK(record.result->structured->at("outcome") == "timed_out");
  CHECK(contains(record.result->structured->at("error").at("message").get<std::string>(),
                 "still running"));
  CHECK(record.result->structured->at("stdout") == "so far\n");
}

TEST_CASE("a settle function may turn a command that ended into a failure") {
  World world;
  world.engine.script = [](const ssh::ExecRequest &) {
    return printing("", "oops\n", test::fake_end(ssh::Outcome::exited, 255));
  };
  const auto host = world.load({"tiny_cpp"});
  const auto record = call_tool(*host, "run_into", {{"command", "x"}, {"settle", "refuse"}});
  REQUIRE(record.result->error);
  CHECK(record.result->error->code == Errc::conflict);
  CHECK(record.result->error->message == "it said: oops\n");
}

TEST_CASE("the store, the hosts, the settings and the neighbours are there") {
  World world;
  const auto host = world.load({"tiny_cpp", "tiny_c"});
  CHECK(*call_tool(*host, "store", {{"key", "a"}, {"value", "1"}}).result->structured ==
        Json{{"value", "1"}, {"swapped", true}, {"entries", 1}});
  CHECK(call_tool(*host, "store", {{"key", "a"}}).result->structured->at("value") == "swapped");
  CHECK(*call_tool(*host, "look_around").result->structured == Json{{"host", "default"},
                                                                    {"hosts", 1},
                                                                    {"character_limit", 25000},
                                                                    {"greeting", "hello"},
                                                                    {"missing", nullptr},
                                                                    {"other_is_active", true}});
  CHECK(world.said("what=looked"));
}

TEST_CASE("a neighbour that was refused is not active") {
  World world;
  const auto host = world.load({"tiny_cpp", "tiny_c"});
  host->refuse("test.tiny-c", "for the test");
  CHECK(call_tool(*host, "look_around").result->structured->at("other_is_active") == false);
}

} // namespace
} // namespace mre::plugin_host
