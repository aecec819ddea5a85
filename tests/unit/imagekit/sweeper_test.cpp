#include "fakes.hpp"
#include "object_name.hpp"
#include "owner.hpp"
#include "sweeper.hpp"
#include "tests/support/catch.hpp"

using namespace imagekit;
using namespace imagekit::testing;

namespace {

constexpr std::int64_t kNow = 1767225600;

struct SweepBench {
  FakeRecords records;
  Desk desk{mre::Host(nullptr), records, [] { return kNow; }};
  std::shared_ptr<FakeRelay> relay = std::make_shared<FakeRelay>();

  SweepBench() { desk.set_engine({std::chrono::seconds(60), relay}); }
  std::string add(std::int64_t expires) { return add(make_object_name(expires)); }
  std::string add(const std::string &name) {
    relay->objects.push_back({name, "id", 5, false});
    return name;
  }
  std::vector<SweptObject> run() { return sweep(desk, Patience(desk.stop)); }
};

} // namespace

TEST_CASE("only objects of our form that expired more than ten minutes ago are swept") {
  SweepBench bench;
  const std::string old = bench.add(kNow - 601);
  bench.add(kNow - 600);
  bench.add(kNow + 100);
  bench.add("holiday.jpg");
  bench.add("mre-5-short.bin");
  const auto swept = bench.run();
  REQUIRE(swept.size() == 1);
  CHECK(swept[0].object.name == old);
  CHECK(swept[0].expired_ago == 601);
  CHECK(swept[0].failure.empty());
  CHECK(bench.relay->removed == std::vector<std::string>{old});
}

TEST_CASE("an object that a call works on is left alone however old it is") {
  SweepBench bench;
  const std::string busy = bench.add(kNow - 5000);
  const std::string idle = bench.add(kNow - 5000);
  for (const std::string &name : {busy, idle}) {
    Transfer transfer;
    transfer.id = name;
    transfer.objects = {{name, "", 0, false}};
    if (name == busy) {
      transfer.claimed_by = make_owner();
      transfer.claimed_until = kNow + 30;
    }
    bench.desk.store.create(transfer);
  }
  bench.run();
  CHECK(bench.relay->removed == std::vector<std::string>{idle});
}

TEST_CASE("one object that cannot be deleted does not keep the others") {
  SweepBench bench;
  bench.relay->refused = bench.add(kNow - 5000);
  const std::string other = bench.add(kNow - 5000);
  const auto swept = bench.run();
  REQUIRE(swept.size() == 2);
  CHECK(swept[0].failure == "not now");
  CHECK(bench.relay->removed == std::vector<std::string>{other});
}
