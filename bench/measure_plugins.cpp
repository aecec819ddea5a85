// Plugins: what calling a tool of one costs over a tool of the core, and what loading them costs.
// In process, without a remote side.
#include "bench/measure.hpp"
#include "bench/statistics.hpp"
#include "core/base/file.hpp"
#include "core/guard/audit.hpp"
#include "core/guard/redactor.hpp"
#include "core/mcp/call_runner.hpp"
#include "core/plugin_host/loader.hpp"
#include "core/plugin_host/plugin_host.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/temporary_folder.hpp"

#include <filesystem>
#include <fstream>
#include <future>

namespace mre::bench {
namespace {

constexpr std::size_t kLargestPlugin = std::size_t{64} << 20U;
constexpr double kMicrosecondsPerMillisecond = 1000;

class NoHosts final : public config::HostSource {
public:
  config::HostBookPtr hosts() override { return std::make_shared<config::HostBook>(); }
};

// The tool of the fixture plugin, in the core.
class EchoHandler final : public tools::ToolHandler {
public:
  void invoke(const std::shared_ptr<tools::CallContext> &call, const Json &arguments) override {
    tools::ToolResult result;
    result.content.push_back({{"type", "text"}, {"text", dump_json(arguments)}});
    call->finish(std::move(result));
  }
  bool blocks() const override { return true; } // as every plugin's tool: on a handler's thread
};

struct World {
  World() { settings->state_dir = folder.path() + "/state"; }
  std::unique_ptr<plugin_host::PluginHost> load() {
    return plugin_host::PluginHost::load({.hosts = hosts,
                                          .engine = engine,
                                          .spool = spool,
                                          .redactor = redactor,
                                          .audit = audit,
                                          .clock = clock,
                                          .log = log},
                                         settings);
  }
  void add_copies(int count) {
    const auto bytes = read_file(std::string(MRE_FIXTURE_PLUGINS) + "/many.so", kLargestPlugin);
    if (!bytes) {
      throw std::runtime_error(bytes.error().message + ": build mre_fixture_plugins");
    }
    for (int i = 0; i < count; ++i) {
      config::PluginRequest request;
      request.name = "many" + std::to_string(i);
      request.path = folder.path() + "/" + request.name + ".so";
      std::ofstream(request.path, std::ios::binary) << *bytes;
      std::filesystem::permissions(request.path, std::filesystem::perms::owner_all);
      settings->plugins.push_back(request);
    }
  }

  testing::TemporaryFolder folder;
  std::shared_ptr<config::Settings> settings = std::make_shared<config::Settings>();
  NoHosts hosts;
  test::FakeEngine engine;
  guard::Redactor redactor;
  SystemClock clock;
  Log log{LogLevel::error};
  ssh::OutputSpool spool{folder.path() + "/state", std::uint64_t{1} << 20U, clock, log};
  guard::Audit audit{{config::AuditMode::off, ""}, redactor, clock, log};
};

double microseconds_per_call(mcp::CallRunner &runner, const std::string &tool, int count) {
  const Time begin = now();
  for (int i = 0; i < count; ++i) {
    std::promise<void> ended;
    mcp::CallRequest request;
    request.tool = tool;
    request.arguments = {{"n", i}};
    const auto running =
        runner.start(std::move(request), [&](const mcp::CallOutcome &) { ended.set_value(); });
    ended.get_future().wait();
  }
  return milliseconds_since(begin) * kMicrosecondsPerMillisecond / count;
}

void measure_call(Bench &bench, Row &row) {
  World world;
  world.add_copies(1);
  const auto host = world.load();
  tools::ToolDeclaration echo;
  echo.name = "core_echo";
  echo.description = "Says its arguments back.";
  echo.input_schema = R"({"type":"object"})";
  echo.handler = std::make_shared<EchoHandler>();
  tools::OwnerDeclaration core;
  core.owner = "core";
  core.tools.push_back(echo);
  auto owners = host->declarations();
  const std::string tool = owners.at(0).tools.at(0).name;
  owners.insert(owners.begin(), core);
  tools::Registry registry;
  registry.publish(tools::Snapshot::create(1, owners, {}, {}));
  mcp::CallRunner runner({registry, world.audit, world.redactor, world.clock, world.log});
  // In turns, so that both meet the same noise.
  constexpr int kTurns = 10;
  const int count = bench.count(100000, 1000) / kTurns;
  std::vector<double> in_core;
  std::vector<double> in_plugin;
  for (int turn = 0; turn < kTurns; ++turn) {
    in_core.push_back(microseconds_per_call(runner, "core_echo", count));
    in_plugin.push_back(microseconds_per_call(runner, tool, count));
  }
  row.floor = median(in_core);
  row.ours = median(in_plugin);
  row.holds = *row.ours - *row.floor <= 20;
  row.details = {{"calls", count * kTurns}, {"over_us", *row.ours - *row.floor}};
}

} // namespace

Rows measure_plugins(Bench &bench) {
  Row call{.name = "plugin-call",
           .what = "a plugin's tool beside the same in the core",
           .unit = "us",
           .bar = "<= 20 us more"};
  Row one{.name = "plugin-load", .what = "loading one plugin", .unit = "ms", .bar = "<= 1 ms"};
  Row many{.name = "plugin-load-100",
           .what = "a server's 100 plugins: load, create, declare",
           .unit = "ms",
           .bar = "<= 50 ms"};
  measure_into(call, [&](Row &row) { measure_call(bench, row); });
  measure_into(one, [&](Row &row) {
    World world;
    world.add_copies(bench.count(50, 5));
    std::vector<double> times;
    for (const auto &plugin : world.settings->plugins) {
      const Time begin = now();
      if (!plugin_host::load_file({plugin.path, {}})) {
        throw std::runtime_error("a copy of the fixture does not load");
      }
      times.push_back(milliseconds_since(begin));
    }
    row.ours = median(times);
    row.holds = *row.ours <= 1;
    row.details = {{"p90_ms", percentile(times, 90)}, {"plugins", times.size()}};
  });
  measure_into(many, [&](Row &row) {
    World world;
    world.add_copies(100);
    const Time begin = now();
    const auto host = world.load();
    row.ours = milliseconds_since(begin);
    if (host->declarations().size() != 100) {
      throw std::runtime_error("not all of the 100 plugins serve");
    }
    row.holds = *row.ours <= 50;
  });
  return {call, one, many};
}

} // namespace mre::bench
