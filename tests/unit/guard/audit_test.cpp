#include "core/base/digest.hpp"
#include "core/base/file.hpp"
#include "core/guard/audit.hpp"
#include "core/guard/audit_file.hpp"
#include "core/guard/limits.hpp"
#include "core/guard/redactor.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/config/scratch.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <sstream>

using namespace mre;
using namespace mre::guard;
using mre::test::Scratch;

namespace {

class FixedClock final : public Clock {
public:
  SteadyTime now() const override { return {}; }
  std::chrono::system_clock::time_point wall() const override {
    return std::chrono::system_clock::time_point(std::chrono::milliseconds(1795224055007));
  }
};

struct Fixture {
  Scratch scratch;
  Redactor redactor;
  FixedClock clock;
  std::vector<std::string> logged;
  Log log{LogLevel::info, [this](std::string_view line) { logged.emplace_back(line); }};

  Audit audit(config::AuditMode mode) {
    return Audit({mode, scratch / "state"}, redactor, clock, log);
  }
  std::vector<std::string> lines(const std::string &name = "audit.jsonl") const {
    std::istringstream text(read_file(scratch / ("state/" + name), 1U << 30U).value_or(""));
    std::vector<std::string> list;
    for (std::string line; std::getline(text, line);) {
      list.push_back(line);
    }
    return list;
  }
};

unsigned mode_of(const std::string &path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777U : 0U;
}

} // namespace

TEST_CASE("a call leaves one line before and one after, with the documented fields") {
  Fixture fixture;
  Audit audit = fixture.audit(config::AuditMode::on);
  REQUIRE(
      audit.begin({"c1", "stdio", "ssh_exec_command", "core", "web-1", Json{{"command", "ls"}}}));
  audit.effect({"c1", "core", "web-1", "exec", Json{{"command", "ls"}}});
  audit.end(
      {"c1", "ssh_exec_command", "core", "web-1", "stdio", "exited", "", 0, 12, Milliseconds(31)});
  const std::vector<std::string> lines = fixture.lines();
  REQUIRE(lines.size() == 3);
  const std::string pid = std::to_string(::getpid());
  CHECK(
      lines[0] ==
      R"({"v":1,"time":"2026-11-21T01:20:55.007Z","pid":)" + pid +
          R"(,"seq":1,"call":"c1","phase":"begin","principal":"stdio","tool":"ssh_exec_command","owner":"core","host":"web-1","arguments":{"command":"ls"}})");
  CHECK(
      lines[1] ==
      R"({"v":1,"time":"2026-11-21T01:20:55.007Z","pid":)" + pid +
          R"(,"seq":2,"call":"c1","phase":"effect","owner":"core","host":"web-1","what":"exec","details":{"command":"ls"}})");
  CHECK(
      lines[2] ==
      R"({"v":1,"time":"2026-11-21T01:20:55.007Z","pid":)" + pid +
          R"(,"seq":3,"call":"c1","phase":"end","principal":"stdio","tool":"ssh_exec_command","owner":"core","host":"web-1","outcome":"exited","code":null,"exit_code":0,"bytes":12,"duration_ms":31})");
  CHECK(mode_of(fixture.scratch / "state") == 0700);
  CHECK(mode_of(fixture.scratch / "state/audit.jsonl") == 0600);
}

TEST_CASE("arguments are redacted first and shortened afterwards") {
  Fixture fixture;
  fixture.redactor.add("hunter22");
  Audit audit = fixture.audit(config::AuditMode::on);
  const std::string content = "hunter22" + std::string(300, 'x');
  REQUIRE(audit.begin(
      {"c1", "stdio", "t", "core", "", Json{{"password", "hunter22"}, {"content", content}}}));
  const Json line = Json::parse(fixture.lines().at(0));
  CHECK(line["arguments"]["password"] == "[REDACTED]");
  const std::string clean = "[REDACTED]" + std::string(300, 'x');
  CHECK(line["arguments"]["content"]["bytes"] == clean.size());
  CHECK(line["arguments"]["content"]["sha256"] == sha256_hex(clean));
}

TEST_CASE("no record reaches 4 KiB, whatever is in it") {
  Fixture fixture;
  Audit audit = fixture.audit(config::AuditMode::on);
  Json many;
  for (int i = 0; i < 100; ++i) {
    many["argument" + std::to_string(i)] = std::string(200, '\x01');
  }
  const std::string nasty(5000, '\x02');
  REQUIRE(audit.begin({nasty, nasty, nasty, nasty, nasty + "\xFF", many}));
  audit.end({nasty, nasty, nasty, nasty, nasty, nasty, nasty, 1, 1, Milliseconds(1)});
  audit.effect({nasty, nasty, nasty, nasty, Json(std::string(9000, '"'))});
  const std::vector<std::string> lines = fixture.lines();
  REQUIRE(lines.size() == 3);
  for (const std::string &line : lines) {
    CHECK(line.size() + 1 < limits::kAuditLine);
    CHECK(Json::accept(line));
  }
  CHECK(Json::parse(lines[0])["arguments"].contains("sha256"));
}

TEST_CASE("an audit that cannot be written warns once, or refuses when it is required") {
  Fixture fixture;
  fixture.scratch.write("state", "a file where the folder should be");
  Audit audit = fixture.audit(config::AuditMode::on);
  CHECK(audit.begin({"c1", "stdio", "t", "core", "", {}}));
  CHECK(audit.begin({"c2", "stdio", "t", "core", "", {}}));
  REQUIRE(fixture.logged.size() == 1);
  CHECK(fixture.logged[0].find("audit_failed") != std::string::npos);
  Audit required = fixture.audit(config::AuditMode::required);
  const Result<void> refused = required.begin({"c1", "stdio", "t", "core", "", {}});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::denied);
  CHECK(refused.error().message.find("MRE_AUDIT") != std::string::npos);
  // Repaired: it writes again, and the next trouble is worth a new warning.
  std::filesystem::remove(fixture.scratch / "state");
  CHECK(required.begin({"c2", "stdio", "t", "core", "", {}}));
  CHECK(fixture.lines().size() == 1);
}

TEST_CASE("a required audit refuses calls while the disk does not take what was written") {
  static int trouble = 0;
  const auto disk = [](int) {
    errno = trouble;
    return trouble == 0 ? 0 : -1;
  };
  Fixture fixture;
  constexpr std::chrono::hours kNever{24}; // by itself
  Audit audit({config::AuditMode::required, fixture.scratch / "state", kNever, disk},
              fixture.redactor, fixture.clock, fixture.log);
  CHECK(audit.begin({"c1", "stdio", "t", "core", "", {}}));
  trouble = EIO;
  audit.sync();
  const Result<void> refused = audit.begin({"c2", "stdio", "t", "core", "", {}});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::denied);
  CHECK(refused.error().message.find("does not reach the disk") != std::string::npos);
  REQUIRE(fixture.logged.size() == 1);
  CHECK(fixture.logged[0].find("audit_sync_failed") != std::string::npos);
  Audit warning({config::AuditMode::on, fixture.scratch / "state", kNever, disk}, fixture.redactor,
                fixture.clock, fixture.log);
  CHECK(warning.begin({"c3", "stdio", "t", "core", "", {}}));
  trouble = 0;
  CHECK(audit.begin({"c4", "stdio", "t", "core", "", {}}));
}

TEST_CASE("what is not on the disk yet is known, also when it was rotated away") {
  Fixture fixture;
  const auto inode = [&](const std::string &name) {
    struct stat info {};
    return ::stat((fixture.scratch / ("state" + name)).c_str(), &info) == 0 ? info.st_ino : 0;
  };
  const auto taken = [](AuditFile &file) {
    std::set<ino_t> inodes;
    for (const UniqueFd &fd : file.take_unsynced()) {
      struct stat info {};
      REQUIRE(::fstat(fd.get(), &info) == 0);
      inodes.insert(info.st_ino);
    }
    return inodes;
  };
  AuditFile file(fixture.scratch / "state", {40, 3});
  CHECK(taken(file).empty());
  REQUIRE(file.append("one, of a good thirty bytes...\n"));
  CHECK(taken(file) == std::set<ino_t>{inode(""), inode("/audit.jsonl")});
  CHECK(taken(file).empty());
  REQUIRE(file.append("2\n"));
  REQUIRE(file.append("three, which needs a new file.\n"));
  CHECK(taken(file) == std::set<ino_t>{inode(""), inode("/audit.jsonl"), inode("/audit.jsonl.1")});
  CHECK(taken(file).empty());
}

TEST_CASE("an audit that is off leaves no trace") {
  Fixture fixture;
  Audit audit = fixture.audit(config::AuditMode::off);
  CHECK(audit.begin({"c1", "stdio", "t", "core", "", {}}));
  CHECK_FALSE(std::filesystem::exists(fixture.scratch / "state"));
}

TEST_CASE("files are rotated at their size, the oldest is dropped") {
  Fixture fixture;
  AuditFile file(fixture.scratch / "state", {100, 3});
  for (int i = 10; i < 60; ++i) {
    REQUIRE(file.append("line " + std::to_string(i) + std::string(22, '.') +
                        "\n")); // 30 bytes: three to a file
  }
  CHECK(fixture.lines().front().substr(0, 7) == "line 58");
  CHECK(fixture.lines("audit.jsonl.1").front().substr(0, 7) == "line 55");
  CHECK(fixture.lines("audit.jsonl.2").front().substr(0, 7) == "line 52");
  CHECK_FALSE(std::filesystem::exists(fixture.scratch / "state/audit.jsonl.3"));
  CHECK(mode_of(fixture.scratch / "state/audit.jsonl") == 0600);
}

TEST_CASE("processes that write and rotate together lose no line and tear none") {
  Fixture fixture;
  constexpr int kProcesses = 4;
  constexpr int kLines = 200;
  std::vector<pid_t> children;
  for (int child = 0; child < kProcesses; ++child) {
    const pid_t pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      AuditFile file(fixture.scratch / "state", {1000, 200});
      bool is_good = true;
      for (int i = 0; i < kLines; ++i) {
        is_good = file.append("p" + std::to_string(child) + "-" + std::to_string(i) + "-end\n")
                      .has_value() &&
                  is_good;
      }
      ::_exit(is_good ? 0 : 1);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) {
    int status = 1;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    CHECK(status == 0);
  }
  std::set<std::string> seen;
  for (const auto &entry : std::filesystem::directory_iterator(fixture.scratch / "state")) {
    const std::string name = entry.path().filename().string();
    CHECK(entry.file_size() <= 1000);
    for (const std::string &line :
         name == "audit.lock" ? std::vector<std::string>() : fixture.lines(name)) {
      CHECK(line.substr(line.size() - 4) == "-end");
      CHECK(seen.insert(line).second);
    }
  }
  CHECK(seen.size() == kProcesses * kLines);
}
