#include "core/guard/limits.hpp"
#include "core/mcp/task_store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/hand_clock.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

using namespace mre;
using namespace mre::mcp;
using namespace std::chrono_literals;
using mre::test::HandClock;

namespace {

class FakeWork final : public TaskWork {
public:
  void resume(std::map<std::string, Json> given) override { answers = std::move(given); }
  void end_with(Error error) override { ended_with = std::move(error); }
  void cancel() override { ++cancels; }

  std::map<std::string, Json> answers;
  std::optional<Error> ended_with;
  int cancels = 0;
};

struct Fixture {
  HandClock clock;
  std::vector<TaskStatus> told;
  TaskStore store{clock, [this](const TaskView &task) { told.push_back(task.status); }};

  std::shared_ptr<FakeWork> open(const std::string &id,
                                 std::optional<std::chrono::milliseconds> lifetime = {}) {
    auto work = std::make_shared<FakeWork>();
    REQUIRE(store.open({.id = id, .principal = "ann", .lifetime = lifetime}, work).has_value());
    return work;
  }
};

CallEnd text_end(std::size_t bytes = 4) {
  tools::ToolResult result;
  result.content.push_back({{"type", "text"}, {"text", std::string(bytes, 'x')}});
  return result;
}

tools::InputRequest question(const std::string &key) {
  return {key,
          "elicitation/create",
          {{"message", key},
           {"requestedSchema",
            {{"type", "object"},
             {"properties", {{"name", {{"type", "string"}}}}},
             {"required", {"name"}}}}}};
}

Json accepted(Json content) {
  return {{"action", "accept"}, {"content", std::move(content)}};
}

} // namespace

TEST_CASE("a task belongs to the principal that made it") {
  Fixture fixture;
  const auto work = fixture.open("a");
  CHECK(fixture.store.find("ann", "a").has_value());
  CHECK_FALSE(fixture.store.find("eve", "a").has_value());
  CHECK_FALSE(fixture.store.cancel("eve", "a").has_value());
  fixture.store.ask("a", {question("q")});
  CHECK(fixture.store.answer("eve", "a", {{"q", accepted({{"name", "Eve"}})}}).has_value());
  CHECK(work->answers.empty());
  CHECK(work->cancels == 0);
}

TEST_CASE("ids of tasks differ and are long enough not to be guessed") {
  CHECK(new_task_id() != new_task_id());
  CHECK(new_task_id().size() >= 32);
}

TEST_CASE("an ended task is kept for its lifetime and forgotten afterwards") {
  Fixture fixture;
  fixture.open("a", 20min);
  fixture.store.settle("a", text_end());
  fixture.clock.move(19min);
  CHECK(fixture.store.find("ann", "a").has_value());
  fixture.clock.move(2min);
  CHECK_FALSE(fixture.store.find("ann", "a").has_value());
}

TEST_CASE(
    "a task that runs is never forgotten, and what outran its lifetime can still be fetched") {
  Fixture fixture;
  fixture.open("a", 20min);
  fixture.clock.move(3h);
  fixture.open("b");
  CHECK(fixture.store.find("ann", "a").has_value());
  fixture.store.settle("a", text_end());
  fixture.clock.move(limits::kTaskGrace - 1min);
  CHECK(fixture.store.find("ann", "a").has_value());
  fixture.clock.move(2min);
  CHECK_FALSE(fixture.store.find("ann", "a").has_value());
}

TEST_CASE("nobody gets a longer lifetime than there is") {
  Fixture fixture;
  fixture.open("a", 1000h);
  fixture.open("b", -5ms);
  CHECK(fixture.store.find("ann", "a")->lifetime == limits::kTaskLifetimeMaximum);
  CHECK(fixture.store.find("ann", "b")->lifetime > 0ms);
}

TEST_CASE("a cancelled task stays cancelled, and its last words are kept") {
  Fixture fixture;
  const auto work = fixture.open("a");
  CHECK(fixture.store.cancel("ann", "a")->status == TaskStatus::working);
  CHECK(work->cancels == 1);
  CHECK_FALSE(fixture.store.find("ann", "a")->end);
  fixture.store.settle("a", text_end());
  CHECK(fixture.store.find("ann", "a")->status == TaskStatus::cancelled);
  CHECK(fixture.store.find("ann", "a")->end);
  CHECK(fixture.store.cancel("ann", "a")->is_over());
  CHECK(work->cancels == 1);
  CHECK(fixture.told == std::vector{TaskStatus::cancelled});
}

TEST_CASE("without room no task is made, and room comes back when one is forgotten") {
  Fixture fixture;
  for (std::size_t i = 0; i < limits::kTasks; ++i) {
    fixture.open("t" + std::to_string(i));
  }
  const auto work = std::make_shared<FakeWork>();
  CHECK_FALSE(fixture.store.open({.id = "more", .principal = "ann"}, work).has_value());
  fixture.store.settle("t0", text_end());
  CHECK_FALSE(fixture.store.open({.id = "more", .principal = "ann"}, work).has_value());
  fixture.clock.move(limits::kTaskLifetime + limits::kTaskGrace);
  CHECK(fixture.store.open({.id = "more", .principal = "ann"}, work).has_value());
}

TEST_CASE("large results push out the oldest ended tasks and no other") {
  Fixture fixture;
  fixture.open("running");
  const std::size_t fitting = limits::kTaskResultBytes / limits::kResultBytes;
  for (std::size_t i = 0; i < fitting; ++i) {
    fixture.clock.move(1s);
    fixture.open("t" + std::to_string(i));
    fixture.store.settle("t" + std::to_string(i), text_end(limits::kResultBytes));
  }
  CHECK_FALSE(fixture.store.find("ann", "t0").has_value());
  CHECK(fixture.store.find("ann", "t1").has_value());
  CHECK(fixture.store.find("ann", "running").has_value());
}

TEST_CASE("answers are taken one by one, and the work goes on when the last one is there") {
  Fixture fixture;
  const auto work = fixture.open("a");
  fixture.store.ask("a", {question("p"), question("q")});
  CHECK(fixture.store.answer("ann", "a", {{"p", accepted({{"name", "P"}})}}).has_value());
  CHECK(work->answers.empty());
  REQUIRE(fixture.store.find("ann", "a")->questions.size() == 1);
  CHECK(fixture.store.find("ann", "a")->questions[0].key == "q");
  // Answered already, and never asked: acknowledged and ignored.
  CHECK(fixture.store.answer("ann", "a", {{"p", accepted({{"name", "X"}})}, {"z", 5}}).has_value());
  CHECK(fixture.store.answer("ann", "a", {{"q", {{"action", "decline"}}}}).has_value());
  REQUIRE(work->answers.size() == 2);
  CHECK(work->answers.at("p")["content"]["name"] == "P");
  CHECK(fixture.store.find("ann", "a")->status == TaskStatus::working);
}

TEST_CASE("with one answer that does not fit none is taken") {
  Fixture fixture;
  const auto work = fixture.open("a");
  fixture.store.ask("a", {question("p"), question("q")});
  const auto taken =
      fixture.store.answer("ann", "a", {{"p", accepted({{"name", "P"}})}, {"q", accepted({})}});
  REQUIRE_FALSE(taken.has_value());
  CHECK(taken.error().code == Errc::bad_argument);
  CHECK(taken.error().message.find("'q'") != std::string::npos);
  CHECK(fixture.store.find("ann", "a")->questions.size() == 2);
  CHECK(work->answers.empty());
}

TEST_CASE("a task that nobody answers within its lifetime is ended") {
  Fixture fixture;
  const auto work = fixture.open("a", 20min);
  fixture.store.ask("a", {question("p")});
  fixture.clock.move(21min);
  CHECK(work->cancels == 0);
  fixture.open("b");
  CHECK(work->cancels == 1);
}

TEST_CASE("drain() lets tasks end by themselves, takes no new ones and waits for no person") {
  Fixture fixture;
  const auto running = fixture.open("running");
  const auto asking = fixture.open("asking");
  fixture.store.ask("asking", {question("q")});
  CHECK_FALSE(fixture.store.drain(0ms));
  CHECK(running->cancels == 0);
  CHECK(asking->cancels == 1);
  CHECK_FALSE(fixture.store.open({.id = "late", .principal = "ann"}, std::make_shared<FakeWork>()));
  fixture.store.settle("asking", text_end());
  std::thread work([&] { fixture.store.settle("running", text_end()); });
  CHECK(fixture.store.drain(10s));
  work.join();
  CHECK(running->cancels == 0);
}

TEST_CASE("close() cancels what runs and says when it does not end") {
  Fixture fixture;
  const auto work = fixture.open("a");
  CHECK_FALSE(fixture.store.close(0ms));
  CHECK(work->cancels == 1);
  CHECK_FALSE(fixture.store.open({.id = "b", .principal = "ann"}, std::make_shared<FakeWork>())
                  .has_value());
  std::thread ending([&] { fixture.store.settle("a", text_end()); });
  CHECK(fixture.store.close(10s));
  ending.join();
}

TEST_CASE("close() returns only when the last end has been told: what hears of it may go then") {
  HandClock clock;
  std::promise<void> hears;
  std::promise<void> has_heard;
  std::atomic<bool> is_told{false};
  TaskStore store{clock, [&](const TaskView & /*task*/) {
                    hears.set_value();
                    has_heard.get_future().wait();
                    is_told = true;
                  }};
  REQUIRE(store.open({.id = "a", .principal = "ann"}, std::make_shared<FakeWork>()));
  std::thread ending([&] { store.settle("a", text_end()); });
  hears.get_future().wait();
  CHECK_FALSE(store.drain(0ms));
  CHECK_FALSE(store.close(0ms));
  has_heard.set_value();
  CHECK(store.close(10s));
  CHECK(is_told);
  ending.join();
}
