#include "background_sweep.hpp"
#include "fakes.hpp"
#include "object_name.hpp"
#include "owner.hpp"
#include "tests/support/catch.hpp"

#include <mre/testing/fake_host.hpp>

using namespace imagekit;
using namespace imagekit::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kNow = 1767225600;

// A server with a clock that only the test moves; several may share their records.
struct Server {
  explicit Server(FakeRecords &shared)
      : records(shared), desk(mre::Host(host.raw()), records, [] { return kNow; }) {
    host.begin();
    desk.set_engine({std::chrono::seconds(60), relay});
    background.emplace(desk, records);
    background->start();
  }
  std::string forget_object() {
    relay->objects.push_back({make_object_name(kNow - 5000), "id", 5, false});
    return relay->objects.back().name;
  }
  void pass(std::chrono::seconds span) {
    records.let_pass(span);
    host.advance(span);
  }

  FakeRecords &records;
  mre::testing::FakeHost host;
  Desk desk;
  std::shared_ptr<FakeRelay> relay = std::make_shared<FakeRelay>();
  std::optional<BackgroundSweep> background;
};

} // namespace

TEST_CASE("forgotten objects go by themselves, a minute after the start and every ten minutes") {
  FakeRecords records;
  Server server(records);
  const std::string first = server.forget_object();
  server.pass(59s);
  CHECK(server.relay->lists == 0);
  server.pass(1s);
  CHECK(server.relay->removed == std::vector<std::string>{first});
  const std::string second = server.forget_object();
  server.pass(9min);
  CHECK(server.relay->lists == 1);
  server.pass(1min);
  CHECK(server.relay->removed == std::vector<std::string>{first, second});
  server.pass(10min);
  CHECK(server.relay->lists == 3);
}

TEST_CASE("of several servers that share their records one sweeps") {
  FakeRecords records;
  Server one(records);
  Server two(records);
  one.forget_object();
  two.forget_object();
  one.pass(1min);
  two.host.advance(1min);
  CHECK(one.relay->lists + two.relay->lists == 1);
}

TEST_CASE(
    "what a killed server left on a host goes soon after the start, but not what a call works "
    "on or another server wrote") {
  FakeRecords records;
  Server server(records);
  const auto leave = [&](const std::string &id, const std::string &path) {
    server.host.remote_file(path, "half", 0600, "default");
    Transfer transfer;
    transfer.id = id;
    transfer.file.host = "default";
    transfer.leftovers = {path};
    return transfer;
  };
  const auto is_there = [&](const std::string &path) {
    return std::as_const(server.host).remote_file(path, "default").has_value();
  };
  server.desk.store.create(leave("dead", "/x/.mre-1.tmp"));
  Transfer busy = leave("busy", "/x/.mre-2.tmp");
  busy.claimed_by = make_owner();
  busy.claimed_until = kNow + 60;
  server.desk.store.create(busy);
  server.host.remote_file("/x/.mre-3.tmp", "half", 0600, "default");
  server.pass(4s);
  CHECK(is_there("/x/.mre-1.tmp"));
  server.pass(1s);
  CHECK_FALSE(is_there("/x/.mre-1.tmp"));
  CHECK(is_there("/x/.mre-2.tmp"));
  CHECK(is_there("/x/.mre-3.tmp"));
  CHECK(server.desk.store.find("dead")->leftovers.empty());
  CHECK(server.desk.store.find("busy")->leftovers.size() == 1);
  CHECK(server.relay->lists == 0);
}

TEST_CASE("what is left on a host that is not configured now is not forgotten") {
  FakeRecords records;
  Server server(records);
  Transfer transfer;
  transfer.id = "away";
  transfer.file.host = "switched-off";
  transfer.leftovers = {"/x/.mre-1.tmp"};
  server.desk.store.create(transfer);
  server.pass(5s);
  CHECK(server.desk.store.find("away")->leftovers == transfer.leftovers);
}

TEST_CASE("a sweep that fails is logged, and the next one does the work") {
  FakeRecords records;
  Server server(records);
  const std::string forgotten = server.forget_object();
  server.relay->is_down = true;
  server.pass(1min);
  CHECK(server.relay->removed.empty());
  REQUIRE_FALSE(server.host.log().empty());
  CHECK(server.host.log().back().event == "imagekit.sweep_failed");
  CHECK(server.host.log().back().fields.at("why") == "no way there");
  server.relay->is_down = false;
  server.pass(10min);
  CHECK(server.relay->removed == std::vector<std::string>{forgotten});
}
