#include "core/mcp/event_store.hpp"
#include "tests/support/catch.hpp"

using namespace mre::mcp;

namespace {

std::shared_ptr<EventBudget> budget(std::size_t bytes = 1000) {
  return std::make_shared<EventBudget>(bytes);
}

std::vector<std::string> texts(const std::optional<EventStore::Rest> &rest) {
  std::vector<std::string> all;
  if (rest) {
    for (const auto &event : rest->events) {
      all.push_back(event.text);
    }
  }
  return all;
}

using Texts = std::vector<std::string>;

} // namespace

TEST_CASE("what followed an event on its stream comes back, and nothing of other streams") {
  EventStore store(1000, budget());
  const std::string begin = store.mark(1);
  const std::string first = store.add(1, "one", false);
  store.add(2, "foreign", false);
  store.add(1, "two", true);
  CHECK(texts(store.after(begin)) == Texts{"one", "two"});
  CHECK(texts(store.after(first)) == Texts{"two"});
  CHECK(store.after(first)->is_finished);
  CHECK_FALSE(store.after("2.1")->is_finished);
}

TEST_CASE("an id that was never given out is not known") {
  EventStore store(1000, budget());
  store.add(1, "one", false);
  for (const char *id : {"", "1", "1.", ".1", "1.0", "1.2", "9.1", "x.1", "1.x", "1.1 ", "-1.1",
                         "18446744073709551616.1"}) {
    CHECK_FALSE(store.after(id));
  }
}

TEST_CASE("old events make room for new ones over all streams, and the newest always stays") {
  EventStore store(10, budget());
  store.add(1, "aaaa", true);
  const std::string live = store.add(2, "bbbb", false);
  store.add(3, "cccc", false); // 12 bytes: the first one goes, and its finished stream with it
  CHECK_FALSE(store.after("1.1"));
  CHECK(store.after(live));
  const std::string huge = store.add(2, std::string(100, 'x'), true);
  CHECK(texts(store.after(live)) == Texts{std::string(100, 'x')});
  CHECK(texts(store.after(huge)).empty());
}

TEST_CASE("sessions share one budget, and give back what they held") {
  const auto shared = budget(10);
  {
    EventStore one(1000, shared);
    one.add(1, "12345678", false);
    EventStore two(1000, shared);
    two.add(1, "abcd", false);
    two.add(1, "efgh", false); // over the budget: its own old one goes
    CHECK(texts(two.after("1.1")) == Texts{"efgh"});
    CHECK(shared->is_exceeded());
  }
  CHECK_FALSE(shared->is_exceeded());
  EventStore three(1000, shared);
  three.add(1, "1234567890", false);
  CHECK_FALSE(shared->is_exceeded());
}
