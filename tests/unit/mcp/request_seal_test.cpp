#include "core/mcp/request_seal.hpp"
#include "tests/support/catch.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

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
  const auto opened = seal.open(kCall, seal.seal(kCall, {{{"name", {{"action", "accept"}}}}, 3}));
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

TEST_CASE("the key is made once, private, and shared by all who use the directory") {
  char name[] = "/tmp/mre-seal-XXXXXX";
  REQUIRE(::mkdtemp(name) != nullptr);
  const std::string directory = std::string(name) + "/state";
  const auto first = load_seal_key(directory);
  REQUIRE(first.has_value());
  CHECK(first->size() == 64);
  CHECK(load_seal_key(directory).value() == *first);
  struct stat info {};
  REQUIRE(::stat((directory + "/secret.key").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777U) == 0600U);
  REQUIRE(::truncate((directory + "/secret.key").c_str(), 5) == 0);
  CHECK_FALSE(load_seal_key(directory).has_value());
  CHECK(load_seal_key("").value() != load_seal_key("").value());
  ::unlink((directory + "/secret.key").c_str());
  ::rmdir(directory.c_str());
  ::rmdir(name);
}
