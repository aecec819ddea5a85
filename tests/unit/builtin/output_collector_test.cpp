#include "core/builtin/output_collector.hpp"
#include "tests/unit/builtin/bench.hpp"

#include <filesystem>

using namespace mre;
using namespace mre::test;
using ssh::Stream;

namespace {

struct Collected {
  explicit Collected(Bench &bench, std::size_t limit = 100) {
    collector = std::make_unique<builtin::OutputCollector>(
        bench.services(), call, limit,
        [this](builtin::OutputCollector &, Result<ssh::ExecEnd>) { ended = true; });
  }
  std::shared_ptr<FakeCall> call = std::make_shared<FakeCall>();
  std::unique_ptr<builtin::OutputCollector> collector;
  bool ended = false;

  void end() { collector->on_end(fake_end(ssh::Outcome::exited, 0)); }
};

} // namespace

TEST_CASE("small output never touches the disk") {
  Bench bench;
  Collected collected(bench);
  collected.collector->on_output(Stream::out, std::string(100, 'x'));
  collected.end();
  CHECK(collected.ended);
  CHECK(collected.collector->output_id().empty());
  CHECK(!std::filesystem::exists(bench.folder / "state"));
}

TEST_CASE("output that is cut is in the spool, whole, on both streams") {
  Bench bench;
  Collected collected(bench);
  collected.collector->on_output(Stream::err, "first\n");
  for (int i = 1; i <= 500; ++i) {
    collected.collector->on_output(Stream::out, std::to_string(i) + "\n");
  }
  collected.collector->on_output(Stream::err, "last\n");
  collected.end();
  const std::string id = collected.collector->output_id();
  REQUIRE(!id.empty());
  ssh::SpoolQuery query;
  query.lines = 1000;
  const auto out = bench.spool.read(id, query);
  REQUIRE(out);
  REQUIRE(out->lines.size() == 500);
  CHECK(out->lines[499].text == "500");
  query.stream = Stream::err;
  const auto err = bench.spool.read(id, query);
  REQUIRE(err->lines.size() == 2);
  CHECK(err->lines[1].text == "last");
}

TEST_CASE("output one character beyond the limit is spooled at the end") {
  Bench bench;
  Collected collected(bench);
  collected.collector->on_output(Stream::out, std::string(101, 'x'));
  collected.end();
  CHECK(!collected.collector->output_id().empty());
}

TEST_CASE("secrets are gone from result, spool and progress, also across chunks") {
  Bench bench;
  bench.redactor.add("s3cret-value");
  Collected collected(bench);
  collected.call->progress_wanted = true;
  collected.collector->on_output(Stream::out, "before s3cre");
  collected.collector->on_output(Stream::out,
                                 "t-value after\n" + std::string(3000, 'x') + "\ns3cret-value\n");
  collected.end();
  std::string all = collected.collector->window(Stream::out).head() +
                    std::string(collected.collector->window(Stream::out).tail());
  ssh::SpoolQuery query;
  query.character_limit = 100000;
  const auto page = bench.spool.read(collected.collector->output_id(), query);
  REQUIRE(page);
  for (const auto &line : page->lines) {
    all += line.text;
  }
  for (const auto &progress : collected.call->record().progress) {
    all += progress.message;
  }
  CHECK(!contains(all, "s3cret"));
  CHECK(contains(all, "before [REDACTED] after"));
}

TEST_CASE("progress tells lines, bytes and the last line, and only to who wants it") {
  Bench bench;
  Collected quiet(bench);
  quiet.collector->on_output(Stream::out, "x\n");
  CHECK(quiet.call->record().progress.empty());
  Collected loud(bench);
  loud.call->progress_wanted = true;
  loud.collector->on_output(Stream::out, "one\ntwo\n");
  loud.collector->on_output(Stream::err, "three\n");
  const auto progress = loud.call->record().progress;
  REQUIRE(progress.size() == 2);
  CHECK(progress[0].done == 8);
  CHECK(progress[0].message == "2 lines, 8 bytes: two");
  CHECK(progress[1].done == 14);
  CHECK(progress[1].message == "3 lines, 14 bytes: three");
}

TEST_CASE("a gigabyte of output holds no more memory than its windows") {
  Bench bench;
  Collected collected(bench, 1000);
  const std::string chunk(1U << 20U, 'x');
  for (int i = 0; i < 256; ++i) {
    collected.collector->on_output(Stream::out, chunk);
  }
  collected.end();
  const auto &window = collected.collector->window(Stream::out);
  CHECK(window.total_bytes() == 256ULL << 20U);
  CHECK(window.head().size() + window.tail().size() <= window.capacity());
}

TEST_CASE("without a state folder output is still cut, only not kept") {
  Bench bench;
  ssh::OutputSpool nowhere("", 1000, bench.clock, bench.log);
  builtin::ExecServices services{bench.engine, nowhere, bench.redactor};
  const auto call = std::make_shared<FakeCall>();
  builtin::OutputCollector collector(services, call, 100,
                                     [](builtin::OutputCollector &, Result<ssh::ExecEnd>) {});
  collector.on_output(Stream::out, std::string(5000, 'x'));
  collector.on_end(fake_end(ssh::Outcome::exited, 0));
  CHECK(collector.output_id().empty());
}
