#include "core/guard/limits.hpp"
#include "core/plugin_host/services/kv_store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

#include <sys/stat.h>

namespace mre::plugin_host {
namespace {

class FakeWall final : public Clock {
public:
  SteadyTime now() const override { return {}; }
  std::chrono::system_clock::time_point wall() const override { return at; }
  std::chrono::system_clock::time_point at{std::chrono::seconds(1'000'000)};
};

struct Store {
  testing::TemporaryFolder folder;
  FakeWall clock;
  KvStore kv{folder.path() + "/state", clock};
};

TEST_CASE("what was put is found, in its own namespace only") {
  Store store;
  REQUIRE(store.kv.put({"a", "key", std::string("v\0w", 3)}));
  CHECK(*store.kv.get("a", "key") == std::string("v\0w", 3));
  CHECK(store.kv.get("b", "key").error().code == Errc::not_found);
  REQUIRE(store.kv.put({"a", "key", ""}));
  CHECK(*store.kv.get("a", "key") == "");
  REQUIRE(store.kv.remove("a", "key"));
  REQUIRE(store.kv.remove("a", "key"));
  CHECK(!store.kv.get("a", "key"));
}

TEST_CASE("nothing is made before the first use, and what is made is private") {
  Store store;
  struct stat info {};
  const std::string path = store.folder.path() + "/state/kv.sqlite3";
  CHECK(::stat(path.c_str(), &info) != 0);
  REQUIRE(store.kv.put({"a", "key", "value"}));
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  REQUIRE(::stat((path + "-wal").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE("a value is gone when its time is over") {
  Store store;
  REQUIRE(store.kv.put({"a", "key", "value", 10}));
  store.clock.at += std::chrono::seconds(9);
  CHECK(store.kv.get("a", "key"));
  store.clock.at += std::chrono::seconds(1);
  CHECK(store.kv.get("a", "key").error().code == Errc::not_found);
  CHECK(store.kv.compare_and_put({"a", "key", "new"}, std::nullopt));
}

TEST_CASE("compare and put replaces exactly what was expected") {
  Store store;
  CHECK(store.kv.compare_and_put({"a", "key", "1"}, std::string("0")).error().code ==
        Errc::conflict);
  REQUIRE(store.kv.compare_and_put({"a", "key", "1"}, std::nullopt));
  CHECK(store.kv.compare_and_put({"a", "key", "2"}, std::nullopt).error().code == Errc::conflict);
  CHECK(store.kv.compare_and_put({"a", "key", "2"}, std::string("0")).error().code ==
        Errc::conflict);
  REQUIRE(store.kv.compare_and_put({"a", "key", "2"}, std::string("1")));
  CHECK(*store.kv.get("a", "key") == "2");
}

TEST_CASE("a scan gives what begins with the prefix, in key order, over many pages") {
  Store store;
  for (int i = 199; i >= 0; --i) {
    REQUIRE(store.kv.put({"a", "k/" + std::to_string(1000 + i), "v"}));
  }
  REQUIRE(store.kv.put({"a", "j", "v"}));
  REQUIRE(store.kv.put({"a", "k0", "v"}));
  REQUIRE(store.kv.put({"b", "k/1", "v"}));
  std::vector<std::string> keys;
  REQUIRE(store.kv.scan("a", "k/", [&](std::string_view key, std::string_view) {
    keys.emplace_back(key);
    return true;
  }));
  REQUIRE(keys.size() == 200);
  CHECK(keys.front() == "k/1000");
  CHECK(keys.back() == "k/1199");
  int seen = 0;
  REQUIRE(store.kv.scan("a", "", [&](std::string_view, std::string_view) { return ++seen < 3; }));
  CHECK(seen == 3);
}

TEST_CASE("two processes' stores see each other's changes") {
  Store store;
  KvStore other(store.folder.path() + "/state", store.clock);
  REQUIRE(store.kv.put({"a", "key", "1"}));
  CHECK(*other.get("a", "key") == "1");
  REQUIRE(other.compare_and_put({"a", "key", "2"}, std::string("1")));
  CHECK(*store.kv.get("a", "key") == "2");
}

TEST_CASE("sizes are bounded") {
  Store store;
  CHECK(store.kv.put({"a", "", "v"}).error().code == Errc::bad_argument);
  CHECK(store.kv.put({"a", std::string(limits::kKvKeyBytes + 1, 'k'), "v"}).error().code ==
        Errc::bad_argument);
  CHECK(store.kv.put({"a", "k", std::string(limits::kKvValueBytes + 1, 'v')}).error().code ==
        Errc::limit);
  const std::string large(limits::kKvValueBytes, 'v');
  for (std::size_t i = 0; i < 63; ++i) {
    REQUIRE(store.kv.put({"a", std::to_string(i), large}));
  }
  CHECK(store.kv.put({"a", "63", large}).error().code == Errc::limit);
  CHECK(store.kv.put({"a", "0", large}));
  CHECK(store.kv.put({"b", "0", large}));
}

TEST_CASE("without a folder for state the store is not available") {
  FakeWall clock;
  KvStore kv({}, clock);
  CHECK(kv.get("a", "key").error().code == Errc::unavailable);
}

} // namespace
} // namespace mre::plugin_host
