// The container end of a transfer, over the containers of a host in memory.
#include "guest_place.hpp"
#include "tests/support/catch.hpp"

#include <mre/testing/fake_host.hpp>

#include <functional>
#include <memory>
#include <string>

namespace {

using imagekit::FarFile;
using imagekit::Place;
using imagekit::PlaceWrite;
using mre::testing::FakeHost;

constexpr std::uint32_t kWeb = 101;
const PlaceWrite kReplace{true, false, {}, 0};
const PlaceWrite kWithParents{false, true, {}, 0};

struct Far {
  Far() {
    host.begin();
    host.container(kWeb);
  }
  std::unique_ptr<Place> place(const std::string &path, std::uint32_t ctid = kWeb) {
    FarFile file;
    file.host = "default";
    file.path = path;
    file.ctid = ctid;
    return imagekit::open_place(mre::Host(host.raw()), call, file);
  }
  mre_status refusal(const std::string &path, const PlaceWrite &write, std::uint32_t ctid = kWeb) {
    try {
      imagekit::check_target(*place(path, ctid), path, write);
    } catch (const mre::Error &error) {
      said = error.what();
      return error.status();
    }
    return MRE_OK;
  }

  FakeHost host;
  mre::Call call{&mre::testing::FakeCall::api(), nullptr};
  std::string said;
};

mre::Source source_of(std::string &bytes) {
  return mre::Source([&bytes](char *buffer, std::size_t capacity) {
    const std::size_t count = bytes.copy(buffer, capacity);
    bytes.erase(0, count);
    return count;
  });
}

} // namespace

TEST_CASE("a target in a container is checked before anything is given away") {
  Far far;
  far.host.guest_file(kWeb, "/srv/there", "old");
  CHECK(far.refusal("/root/new", {}) == MRE_OK);
  CHECK(far.refusal("/srv/there", {}) == MRE_ALREADY_EXISTS);
  CHECK(far.said.find("container 101 of default:/srv/there") != std::string::npos);
  CHECK(far.refusal("/srv/there", kReplace) == MRE_OK);
  CHECK(far.refusal("/srv", kReplace) == MRE_BAD_ARGUMENT);
  CHECK(far.refusal("/srv/no/new", {}) == MRE_NOT_FOUND);
  CHECK(far.refusal("/srv/no/new", kWithParents) == MRE_OK);
  CHECK(far.refusal("/srv/there/new", {}) == MRE_BAD_ARGUMENT); // a file is no folder
}

TEST_CASE("a container that is missing or stopped is no free name") {
  Far far;
  CHECK(far.refusal("/root/new", {}, 102) == MRE_NOT_FOUND);
  CHECK(far.said.find("container 102") != std::string::npos);
  CHECK(far.refusal("/root/new", kWithParents, 102) == MRE_NOT_FOUND);
  far.host.stop_container(kWeb);
  CHECK(far.refusal("/root/new", {}) == MRE_CONFLICT);
}

TEST_CASE("while the proxmox plugin is off a container says what switches it on") {
  FakeHost host;
  host.begin();
  const mre::Call call{&mre::testing::FakeCall::api(), nullptr};
  FarFile file;
  file.ctid = kWeb;
  try {
    imagekit::open_place(mre::Host(host.raw()), call, file);
    FAIL_CHECK("nothing was refused");
  } catch (const mre::Error &error) {
    CHECK(error.status() == MRE_UNAVAILABLE);
    CHECK(error.hint().find("ENABLE_PROXMOX=true") != std::string::npos);
  }
}

TEST_CASE("bytes go into a container and come back in ranges") {
  Far far;
  std::string bytes = "0123456789";
  mre::Source source = source_of(bytes);
  const auto place = far.place("/root/it's here");
  const auto written = place->write({false, false, 0600U, 10}, source);
  CHECK(written.bytes == 10);
  CHECK(written.permissions == 0600U);
  CHECK(written.by_digest);
  CHECK(written.sha256 == mre::testing::detail::sha256_of("0123456789"));
  const auto found = place->stat("/root/it's here");
  REQUIRE(found);
  CHECK(found->bytes == 10);
  CHECK_FALSE(place->stat("/root/other"));

  std::string part;
  mre::Sink sink(part);
  const auto read = place->read({4, 3}, sink);
  CHECK(part == "456");
  CHECK(read.about.bytes == 10);
  CHECK(read.sha256 == mre::testing::detail::sha256_of("456"));
}

TEST_CASE("another count than was announced is never put in place in a container") {
  Far far;
  std::string bytes = "0123456789";
  mre::Source source = source_of(bytes);
  try {
    far.place("/root/new")->write({false, false, {}, 11}, source);
    FAIL_CHECK("it was taken");
  } catch (const mre::Error &error) {
    CHECK(error.status() == MRE_CONFLICT);
  }
  CHECK_FALSE(far.host.guest_file(kWeb, "/root/new"));
}
