#include "core/guard/limits.hpp"
#include "core/mcp/call_runner.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/mcp/fake_surface.hpp"

#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

using namespace mre;
using namespace mre::mcp;
using mre::mcp::testing::FakeSurface;

namespace {

// Starts a call and waits (bounded) for its outcome.
CallOutcome outcome_of(FakeSurface &surface, CallRequest request) {
  auto promise = std::make_shared<std::promise<CallOutcome>>();
  auto future = promise->get_future();
  surface.runner().start(std::move(request), [promise](CallOutcome outcome) {
    promise->set_value(std::move(outcome));
  });
  REQUIRE(future.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  return future.get();
}

Error error_of(const CallOutcome &outcome) {
  const auto *result = std::get_if<tools::ToolResult>(&outcome);
  REQUIRE(result != nullptr);
  REQUIRE(result->error.has_value());
  return *result->error;
}

} // namespace

TEST_CASE("arguments that violate the schema never reach the handler") {
  FakeSurface surface;
  const auto error = error_of(
      outcome_of(surface, {.principal = "test", .tool = "echo", .arguments = {{"text", 5}}}));
  CHECK(error.code == Errc::bad_argument);
  CHECK(error.message.find("/text") != std::string::npos);
}

TEST_CASE("a handler that forgets to answer is named") {
  FakeSurface surface;
  const auto error = error_of(outcome_of(surface, {.principal = "test", .tool = "forgets"}));
  CHECK(error.code == Errc::internal);
  CHECK(error.message.find("'forgets' of core") != std::string::npos);
}

TEST_CASE("what a handler throws becomes an error that names it") {
  FakeSurface surface;
  const auto error = error_of(outcome_of(surface, {.principal = "test", .tool = "throws"}));
  CHECK(error.code == Errc::internal);
  CHECK(error.message.find("boom") != std::string::npos);
}

TEST_CASE("a second end is dropped and logged") {
  FakeSurface surface;
  const auto outcome = outcome_of(surface, {.principal = "test", .tool = "doubles"});
  CHECK(std::get<tools::ToolResult>(outcome).content.at(0)["text"] == "once");
  // The handler's second end comes after the outcome, on its own thread.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (surface.logged().find("second_end_dropped") == std::string::npos &&
         std::chrono::steady_clock::now() < end) {
    std::this_thread::yield();
  }
  CHECK(surface.logged().find("second_end_dropped") != std::string::npos);
}

TEST_CASE("output that does not fit its schema is an error of the owner") {
  FakeSurface surface;
  const auto error = error_of(outcome_of(surface, {.principal = "test", .tool = "lies"}));
  CHECK(error.code == Errc::internal);
  CHECK(error.message.find("output schema") != std::string::npos);
  CHECK(surface.logged().find("result_refused") != std::string::npos);
}

TEST_CASE("a result beyond the limit is refused and the server goes on") {
  FakeSurface surface;
  const auto error = error_of(
      outcome_of(surface, {.principal = "test",
                           .tool = "echo",
                           .arguments = {{"text", std::string(limits::kResultBytes + 1, 'x')}}}));
  CHECK(error.code == Errc::too_large);
  CHECK(std::holds_alternative<tools::ToolResult>(outcome_of(
      surface, {.principal = "test", .tool = "echo", .arguments = {{"text", "small"}}})));
}

TEST_CASE("a hidden tool says who hides it and what to use") {
  FakeSurface surface;
  const auto outcome =
      outcome_of(surface, {.principal = "test", .tool = "old_echo", .arguments = {{"text", "x"}}});
  const auto *error = std::get_if<tools::ProtocolError>(&outcome);
  REQUIRE(error != nullptr);
  CHECK(error->code == -32602);
  CHECK(error->message.find("fence.example") != std::string::npos);
  CHECK(error->message.find("it is too old") != std::string::npos);
  CHECK(error->message.find("new_echo") != std::string::npos);
}

TEST_CASE("questions come out when nobody has answered them yet") {
  FakeSurface surface;
  const auto asked = outcome_of(surface, {.principal = "test", .tool = "greet"});
  const auto *questions = std::get_if<std::vector<tools::InputRequest>>(&asked);
  REQUIRE(questions != nullptr);
  CHECK(questions->at(0).key == "name");
  const auto answered = outcome_of(
      surface, {.principal = "test",
                .tool = "greet",
                .answers = {{"name", {{"action", "accept"}, {"content", {{"name", "Ann"}}}}}}});
  CHECK(std::get<tools::ToolResult>(answered).content.at(0)["text"] == "Hello, Ann!");
}

TEST_CASE("cancel() reaches a handler that runs") {
  FakeSurface surface;
  std::promise<CallOutcome> promise;
  auto future = promise.get_future();
  const auto running =
      surface.runner().start({.principal = "test", .tool = "hold"},
                             [&](CallOutcome outcome) { promise.set_value(std::move(outcome)); });
  REQUIRE(surface.wait_for_held(1));
  running->cancel();
  REQUIRE(future.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  CHECK(error_of(future.get()).code == Errc::cancelled);
  running->cancel();
}

TEST_CASE("progress grows, is paced, and ends with the call") {
  FakeSurface surface;
  std::vector<double> seen;
  CallRequest request{.principal = "test", .tool = "steps", .wants_progress = true};
  request.on_progress = [&](double done, std::optional<double>, std::string_view) {
    seen.push_back(done);
  };
  outcome_of(surface, std::move(request));
  CHECK(seen == std::vector<double>{1, 2, 3});
}
