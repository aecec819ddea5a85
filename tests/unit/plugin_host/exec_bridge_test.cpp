#include "core/guard/limits.hpp"
#include "core/plugin_host/services/exec_bridge.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/fake_engine.hpp"

#include <cstring>
#include <thread>

namespace mre::plugin_host {
namespace {

// A receiver that takes nothing until it is told to go on.
struct SlowSink {
  mre_sink abi() {
    return {this, [](void *ctx, mre_str chunk) -> int32_t {
              auto &self = *static_cast<SlowSink *>(ctx);
              self.is_going.wait([](bool going) { return going; }, [](bool) {});
              self.received += chunk.size;
              return self.stops ? 1 : 0;
            }};
  }
  void go() {
    is_going.with([](bool &going) { going = true; });
    is_going.notify_all();
  }
  Guarded<bool> is_going{false};
  std::size_t received = 0;
  bool stops = false;
};

struct Running {
  explicit Running(ExecStreams streams) : bridge(std::make_shared<ExecBridge>(streams)) {
    engine.hold = true;
    thread = std::thread([this] { end.emplace(bridge->run(engine, {}, stop.get_token())); });
    run = engine.take();
  }
  Result<ssh::ExecEnd> wait() {
    thread.join();
    return *end;
  }
  test::FakeEngine engine;
  std::stop_source stop;
  std::shared_ptr<ExecBridge> bridge;
  std::thread thread;
  std::shared_ptr<test::FakeEngine::Run> run;
  std::optional<Result<ssh::ExecEnd>> end;
};

TEST_CASE("a slow sink leaves the far side waiting, and nothing is lost") {
  SlowSink sink;
  Running running({sink.abi(), {}, {}});
  REQUIRE(running.run != nullptr);
  const std::string piece(65536, 'x');
  std::size_t sent = 0;
  while (running.bridge->room() > 0) {
    running.bridge->on_output(ssh::Stream::out, piece);
    sent += piece.size();
    REQUIRE(sent <= limits::kPendingOutput + 2 * piece.size());
  }
  sink.go();
  CHECK(testing::eventually([&] { return running.bridge->room() == limits::kPendingOutput; }));
  running.run->finish(test::fake_end(ssh::Outcome::exited, 0));
  CHECK(running.wait()->exit_code == 0);
  CHECK(sink.received == sent);
}

TEST_CASE("a sink that stops ends the command") {
  SlowSink sink;
  sink.stops = true;
  sink.go();
  Running running({sink.abi(), {}, {}});
  REQUIRE(running.run != nullptr);
  running.bridge->on_output(ssh::Stream::out, "one");
  CHECK(running.wait()->outcome == ssh::Outcome::cancelled);
  CHECK(running.run->is_cancelled());
  CHECK(sink.received == 3);
}

TEST_CASE("output that is not wanted is dropped") {
  Running running({});
  REQUIRE(running.run != nullptr);
  running.bridge->on_output(ssh::Stream::err, "dropped");
  running.run->finish(test::fake_end(ssh::Outcome::exited, 0));
  CHECK(running.wait());
}

TEST_CASE("input is pulled as the far side takes it, and ends once") {
  struct Giver {
    std::size_t left = 300000;
  } giver;
  const mre_source source{&giver, [](void *ctx, char *buffer, size_t capacity) -> int64_t {
                            auto &self = *static_cast<Giver *>(ctx);
                            const std::size_t count = std::min(capacity, self.left);
                            std::memset(buffer, 'i', count);
                            self.left -= count;
                            return static_cast<int64_t>(count);
                          }};
  Running running({{}, {}, source});
  REQUIRE(running.run != nullptr);
  const auto &input = running.run->request.input_source;
  REQUIRE(input != nullptr);
  std::string taken;
  ssh::InputSource::State state = ssh::InputSource::State::later;
  CHECK(testing::eventually([&] {
    do {
      state = input->read(taken, 10000);
    } while (state == ssh::InputSource::State::data);
    return state == ssh::InputSource::State::end;
  }));
  CHECK(taken == std::string(300000, 'i'));
  running.run->finish(test::fake_end(ssh::Outcome::exited, 0));
  CHECK(running.wait());
}

TEST_CASE("a source that fails ends the command") {
  const mre_source source{nullptr, [](void *, char *, size_t) -> int64_t { return -1; }};
  Running running({{}, {}, source});
  CHECK(running.wait()->outcome == ssh::Outcome::cancelled);
}

} // namespace
} // namespace mre::plugin_host
