#include "crypto.hpp"
#include "imagekit_relay.hpp"
#include "object_name.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/imagekit_server.hpp"

using namespace imagekit;
using namespace mre::testing;

namespace {

std::shared_ptr<const Settings> settings_for(const ImageKitServer &server) {
  const Environment environment = server.environment();
  auto settings = std::make_shared<Settings>();
  settings->public_key = server.public_key();
  settings->private_key = server.private_key();
  settings->url_endpoint = environment.at("IMAGEKIT_URL_ENDPOINT");
  settings->upload_url = environment.at("IMAGEKIT_UPLOAD_URL");
  settings->api_url = environment.at("IMAGEKIT_API_URL");
  settings->ca_file = server.ca_file();
  settings->folder = "/ours";
  settings->max_object_bytes = 1000000;
  return settings;
}

struct RelayBench {
  ImageKitServer server;
  ImageKitRelay relay{settings_for(server)};
  StopFlag stop;
  Patience patience{stop};
  std::string name = make_object_name(1767225600);
  int feedings = 0;

  StoredObject store(const std::string &bytes) {
    return relay.store(
        {name, "", bytes.size(), false},
        [&](const Output &output) {
          ++feedings;
          output(bytes.substr(0, bytes.size() / 2));
          output(bytes.substr(bytes.size() / 2));
        },
        patience);
  }
  std::string fetch(const StoredObject &object) {
    const auto fetch = relay.fetch(object, patience);
    std::string whole;
    std::string buffer(30000, '\0');
    for (std::size_t got = 1; got > 0;) {
      got = fetch->read(buffer.data(), buffer.size());
      whole.append(buffer, 0, got);
    }
    return whole;
  }
  mre::Error failure_of(const std::function<void()> &body) {
    try {
      body();
    } catch (const mre::Error &error) {
      return error;
    }
    FAIL("it worked");
    return {MRE_OK, ""};
  }
};

} // namespace

TEST_CASE("what is stored is private, in our folder, under its name, and comes back whole") {
  RelayBench bench;
  const std::string bytes = random_bytes(300000);
  const StoredObject stored = bench.store(bytes);
  const auto kept = bench.server.store().objects();
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].is_private);
  CHECK(kept[0].path() == "/ours/" + bench.name);
  CHECK(kept[0].bytes == bytes);
  CHECK(stored.bytes == bytes.size());
  CHECK(bench.fetch(stored) == bytes);
  const auto found = bench.relay.find(bench.name, bench.patience);
  REQUIRE(found.has_value());
  CHECK(found->id == stored.id);
}

TEST_CASE("nothing is stored as nothing") {
  RelayBench bench;
  CHECK(bench.fetch(bench.store("")).empty());
}

TEST_CASE("only the exact name in our folder is found, never what the search calls similar") {
  RelayBench bench;
  bench.server.store().put({"", "mre-1767x.bin", "/ours", "other", true, 1});
  bench.server.store().put({"", bench.name, "/theirs", "other", true, 1});
  CHECK_FALSE(bench.relay.find(bench.name, bench.patience).has_value());
  bench.server.store().put({"", bench.name, "/ours", "mine", true, 1});
  CHECK(bench.relay.find(bench.name, bench.patience)->bytes == 4);
}

TEST_CASE("an object that was stored twice under its name is known as such") {
  RelayBench bench;
  bench.server.store().put({"", bench.name, "/ours", "second", true, 2});
  CHECK(bench.relay.find(bench.name, bench.patience)->is_replaced);
}

TEST_CASE("an upload whose answer was lost is looked for and not sent again") {
  RelayBench bench;
  bench.server.fail({.call = ImageKitCall::upload, .kind = FaultKind::store_then_cut});
  CHECK(bench.store("hello").bytes == 5);
  CHECK(bench.feedings == 1);
  CHECK(bench.server.store().objects().size() == 1);
}

TEST_CASE("an upload that did not arrive is sent again, from its start") {
  RelayBench bench;
  bench.server.fail({.call = ImageKitCall::upload, .status = 503, .times = 2});
  CHECK(bench.store("hello").bytes == 5);
  CHECK(bench.feedings == 3);
  CHECK(bench.server.store().objects().front().bytes == "hello");
}

TEST_CASE("an upload that is stored under another name is taken back") {
  RelayBench bench;
  bench.server.fail({.call = ImageKitCall::upload, .kind = FaultKind::stored_unsought});
  CHECK(bench.failure_of([&] { bench.store("hello"); }).status() == MRE_CONFLICT);
  CHECK(bench.server.store().objects().empty());
}

TEST_CASE("a fetch that breaks goes on where it broke") {
  RelayBench bench;
  const std::string bytes = random_bytes(300000);
  const StoredObject stored = bench.store(bytes);
  bench.server.fail({.call = ImageKitCall::deliver, .kind = FaultKind::cut, .times = 2});
  CHECK(bench.fetch(stored) == bytes);
  std::vector<std::string> ranges;
  for (const SeenRequest &request : bench.server.requests()) {
    if (request.call == ImageKitCall::deliver) {
      ranges.push_back(request.range);
    }
  }
  REQUIRE(ranges.size() == 3);
  CHECK(ranges[0].empty());
  CHECK(ranges[1] != ranges[2]);
  CHECK(ranges[2].rfind("bytes=", 0) == 0);
}

TEST_CASE("a fetch that always breaks is lost after a few openings") {
  RelayBench bench;
  const StoredObject stored = bench.store(random_bytes(300000));
  bench.server.fail({.call = ImageKitCall::deliver, .kind = FaultKind::cut, .times = 100});
  CHECK(bench.failure_of([&] { bench.fetch(stored); }).status() == MRE_LOST);
  CHECK(bench.server.count(ImageKitCall::deliver) == 4);
}

TEST_CASE("fewer bytes than ImageKit keeps are a conflict") {
  RelayBench bench;
  const StoredObject stored = bench.store(random_bytes(1000));
  bench.server.fail({.call = ImageKitCall::deliver, .kind = FaultKind::wrong_size});
  CHECK(bench.failure_of([&] { bench.fetch(stored); }).status() == MRE_CONFLICT);
}

TEST_CASE("removing deletes and purges, and may be repeated") {
  RelayBench bench;
  const StoredObject stored = bench.store("hello");
  bench.fetch(stored);
  CHECK(bench.server.store().cached().size() == 1);
  const std::string url = bench.relay.download_url(stored, 1767225600);
  bench.relay.remove(stored, {url}, bench.patience);
  CHECK(bench.server.store().objects().empty());
  CHECK(bench.server.store().cached().empty());
  bench.relay.remove(stored, {}, bench.patience);
}

TEST_CASE("a rate limit is waited for, a long one is given back to the caller") {
  RelayBench bench;
  bench.server.fail({.call = ImageKitCall::list,
                     .status = 429,
                     .times = 2,
                     .headers = {{"X-RateLimit-Reset", "20"}}});
  CHECK(bench.relay.list(bench.patience).empty());
  bench.server.fail(
      {.call = ImageKitCall::list, .status = 429, .headers = {{"X-RateLimit-Reset", "60000"}}});
  CHECK(bench.failure_of([&] { bench.relay.list(bench.patience); }).status() == MRE_LIMIT);
  CHECK(bench.server.count(ImageKitCall::list) == 4);
}

TEST_CASE("every refusal has its code, the service's words, its request id and a next step") {
  RelayBench bench;
  const std::vector<std::pair<int, mre_status>> codes{{400, MRE_REMOTE_FAILED},
                                                      {401, MRE_AUTH_FAILED},
                                                      {403, MRE_DENIED},
                                                      {404, MRE_NOT_FOUND},
                                                      {413, MRE_TOO_LARGE}};
  for (const auto &[status, code] : codes) {
    bench.server.fail({.call = ImageKitCall::list, .status = status});
    const mre::Error error = bench.failure_of([&] { bench.relay.list(bench.patience); });
    INFO(error.what());
    CHECK(error.status() == code);
    CHECK(std::string(error.what()).find("as the test wants it") != std::string::npos);
    CHECK(std::string(error.what()).find("stand-in-1") != std::string::npos);
    CHECK_FALSE(error.hint().empty());
  }
  bench.server.fail({.call = ImageKitCall::list, .status = 500, .times = 4});
  CHECK(bench.failure_of([&] { bench.relay.list(bench.patience); }).status() == MRE_REMOTE_FAILED);
}

TEST_CASE("a list is read to its last page and holds only our folder") {
  RelayBench bench;
  for (int at = 0; at < 501; ++at) {
    bench.server.store().put({"", "file-" + std::to_string(at), "/ours", "", true, 1});
  }
  bench.server.store().put({"", "file", "/ours/deeper", "", true, 1});
  CHECK(bench.relay.list(bench.patience).size() == 501);
}
