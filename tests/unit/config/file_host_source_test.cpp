#include "core/config/file_host_source.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/config/scratch.hpp"

using namespace mre;
using namespace mre::config;
using mre::test::Scratch;

namespace {

// A wall clock far ahead of every time stamp: files count as settled at once.
class LateClock final : public Clock {
public:
  SteadyTime now() const override { return {}; }
  std::chrono::system_clock::time_point wall() const override {
    return std::chrono::system_clock::now() + std::chrono::hours(1);
  }
};

std::string book_with(const std::string &name) {
  return R"({"hosts": {")" + name + R"(": {"host": "x", "password_env": "PASS"}}})";
}

struct Source {
  Scratch scratch;
  LateClock clock;
  int readings = 0;
  std::unique_ptr<FileHostSource> source;

  explicit Source(const std::string &text) {
    HostBookInput input;
    input.file = scratch.write("hosts.json", text);
    input.variables = {{"PASS", "correct horse"}};
    auto first = std::make_shared<HostBook>(read_host_book(input).book);
    source = std::make_unique<FileHostSource>(
        input, first, clock, [this](const HostBookReading &reading) {
          ++readings;
          CHECK(reading.book.hosts.empty() == reading.secrets.empty());
          CHECK((reading.secrets.empty() ||
                 reading.secrets == std::vector<std::string>{"correct horse"}));
        });
  }
};

} // namespace

TEST_CASE("an edit shows at the next look, and an unchanged file is not read again") {
  Source fixture(book_with("one"));
  CHECK(fixture.source->hosts()->hosts.count("one") == 1);
  const int after_first = fixture.readings;
  const HostBookPtr same = fixture.source->hosts();
  CHECK(fixture.source->hosts() == same);
  CHECK(fixture.readings == after_first);
  fixture.scratch.write("hosts.json", book_with("three"));
  CHECK(fixture.source->hosts()->hosts.count("three") == 1);
  CHECK(fixture.readings == after_first + 1);
}

TEST_CASE("a broken edit keeps the last good hosts and says why, until it is repaired") {
  Source fixture(book_with("one"));
  fixture.scratch.write("hosts.json", "{\"hosts\": {");
  const HostBookPtr broken = fixture.source->hosts();
  CHECK(broken->hosts.count("one") == 1);
  CHECK(broken->warning.find("not valid JSON") != std::string::npos);
  fixture.scratch.write("hosts.json", book_with("two"));
  const HostBookPtr repaired = fixture.source->hosts();
  CHECK(repaired->warning.empty());
  CHECK(repaired->hosts.count("two") == 1);
}

TEST_CASE("a replaced file of equal size and a deleted one are noticed") {
  Source fixture(book_with("one"));
  fixture.source->hosts();
  const std::string other = fixture.scratch.write("other", book_with("two"));
  std::filesystem::rename(other, fixture.scratch / "hosts.json");
  CHECK(fixture.source->hosts()->hosts.count("two") == 1);
  std::filesystem::remove(fixture.scratch / "hosts.json");
  CHECK(fixture.source->hosts()->hosts.empty());
}

TEST_CASE(
    "an edit of an included file, and a new file in an included folder, show at the next look") {
  Scratch scratch;
  LateClock clock;
  scratch.write("conf.d/a", "Host one\n");
  HostBookInput input;
  input.ssh_config = SshConfigPlaces{
      scratch.write("config", "Include " + (scratch / "conf.d/*") + "\n"), "", true, ""};
  int readings = 0;
  FileHostSource source(input, std::make_shared<HostBook>(), clock,
                        [&](const HostBookReading &) { ++readings; });
  CHECK(source.hosts()->hosts.count("one") == 1);
  source.hosts();
  const int settled = readings;
  source.hosts();
  CHECK(readings == settled);
  scratch.write("conf.d/a", "Host other-name\n");
  CHECK(source.hosts()->hosts.count("other-name") == 1);
  scratch.write("conf.d/b", "Host two\n");
  CHECK(source.hosts()->hosts.count("two") == 1);
  scratch.write("conf.d/b", "Host two\n  Port many\n");
  CHECK(source.hosts()->hosts.count("two") == 1);
  CHECK(source.hosts()->warning.find("conf.d/b line 2") != std::string::npos);
}
