// mre.guest-files/1 as another plugin sees it: the proxmox plugin on a host in memory, whose node
// answers by script.
#include "tests/support/catch.hpp"

#include <mre/cpp/guest_files.hpp>
#include <mre/testing/fake_host.hpp>

#include <dlfcn.h>

#include <memory>

namespace {

using mre::testing::FakeHost;
using mre::testing::FakePlugin;

const mre_plugin *entry() {
  void *const object = ::dlopen(MRE_PROXMOX_PLUGIN, RTLD_NOW | RTLD_LOCAL);
  REQUIRE(object != nullptr);
  return reinterpret_cast<const mre_plugin *(*)()>(::dlsym(object, "mre_plugin_v1"))();
}

constexpr std::uint32_t kContainer = 101;
const std::string kDigest(64, 'd');

struct Consumer {
  FakeHost host;
  std::unique_ptr<FakePlugin> plugin;

  Consumer() {
    plugin = std::make_unique<FakePlugin>(host, entry());
    const auto &services = plugin->declared().services;
    const auto found = services.find(MRE_GUEST_FILES);
    REQUIRE(found != services.end());
    host.offer(MRE_GUEST_FILES, found->second);
  }
  ~Consumer() {
    plugin.reset();
    for (const auto &what : host.misbehaviour()) {
      FAIL_CHECK(what);
    }
  }
  mre::GuestFiles files() const { return mre::GuestFiles(mre::Host(host.raw())); }
  mre::Call call() const {
    return {mre::Host(host.raw()).service<mre_call_api>(MRE_CALL), nullptr};
  }
  mre::GuestWritten write(const std::string &bytes, mre::GuestWrite request) const {
    std::string left = bytes;
    mre::Source source([&left](char *buffer, std::size_t capacity) {
      const std::size_t count = left.copy(buffer, capacity);
      left.erase(0, count);
      return count;
    });
    request.ctid = kContainer;
    return files().write(call(), request, source);
  }
  mre_status refused(const std::string &bytes, const mre::GuestWrite &request) const {
    try {
      write(bytes, request);
    } catch (const mre::Error &error) {
      return error.status();
    }
    return MRE_OK;
  }
};

mre::GuestWrite to(const std::string &path) {
  mre::GuestWrite request;
  request.file.path = path;
  return request;
}

std::string header(const std::string &path) {
  return "mre-file file 5 640 12 34 1767225600 " + path + std::string(1, '\0');
}

} // namespace

TEST_CASE("a file in a container is described, and the node it was found on is named") {
  Consumer consumer;
  consumer.host.otherwise().prints(header("/srv/real name"));
  const auto found = consumer.files().stat(consumer.call(), kContainer, "", "/srv/link");
  CHECK(found.info.kind == MRE_FILE_REGULAR);
  CHECK(found.info.bytes == 5);
  CHECK(found.info.permissions == 0640);
  CHECK(found.info.uid == 12);
  CHECK(found.info.modified == 1767225600);
  CHECK(found.real_path == "/srv/real name");
  CHECK(found.node == "default");
  CHECK(consumer.host.commands().back().line.find(" exec 101 ") != std::string::npos);
}

TEST_CASE("a write streams the bytes and their digest, and gives back what the container says") {
  Consumer consumer;
  consumer.host.otherwise().prints("mre-ok 5 size 1 640 /srv/real\n");
  mre::GuestWrite request = to("/srv/link");
  request.file.overwrite = true;
  const auto written = consumer.write("hello", request);
  CHECK(written.bytes == 5);
  CHECK(written.existed);
  CHECK(written.permissions == 0640);
  CHECK(written.real_path == "/srv/real");
  CHECK_FALSE(written.by_digest);
  const std::string sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
  CHECK(written.sha256 == sha256);
  CHECK(consumer.host.commands().back().input == "hello" + sha256 + " 00000000000000000005\n");
}

TEST_CASE("a read gives the content between report and end") {
  Consumer consumer;
  consumer.host.otherwise().prints(header("/srv/a") + "hello" + "mre-end " + kDigest + " 000");
  std::string content;
  mre::Sink sink(content);
  mre::RemoteRead request;
  request.path = "/srv/a";
  const auto done = consumer.files().read(consumer.call(), kContainer, request, sink);
  CHECK(content == "hello");
  CHECK(done.bytes == 5);
  CHECK(done.info.bytes == 5);
  CHECK(done.node == "default");
}

TEST_CASE("what cannot be meant is refused before anything runs") {
  Consumer consumer;
  CHECK(consumer.refused("x", to("relative")) == MRE_BAD_ARGUMENT);
  CHECK(consumer.refused("x", to("")) == MRE_BAD_ARGUMENT);
  mre::GuestWrite append = to("/srv/a");
  append.file.append = true;
  CHECK(consumer.refused("x", append) == MRE_UNSUPPORTED);
  CHECK(consumer.host.commands().empty());
}

TEST_CASE("other bytes than the expected ones, and more than the limit, are never put in place") {
  Consumer consumer;
  consumer.host.otherwise().prints("mre-ok 5 size 0 644 /srv/a\n");
  mre::GuestWrite expected = to("/srv/a");
  expected.expected_sha256 = kDigest;
  CHECK(consumer.refused("hello", expected) == MRE_CONFLICT);
  mre::GuestWrite counted = to("/srv/a");
  counted.file.expected_bytes = 4;
  CHECK(consumer.refused("hello", counted) == MRE_CONFLICT);
  mre::GuestWrite limited = to("/srv/a");
  limited.file.max_bytes = 4;
  CHECK(consumer.refused("hello", limited) == MRE_TOO_LARGE);
}

TEST_CASE("a stopped container and what its script says are errors with their codes") {
  const auto status_of = [](const std::string &out, const std::string &err, int code) {
    Consumer consumer;
    consumer.host.otherwise().prints(out).complains(err).exits(code);
    return consumer.refused("hello", to("/srv/a"));
  };
  CHECK(status_of("", "container '101' not running!\n", 255) == MRE_CONFLICT);
  CHECK(status_of("", "please run as root\n", 255) == MRE_DENIED);
  CHECK(status_of("mre-fail exists /srv/a\n", "", 1) == MRE_ALREADY_EXISTS);
  CHECK(status_of("mre-fail no_parent /srv\n", "", 1) == MRE_NOT_FOUND);
  CHECK(status_of("mre-fail is_directory /srv/a\n", "", 1) == MRE_BAD_ARGUMENT);
  CHECK(status_of("mre-fail write /srv\n", "cat: No space left on device\n", 1) ==
        MRE_REMOTE_FAILED);
  // Fewer bytes than were sent, whatever else the report says.
  CHECK(status_of("mre-ok 4 digest 0 644 /srv/a\n", "", 0) != MRE_OK);
}
