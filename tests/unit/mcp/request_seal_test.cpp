#include "core/mcp/request_seal.hpp"
#include "tests/support/catch.hpp"

#include <chrono>
#include <string>

using namespace mre;
using namespace mre::mcp;

namespace {

class HandClock final : public Clock {
public:
  SteadyTime now() const override { return {}; }
  std::chrono::system_clock::time_point wall() const override { return wall_; }
  void advance(std::chrono::seconds span) { wall_ += span; }

private:
  std::chrono::system_clock::time_point wall_{std::chrono::hours(500000)};
};

const SealedCall kCall{"stdio", "tools/call", "greet", {{"a", 1}}};

std::string word_of(const Result<SealedRounds> &opened) {
  return opened ? "" : opened.error().message;
}

} // namespace

TEST_CASE("a sealed state comes back as it was") {
  const HandClock clock;
  const RequestSeal seal("key", clock);
  SealedRounds rounds;
  rounds.answers = {{"name", {{"action", "accept"}}}};
  rounds.round = 3;
  const auto opened = seal.open(kCall, seal.seal(kCall, rounds));
  REQUIRE(opened.has_value());
  CHECK(opened->round == 3);
  CHECK(opened->answers.at("name")["action"] == "accept");
}

TEST_CASE("no byte of a state can be changed, and no other key made it") {
  const HandClock clock;
  const RequestSeal seal("key", clock);
  const std::string state = seal.seal(kCall, {});
  for (std::size_t i = 0; i < state.size(); ++i) {
    std::string altered = state;
    altered[i] = altered[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(seal.open(kCall, altered).has_value());
  }
  CHECK_FALSE(seal.open(kCall, state + "-TAMPERED").has_value());
  CHECK_FALSE(seal.open(kCall, "").has_value());
  CHECK_FALSE(RequestSeal("other", clock).open(kCall, state).has_value());
}

TEST_CASE("a state is good for one principal and one call only") {
  const HandClock clock;
  const RequestSeal seal("key", clock);
  const std::string state = seal.seal(kCall, {});
  SealedCall other = kCall;
  other.principal = "http:eve";
  CHECK(word_of(seal.open(other, state)).find("another call") != std::string::npos);
  other = kCall;
  other.arguments["a"] = 2;
  CHECK(word_of(seal.open(other, state)).find("another call") != std::string::npos);
  other = kCall;
  other.name = "remove";
  CHECK(word_of(seal.open(other, state)).find("another call") != std::string::npos);
}

TEST_CASE("a state expires") {
  HandClock clock;
  const RequestSeal seal("key", clock);
  const std::string state = seal.seal(kCall, {});
  clock.advance(std::chrono::minutes(59));
  CHECK(seal.open(kCall, state).has_value());
  clock.advance(std::chrono::minutes(2));
  CHECK(word_of(seal.open(kCall, state)).find("expired") != std::string::npos);
}

TEST_CASE("a state is used once, however often it is opened") {
  const HandClock clock;
  const RequestSeal seal("key", clock);
  const auto opened = seal.open(kCall, seal.seal(kCall, {}));
  const auto other = seal.open(kCall, seal.seal(kCall, {}));
  REQUIRE(opened.has_value());
  REQUIRE(other.has_value());
  CHECK(seal.use(*opened).has_value());
  const auto again = seal.use(*opened);
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().message.find("used already") != std::string::npos);
  CHECK(seal.use(*other).has_value());
}

TEST_CASE("a state of another process counts as expired, whoever shares the key") {
  const HandClock clock;
  const std::string state = RequestSeal("key", clock).seal(kCall, {});
  CHECK(word_of(RequestSeal("key", clock).open(kCall, state)).find("expired") != std::string::npos);
}

TEST_CASE("a state counts as expired when too many newer ones were given out") {
  const HandClock clock;
  const RequestSeal seal("key", clock);
  const std::string first = seal.seal(kCall, {});
  const auto opened = seal.open(kCall, first);
  REQUIRE(opened.has_value());
  for (std::size_t i = 1; i < limits::kRequestStates; ++i) {
    seal.seal(kCall, {});
  }
  CHECK(seal.open(kCall, first).has_value());
  seal.seal(kCall, {});
  const auto late = seal.use(*opened);
  REQUIRE_FALSE(late.has_value());
  CHECK(late.error().message.find("expired") != std::string::npos);
}

TEST_CASE("what was asked comes back with the state") {
  const HandClock clock;
  const RequestSeal seal("key", clock);
  SealedRounds rounds;
  rounds.asked.push_back({"name", "elicitation/create", {{"message", "Who?"}}});
  const auto opened = seal.open(kCall, seal.seal(kCall, rounds));
  REQUIRE(opened.has_value());
  REQUIRE(opened->asked.size() == 1);
  CHECK(opened->asked[0].key == "name");
  CHECK(opened->asked[0].params["message"] == "Who?");
}
