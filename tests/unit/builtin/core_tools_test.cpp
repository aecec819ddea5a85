#include "core/builtin/core_tools.hpp"
#include "core/tools/snapshot.hpp"
#include "tests/unit/builtin/bench.hpp"

using namespace mre;
using namespace mre::test;
using ssh::Stream;

namespace {

std::string code_of(const FakeCall::Record &record) {
  return record.result->error ? std::string(to_word(record.result->error->code)) : "ok";
}

// Past the schema, as a handler reached in another way would be.
FakeCall::Record call_unchecked(Bench &bench, const Json &arguments) {
  const auto call = std::make_shared<FakeCall>();
  bench.tool("ssh_exec_command").handler->invoke(call, arguments);
  return call->wait();
}

} // namespace

TEST_CASE("the core declares three tools whose schemas compile, within the space they may take") {
  Bench bench;
  const auto snapshot =
      tools::Snapshot::create(1, {builtin::declare_core_tools(bench.dependencies())}, {}, {});
  REQUIRE(snapshot->tools().size() == 3);
  CHECK(snapshot->tools()[0].declaration->name == "ssh_exec_command");
  CHECK(snapshot->tools()[1].declaration->name == "ssh_read_output");
  CHECK(snapshot->tools()[2].declaration->name == "ssh_list_hosts");
  std::size_t whole = 0;
  std::size_t without_output = 0;
  for (const auto &tool : snapshot->tools()) {
    whole += tool.list_json.size();
    without_output += tool.declaration->name.size() + tool.declaration->description.size() +
                      tool.declaration->input_schema.size();
  }
  CAPTURE(whole, without_output);
  CHECK(without_output <= 8000 * 3 / 8); // their share of the bars for eight tools
  CHECK(whole <= 14000 * 3 / 8);
}

TEST_CASE("exec hands over what it was given") {
  Bench bench;
  bench.call("ssh_exec_command", {{"command", "ls -l"},
                                  {"timeout", 5},
                                  {"working_directory", "/srv"},
                                  {"environment", {{"A", "1"}, {"B", "two words"}}},
                                  {"stdin", std::string("a\0b", 3)}});
  const auto &request = bench.engine.take()->request;
  CHECK(request.host.address == "10.0.0.1");
  CHECK(request.command == "ls -l");
  CHECK(request.timeout == std::chrono::seconds(5));
  CHECK(request.working_directory == "/srv");
  CHECK(request.environment ==
        std::vector<std::pair<std::string, std::string>>{{"A", "1"}, {"B", "two words"}});
  CHECK(request.input == std::string("a\0b", 3));
}

TEST_CASE("without a timeout the configured default counts") {
  Bench bench;
  bench.settings.default_timeout = std::chrono::seconds(12);
  bench.call("ssh_exec_command", {{"command", "x"}});
  CHECK(bench.engine.take()->request.timeout == std::chrono::seconds(12));
}

TEST_CASE("bad arguments are told with their pointer and start nothing") {
  Bench bench;
  const std::string nul("a\0b", 3);
  for (const auto &[arguments, pointer] : std::vector<std::pair<Json, std::string>>{
           {{{"command", " \t\n"}}, "/command"},
           {{{"command", nul}}, "/command"},
           {{{"command", "x"}, {"working_directory", nul}}, "/working_directory"},
           {{{"command", "x"}, {"environment", {{"A", nul}}}}, "/environment/A"},
           {{{"command", "x"}, {"timeout", 0}}, "/timeout"},
           {{{"command", "x"}, {"timeout", 301}}, "/timeout"}}) {
    const auto record = call_unchecked(bench, arguments);
    CHECK(code_of(record) == "bad_argument");
    CHECK(record.result->error->message.rfind(pointer + ": ", 0) == 0);
  }
  CHECK(bench.engine.runs().empty());
}

TEST_CASE("the schema refuses what the surface refuses") {
  Bench bench;
  bench.settings.max_timeout = std::chrono::seconds(60);
  const auto schema = tools::JsonSchema::compile(bench.tool("ssh_exec_command").input_schema);
  REQUIRE(schema);
  for (const Json &bad :
       {Json::object(), Json{{"command", ""}}, Json{{"command", std::string(10001, 'x')}},
        Json{{"command", "x"}, {"timeout", 61}}, Json{{"command", "x"}, {"response_format", "xml"}},
        Json{{"command", "x"}, {"environment", {{"A B", "1"}}}},
        Json{{"command", "x"}, {"comand", "y"}}}) {
    CHECK(!(*schema)->validate(bad));
  }
  CHECK((*schema)->validate(Json{{"command", std::string(10000, 'x')}, {"timeout", 60}}));
}

TEST_CASE("the host is the named one, the default, the only one, or an error that lists them") {
  Bench bench;
  bench.add_host("web", "10.0.0.2");
  bench.call("ssh_exec_command", {{"command", "x"}, {"host", "web"}});
  CHECK(bench.engine.take(0)->request.host.address == "10.0.0.2");
  bench.call("ssh_exec_command", {{"command", "x"}});
  CHECK(bench.engine.take(1)->request.host.address == "10.0.0.1");
  CHECK(code_of(bench.call("ssh_exec_command", {{"command", "x"}, {"host", "wbe"}})) ==
        "not_found");
  bench.hosts.book.hosts.erase("default");
  bench.add_host("db", "10.0.0.3");
  const auto record = bench.call("ssh_exec_command", {{"command", "x"}});
  CHECK(code_of(record) == "bad_argument");
  CHECK(contains(record.result->error->hint, "db"));
}

TEST_CASE("long output is cut in the middle and its rest can be read") {
  Bench bench;
  std::string out;
  for (int i = 1; i <= 5000; ++i) {
    out += std::to_string(i) + "\n";
  }
  bench.print({{Stream::out, out}}, fake_end(ssh::Outcome::exited, 5));
  const Json fields = *bench.call("ssh_exec_command", {{"command", "seq"}}).result->structured;
  CHECK(fields.at("truncated") == true);
  CHECK(fields.at("stdout_bytes") == out.size());
  CHECK(fields.at("exit_code") == 5);
  REQUIRE(fields.at("output_id").is_string());

  const auto record =
      bench.call("ssh_read_output",
                 {{"output_id", fields.at("output_id")}, {"offset_line", 2500}, {"lines", 2}});
  const Json part = *record.result->structured;
  CHECK(part.at("lines") ==
        Json::parse(R"([{"number":2500,"text":"2500"},{"number":2501,"text":"2501"}])"));
  CHECK(part.at("next_line") == 2502);
  CHECK(part.at("total_lines") == 5000);
  CHECK(part.at("eof") == false);
  CHECK(text_of(*record.result) == "2500\t2500\n2501\t2501\n[2 of 5000 lines; next_line 2502]");

  const Json last =
      *bench.call("ssh_read_output", {{"output_id", fields.at("output_id")}, {"tail", 1}})
           .result->structured;
  CHECK(last.at("lines").at(0).at("text") == "5000");
  CHECK(last.at("next_line").is_null());
}

TEST_CASE("an unknown output id is not found") {
  Bench bench;
  CHECK(code_of(bench.call("ssh_read_output", {{"output_id", "x"}})) == "not_found");
}

TEST_CASE("hosts are listed without secrets, by tag, with the warning of a broken edit") {
  Bench bench;
  bench.add_host("web", "10.0.0.2");
  bench.hosts.book.hosts["web"].tags = {"prod", "shop"};
  bench.hosts.book.hosts["web"].description = "the shop";
  bench.hosts.book.warning = "hosts.json: line 3 is broken";
  bench.engine.connected = {"web"};
  const auto all = bench.call("ssh_list_hosts", Json::object());
  CHECK(all.result->structured->at("hosts").size() == 2);
  CHECK(all.result->structured->at("warning") == "hosts.json: line 3 is broken");
  CHECK(!contains(dump_json(*all.result->structured) + text_of(*all.result), "hunter2"));
  const auto tagged = bench.call("ssh_list_hosts", {{"tag", "prod"}});
  CHECK(
      dump_json(tagged.result->structured->at("hosts")) ==
      R"([{"connected":true,"description":"the shop","host":"10.0.0.2","name":"web","port":22,"tags":["prod","shop"],"user":"deploy"}])");
  CHECK(bench.call("ssh_list_hosts", {{"tag", "none"}}).result->structured->at("hosts").empty());
}
