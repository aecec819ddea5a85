#include "tests/support/catch.hpp"
#include "transfer.hpp"

using namespace imagekit;

TEST_CASE("a record is text and back without loss") {
  Transfer upload;
  upload.id = "id-1";
  upload.state = TransferState::written;
  upload.file = {"web-1", 101, "/a b/\xC3\xBC"};
  upload.expires = 1767225600;
  upload.overwrite = upload.create_parents = true;
  upload.permissions = 04755;
  upload.bytes = 0;
  upload.leftovers = {"/x/.mre-1.tmp"};
  upload.sha256 = "00";
  upload.objects = {{"mre-1.bin", "5f", 17, false}};
  upload.urls = {"https://x"};
  upload.result = {{"bytes", 17}};
  upload.claimed_by = "me";
  upload.claimed_until = 7;
  const Transfer read = read_transfer(to_text(upload));
  CHECK(to_text(read) == to_text(upload));
  CHECK(read.file.ctid == 101U);
  CHECK(read.permissions == 04755U);
  CHECK(read.bytes == std::uint64_t{0});
  CHECK(read.leftovers == upload.leftovers);
  CHECK(read.objects.front().bytes == 17);
}

TEST_CASE("what is absent stays absent, and a failure keeps its code, words and hint") {
  Transfer transfer;
  transfer.kind = TransferKind::download;
  transfer.state = TransferState::failed;
  transfer.error = mre::Error(MRE_TOO_LARGE, "too large", "split it");
  const Transfer read = read_transfer(to_text(transfer));
  CHECK(read.kind == TransferKind::download);
  CHECK_FALSE(read.file.ctid.has_value());
  CHECK_FALSE(read.permissions.has_value());
  CHECK_FALSE(read.bytes.has_value());
  CHECK(read.result.is_null());
  REQUIRE(read.error.has_value());
  CHECK(read.error->status() == MRE_TOO_LARGE);
  CHECK(std::string(read.error->what()) == "too large");
  CHECK(read.error->hint() == "split it");
}

TEST_CASE("what is no record is an error, never a crash") {
  for (const char *text : {"", "{", "[]", "{}", R"({"id":1})", R"({"id":"a","kind":"upload"})"}) {
    INFO(text);
    CHECK_THROWS_AS(read_transfer(text), mre::Error);
  }
  Transfer transfer;
  std::string odd = to_text(transfer);
  odd.replace(odd.find("issued"), 6, "dreamt");
  CHECK_THROWS_AS(read_transfer(odd), mre::Error);
}
