#include "plugins/proxmox/guest_report.hpp"
#include "tests/support/catch.hpp"

namespace proxmox {
namespace {

const std::string kDigest(64, 'a');

struct Reading {
  std::string content;
  int begun = 0;
  ReadStream stream{[this](const ReadStream::Header &) { ++begun; },
                    [this](std::string_view bytes) {
                      content += bytes;
                      return true;
                    }};
};

std::string printed(const std::string &content, const std::string &end) {
  return std::string("mre-file file ") + std::to_string(content.size()) +
         " 640 12 34 1700000000 /srv/a b" + std::string(1, '\0') + content + end;
}

TEST_CASE("a trailer has a fixed length") {
  CHECK(trailer(kDigest, 0).size() == kTrailerBytes);
  CHECK(trailer(kDigest, UINT64_MAX).size() == kTrailerBytes);
  CHECK(trailer(kDigest, 12) == kDigest + " 00000000000000000012\n");
}

TEST_CASE("a file comes out whole however its stream is cut") {
  const std::string content = "first\0second mre-end " + std::string(200, 'x') + "\n";
  const std::string all = printed(content, "mre-end " + kDigest + " 000");
  for (const std::size_t step : {1U, 7U, 76U, 77U, 1000U}) {
    Reading reading;
    for (std::size_t at = 0; at < all.size(); at += step) {
      CHECK(reading.stream.take(std::string_view(all).substr(at, step)));
    }
    CHECK(reading.begun == 1);
    CHECK(reading.content == content);
    CHECK(reading.stream.sha256() == kDigest);
    CHECK(reading.stream.header().real_path == "/srv/a b");
    CHECK(reading.stream.header().info.permissions == 0640);
    CHECK(reading.stream.header().info.uid == 12);
    CHECK(reading.stream.header().info.modified == 1700000000);
  }
}

TEST_CASE("a stream that ends early or fails is never whole") {
  const std::string dashes(64, '-');
  Reading without;
  without.stream.take(printed("abc", "mre-end " + dashes + " 000"));
  CHECK(without.stream.sha256() == std::string());
  Reading failed;
  failed.stream.take(printed("abc", "mre-end " + dashes + " 001"));
  CHECK_FALSE(failed.stream.sha256());
  Reading cut;
  cut.stream.take(printed(std::string(500, 'x'), ""));
  CHECK_FALSE(cut.stream.sha256());
  Reading none;
  CHECK_FALSE(none.stream.sha256());
  Reading refused;
  refused.stream.take("mre-fail missing /srv/x\n");
  CHECK_FALSE(refused.stream.has_header());
  CHECK(parse_failure(refused.stream.head())->word == "missing");
}

TEST_CASE("a write report has numbers, how it was verified, and the path") {
  const auto report = parse_write_report("noise\nmre-ok 12 digest 1 4755 /srv/a  b\n");
  REQUIRE(report);
  CHECK(report->bytes == 12);
  CHECK(report->by_digest);
  CHECK(report->existed);
  CHECK(report->permissions == 04755);
  CHECK(report->real_path == "/srv/a  b");
  CHECK(parse_write_report("mre-ok 1 size 0 644 /new\nline\n")->real_path == "/new\nline");
  for (const char *text :
       {"", "mre-ok", "mre-ok 12 digest 1 4755 /x", "mre-ok x digest 1 644 /x\n",
        "mre-ok 1 maybe 1 644 /x\n", "mre-ok 1 size 1 899 /x\n", " mre-ok 1 size 1 644 /x\n"}) {
    CHECK_FALSE(parse_write_report(text));
  }
}

TEST_CASE("a failure is a word and what it is about") {
  const auto failed = parse_failure("mre-fail exists /srv/a b\n");
  REQUIRE(failed);
  CHECK(failed->word == "exists");
  CHECK(failed->detail == "/srv/a b");
  CHECK(parse_failure("mre-fail incomplete\n")->detail.empty());
  CHECK_FALSE(parse_failure("all is well\n"));
}

TEST_CASE("a sweep says what it saw, and silence is not gone") {
  CHECK(parse_sweep("mre-sweep:gone\n") == Swept::gone);
  CHECK(parse_sweep("mre-sweep:alive\n") == Swept::alive);
  CHECK(parse_sweep("mre-sweep:unsupported\n") == Swept::unsupported);
  CHECK(parse_sweep("") == Swept::unknown);
  CHECK(parse_sweep("mre-sweep:gonef\n") == Swept::unknown);
}

} // namespace
} // namespace proxmox
