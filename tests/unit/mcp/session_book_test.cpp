#include "core/mcp/session_book.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/hand_clock.hpp"
#include "tests/unit/mcp/fake_surface.hpp"

#include <set>

using namespace mre;
using namespace mre::mcp;
using mre::mcp::testing::FakeSurface;

namespace {

class DeafClient final : public tools::PeerOutlet {
public:
  void send(tools::PeerOutgoing) override {}
};

struct Desk {
  FakeSurface surface;
  test::HandClock clock;
  SessionBook book{clock, {.max_sessions = 2, .idle = std::chrono::minutes(10)}};

  SessionPtr make(const std::string &id, const std::string &principal = "http:ann") {
    auto entry = std::make_shared<SessionEntry>();
    entry->id = id;
    entry->principal = principal;
    entry->lanes = std::make_shared<SessionLanes>(1000, std::make_shared<EventBudget>(1000));
    entry->peer = surface.server().connect(
        {.principal = principal, .kind = PeerKind::session, .outlet = entry->lanes});
    return entry;
  }
};

} // namespace

TEST_CASE("session ids are 128 random bits of visible ASCII") {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    ids.insert(SessionBook::make_id());
  }
  CHECK(ids.size() == 1000);
  CHECK(ids.begin()->size() == 32);
  CHECK(ids.begin()->find_first_not_of("0123456789abcdef") == std::string::npos);
}

TEST_CASE("a session exists for the principal that began it and for nobody else") {
  Desk desk;
  REQUIRE(desk.book.add(desk.make("a")));
  CHECK(desk.book.find("a", "http:ann") != nullptr);
  CHECK(desk.book.find("a", "http:bob") == nullptr);
  CHECK(desk.book.take("a", "http:bob") == nullptr);
  CHECK(desk.book.find("b", "http:ann") == nullptr);
  CHECK(desk.book.take("a", "http:ann") != nullptr);
  CHECK(desk.book.find("a", "http:ann") == nullptr);
}

TEST_CASE("when all places are taken the session that was idle longest makes room") {
  Desk desk;
  desk.book.add(desk.make("a"));
  desk.clock.move(Milliseconds(1));
  desk.book.add(desk.make("b"));
  desk.clock.move(Milliseconds(1));
  desk.book.find("a", "http:ann"); // used: b is the older one now
  desk.clock.move(Milliseconds(1));
  CHECK(desk.book.add(desk.make("c")));
  CHECK(desk.book.find("a", "http:ann") != nullptr);
  CHECK(desk.book.find("b", "http:ann") == nullptr);
}

TEST_CASE("a session that somebody listens to is never thrown out") {
  Desk desk;
  const auto client = std::make_shared<DeafClient>();
  for (const char *id : {"a", "b"}) {
    const auto session = desk.make(id);
    session->lanes->listen(client, SessionLanes::Resume::no);
    REQUIRE(desk.book.add(session));
  }
  desk.clock.move(std::chrono::hours(100));
  CHECK_FALSE(desk.book.add(desk.make("c")));
  CHECK(desk.book.size() == 2);
}

TEST_CASE("sessions that nobody used for long are forgotten when a new one begins") {
  Desk desk;
  desk.book.add(desk.make("a"));
  desk.clock.move(std::chrono::minutes(11));
  desk.book.add(desk.make("b"));
  CHECK(desk.book.size() == 1);
  CHECK(desk.book.find("a", "http:ann") == nullptr);
}
