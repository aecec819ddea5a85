// Everything a core tool needs, with a fake engine behind it.
#pragma once

#include "core/builtin/core_tools.hpp"
#include "core/tools/json_schema.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_call.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/hand_clock.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mre::test {

class FixedHosts final : public config::HostSource {
public:
  config::HostBook book;
  config::HostBookPtr hosts() override { return std::make_shared<const config::HostBook>(book); }
};

struct Bench {
  Bench() : spool(folder / "state", 1U << 20U, clock, log) {
    add_host("default", "10.0.0.1");
    settings.character_limit = 1000;
  }

  testing::TemporaryFolder folder;
  HandClock clock;
  Log log{LogLevel::error, [](std::string_view) {}};
  FakeEngine engine;
  guard::Redactor redactor;
  ssh::OutputSpool spool;
  FixedHosts hosts;
  config::Settings settings;

  void add_host(const std::string &name, const std::string &address) {
    config::HostConfig host;
    host.name = name;
    host.address = address;
    host.user = "deploy";
    host.password = "hunter2-hunter2";
    hosts.book.hosts[name] = host;
  }
  builtin::ExecServices services() { return {engine, spool, redactor}; }
  builtin::CoreToolsDependencies dependencies() {
    return {services(), hosts,
            [this] { return std::make_shared<const config::Settings>(settings); }};
  }
  tools::ToolDeclaration tool(const std::string &name) {
    for (auto &declaration : builtin::declare_core_tools(dependencies()).tools) {
      if (declaration.name == name) {
        return declaration;
      }
    }
    throw std::runtime_error("no tool " + name);
  }
  // Arguments that do not fit the schema are an error here: the dispatcher would not have let them
  // through.
  FakeCall::Record call(const std::string &name, const Json &arguments) {
    const auto declaration = tool(name);
    const auto input = tools::JsonSchema::compile(declaration.input_schema);
    REQUIRE(input);
    REQUIRE((*input)->validate(arguments));
    const auto fake = std::make_shared<FakeCall>(name);
    declaration.handler->invoke(fake, arguments);
    auto record = fake->wait();
    REQUIRE(record.endings == 1);
    REQUIRE(record.result);
    if (record.result->structured) {
      const auto output = tools::JsonSchema::compile(declaration.output_schema);
      REQUIRE(output);
      const auto outcome = (*output)->validate(*record.result->structured);
      INFO((outcome ? "" : outcome.error().message));
      REQUIRE(outcome);
    }
    return record;
  }
  void print(std::vector<std::pair<ssh::Stream, std::string>> output,
             ssh::ExecEnd end = fake_end(ssh::Outcome::exited, 0)) {
    engine.script = [output, end](const ssh::ExecRequest &) {
      return FakeRun{output, end, std::nullopt};
    };
  }
};

inline bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

} // namespace mre::test
