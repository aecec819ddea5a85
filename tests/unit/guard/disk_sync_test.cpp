#include "core/guard/disk_sync.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/eventually.hpp"

#include <fcntl.h>

#include <atomic>
#include <cerrno>

using namespace mre;
using namespace mre::guard;

namespace {

constexpr std::chrono::hours kNever{24}; // in the time of a test

// Stands for a disk: its syncs and how they end.
struct FakeDisk {
  std::atomic<int> synced{0};
  std::atomic<int> collected{0};
  std::atomic<int> trouble{0}; // errno
  std::vector<std::string> complaints;

  DiskSync::Ways ways() {
    return {[this] {
              ++collected;
              std::vector<UniqueFd> files;
              files.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
              return files;
            },
            [this](const Error &error) { complaints.push_back(error.message); },
            [this](int) {
              ++synced;
              errno = trouble;
              return trouble == 0 ? 0 : -1;
            }};
  }
};

} // namespace

TEST_CASE("what was written is synced in its time, by itself") {
  FakeDisk disk;
  DiskSync sync(std::chrono::milliseconds(1), disk.ways());
  CHECK(disk.collected == 0);
  sync.wanted();
  CHECK(mre::testing::eventually([&] { return disk.synced == 1; }));
  sync.wanted();
  CHECK(mre::testing::eventually([&] { return disk.synced == 2; }));
}

TEST_CASE("many writes share one sync, and the end does not wait for its time") {
  FakeDisk disk;
  {
    DiskSync sync(kNever, disk.ways());
    for (int i = 0; i < 1000; ++i) {
      sync.wanted();
    }
  }
  CHECK(disk.synced == 1);
}

TEST_CASE("without a write nothing is touched, not even at the end") {
  FakeDisk disk;
  { const DiskSync sync(kNever, disk.ways()); }
  CHECK(disk.collected == 0);
}

TEST_CASE("a disk that fails is told of once, until it works again") {
  FakeDisk disk;
  DiskSync sync(kNever, disk.ways());
  CHECK(sync.now());
  disk.trouble = EIO;
  CHECK_FALSE(sync.now());
  CHECK_FALSE(sync.now());
  CHECK(sync.has_failed());
  CHECK(disk.complaints.size() == 1);
  disk.trouble = 0;
  CHECK(sync.now());
  CHECK_FALSE(sync.has_failed());
  disk.trouble = ENOSPC;
  CHECK_FALSE(sync.now());
  CHECK(disk.complaints.size() == 2);
}

TEST_CASE("a file system that cannot sync is no trouble") {
  FakeDisk disk;
  DiskSync sync(kNever, disk.ways());
  disk.trouble = EINVAL;
  CHECK(sync.now());
  CHECK(disk.complaints.empty());
}
