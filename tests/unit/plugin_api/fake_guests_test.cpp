// Containers of the host in memory, as a consumer of mre.guest-files/1 sees them.
#include "tests/support/catch.hpp"

#include <mre/cpp/guest_files.hpp>
#include <mre/testing/fake_host.hpp>

#include <functional>
#include <string>

namespace {

using mre::testing::FakeHost;

constexpr std::uint32_t kContainer = 101;

struct Consumer {
  Consumer() {
    host.begin();
    host.container(kContainer, "default");
  }
  mre::GuestFiles files() { return mre::GuestFiles(mre::Host(host.raw())); }
  mre::Call call() { return {mre::Host(host.raw()).service<mre_call_api>(MRE_CALL), nullptr}; }
  mre::GuestWritten write(const std::string &path, std::string bytes,
                          const std::function<void(mre::GuestWrite &)> &change = {}) {
    mre::GuestWrite request;
    request.ctid = kContainer;
    request.file.path = path;
    if (change) {
      change(request);
    }
    mre::Source source([&bytes](char *buffer, std::size_t capacity) {
      const std::size_t count = bytes.copy(buffer, capacity);
      bytes.erase(0, count);
      return count;
    });
    return files().write(call(), request, source);
  }
  FakeHost host;
};

mre_status status_of(const std::function<void()> &body) {
  try {
    body();
  } catch (const mre::Error &error) {
    CHECK(error.what()[0] != '\0');
    return error.status();
  }
  return MRE_OK;
}

} // namespace

TEST_CASE("the fake digest is SHA-256") {
  using mre::testing::detail::sha256_of;
  // FIPS 180-4's own examples, and a block that is full to the brim.
  CHECK(sha256_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256_of(std::string(1000000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("without a container nobody offers the service") {
  FakeHost host;
  host.begin();
  CHECK(status_of([&] { mre::GuestFiles(mre::Host(host.raw())); }) == MRE_UNAVAILABLE);
  host.container(kContainer);
  CHECK(status_of([&] { mre::GuestFiles(mre::Host(host.raw())); }) == MRE_OK);
}

TEST_CASE("what is written into a container is there, and read back in parts") {
  Consumer consumer;
  const auto written = consumer.write(
      "/root/a", "hello world", [](mre::GuestWrite &request) { request.file.permissions = 0600; });
  CHECK(written.bytes == 11);
  CHECK(written.by_digest);
  CHECK_FALSE(written.existed);
  CHECK(written.node == "default");
  CHECK(written.real_path == "/root/a");
  const auto file = consumer.host.guest_file(kContainer, "/root/a");
  REQUIRE(file);
  CHECK(file->bytes == "hello world");
  CHECK(file->permissions == 0600U);

  std::string content;
  mre::Sink sink(content);
  mre::RemoteRead range;
  range.path = "/root/a";
  range.offset = 6;
  range.max_bytes = 3;
  const auto done = consumer.files().read(consumer.call(), kContainer, range, sink);
  CHECK(content == "wor");
  CHECK(done.bytes == 3);
  CHECK(done.info.bytes == 11);
  CHECK(done.node == "default");
}

TEST_CASE("files and folders are described") {
  Consumer consumer;
  consumer.host.guest_file(kContainer, "/srv/www/index", "hi", 0640);
  const auto stat = [&](const std::string &path) {
    return consumer.files().stat(consumer.call(), kContainer, "", path);
  };
  CHECK(stat("/srv/www/index").info.kind == MRE_FILE_REGULAR);
  CHECK(stat("/srv/www/index").info.permissions == 0640U);
  CHECK(stat("/srv/www").info.kind == MRE_FILE_DIRECTORY);
  CHECK(stat("/").info.kind == MRE_FILE_DIRECTORY);
  CHECK(status_of([&] { stat("/srv/ww"); }) == MRE_NOT_FOUND);
}

TEST_CASE("what the real service refuses is refused, and leaves no file") {
  Consumer consumer;
  const auto refused = [&](const std::string &path,
                           const std::function<void(mre::GuestWrite &)> &change = {}) {
    return status_of([&] { consumer.write(path, "hello", change); });
  };
  CHECK(refused("relative") == MRE_BAD_ARGUMENT);
  CHECK(refused("/root") == MRE_BAD_ARGUMENT);
  CHECK(refused("/no/parent") == MRE_NOT_FOUND);
  CHECK(refused("/root/x", [](auto &request) { request.ctid = 102; }) == MRE_NOT_FOUND);
  CHECK(refused("/root/x", [](auto &request) { request.file.host = "nobody"; }) == MRE_NOT_FOUND);
  CHECK(refused("/root/x", [](auto &request) { request.file.append = true; }) == MRE_UNSUPPORTED);
  CHECK(refused("/root/x", [](auto &request) { request.file.expected_bytes = 4; }) == MRE_CONFLICT);
  CHECK(refused("/root/x", [](auto &request) { request.file.max_bytes = 4; }) == MRE_TOO_LARGE);
  CHECK(refused("/root/x", [](auto &request) { request.expected_sha256 = std::string(64, 'd'); }) ==
        MRE_CONFLICT);
  CHECK_FALSE(consumer.host.guest_file(kContainer, "/root/x"));
  CHECK(refused("/no/parent", [](auto &request) { request.file.create_parents = true; }) == MRE_OK);
  CHECK(refused("/no/parent") == MRE_ALREADY_EXISTS);
  CHECK(refused("/no/parent", [](auto &request) { request.file.overwrite = true; }) == MRE_OK);
  consumer.host.stop_container(kContainer);
  CHECK(refused("/root/x") == MRE_CONFLICT);
  consumer.host.fail_everything(MRE_UNREACHABLE);
  CHECK(refused("/root/x") == MRE_UNREACHABLE);
}
