#include "fakes.hpp"
#include "owner.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"
#include "transfer_store.hpp"

#include <atomic>
#include <fstream>
#include <thread>

using namespace imagekit;
using namespace imagekit::testing;

namespace {

struct StoreBench {
  FakeRecords records;
  std::atomic<std::int64_t> now{1000};
  TransferStore store{records, [this] { return now.load(); }};
  StopFlag stop;
  Patience patience{stop};

  StoreBench() {
    Transfer transfer;
    transfer.id = "t";
    transfer.expires = 2000;
    store.create(transfer);
  }
  Claim claim() { return Claim(store, "t", TransferKind::upload, patience); }
};

mre_status status_of(const std::function<void()> &body) {
  try {
    body();
  } catch (const mre::Error &error) {
    return error.status();
  }
  return MRE_OK;
}

} // namespace

TEST_CASE("an unknown transfer is not_found, and one of the other kind says which tool to use") {
  StoreBench bench;
  CHECK(status_of([&] { Claim(bench.store, "x", TransferKind::upload, bench.patience); }) ==
        MRE_NOT_FOUND);
  try {
    Claim(bench.store, "t", TransferKind::download, bench.patience);
    FAIL("it was claimed");
  } catch (const mre::Error &error) {
    CHECK(error.status() == MRE_BAD_ARGUMENT);
    CHECK(error.hint() == "use imagekit_confirm_upload");
  }
}

TEST_CASE("of many calls at once one works and the others read what it made") {
  StoreBench bench;
  std::atomic<int> workers{0};
  std::vector<std::thread> threads;
  for (int at = 0; at < 8; ++at) {
    threads.emplace_back([&] {
      Claim claim(bench.store, "t", TransferKind::upload, bench.patience);
      if (!claim.transfer().is_over()) {
        ++workers;
        claim.transfer().state = TransferState::completed;
        claim.transfer().result = {{"bytes", 1}};
        claim.save();
      }
      CHECK(claim.transfer().result.value("bytes", 0) == 1);
    });
  }
  for (std::thread &thread : threads) {
    thread.join();
  }
  CHECK(workers == 1);
}

TEST_CASE("a claim that ends without a word leaves the transfer as it was last saved") {
  StoreBench bench;
  {
    Claim claim = bench.claim();
    claim.transfer().state = TransferState::written;
    claim.save();
    claim.transfer().state = TransferState::completed;
  }
  const auto found = bench.store.find("t");
  REQUIRE(found.has_value());
  CHECK(found->state == TransferState::written);
  CHECK(found->claimed_by.empty());
}

TEST_CASE("a waiting call gives up when it is cancelled") {
  StoreBench bench;
  const Claim held = bench.claim();
  bench.stop.raise();
  CHECK(status_of([&] { bench.claim(); }) == MRE_CANCELLED);
}

TEST_CASE("a claim is renewed while its work goes on, and lost when somebody else took it") {
  StoreBench bench;
  Claim claim = bench.claim();
  bench.now = 1030;
  claim.renew();
  CHECK(bench.store.find("t")->claimed_until == 1090);
  Transfer taken = *bench.store.find("t");
  taken.claimed_by = "somebody else";
  bench.records.overwrite("transfer/t", to_text(taken));
  CHECK(status_of([&] { claim.save(); }) == MRE_CONFLICT);
}

TEST_CASE("a claim is free at once when its process is gone, and late while that lives") {
  Transfer transfer;
  CHECK(is_free(transfer, 0));
  transfer.claimed_by = make_owner();
  transfer.claimed_until = 100;
  CHECK_FALSE(is_free(transfer, 100)); // a host may make the digest of a large file for minutes
  CHECK_FALSE(is_free(transfer, 3699));
  CHECK(is_free(transfer, 3700));

  // A process that was, in our own boot and namespace: another start time is another process.
  std::string gone = make_owner();
  const std::size_t random_part = gone.rfind('/');
  const std::size_t start = gone.rfind('/', random_part - 1);
  gone.replace(start + 1, random_part - start - 1, "1");
  transfer.claimed_by = gone;
  CHECK(is_free(transfer, 0));
  transfer.claimed_by = "another boot/pid:[1]/1/1/aa"; // nobody can say whether that one lives
  CHECK_FALSE(is_free(transfer, 99));
  CHECK(is_free(transfer, 100));
}

TEST_CASE("a record nobody can read hides no other") {
  StoreBench bench;
  bench.records.overwrite("transfer/broken", "{");
  CHECK(bench.store.all().size() == 1);
}
