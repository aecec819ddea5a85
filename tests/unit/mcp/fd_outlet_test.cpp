#include "core/base/guarded.hpp"
#include "core/base/unique_fd.hpp"
#include "core/guard/limits.hpp"
#include "core/mcp/fd_outlet.hpp"
#include "tests/support/catch.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

using namespace mre;
using namespace mre::mcp;
using namespace std::chrono_literals;

namespace {

struct Fixture {
  Fixture() {
    int ends[2] = {-1, -1};
    REQUIRE(::pipe(ends) == 0);
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
  std::string read_all_lines(std::size_t count) {
    std::string all;
    char buffer[65536];
    while (static_cast<std::size_t>(std::count(all.begin(), all.end(), '\n')) < count) {
      const ssize_t got = ::read(read.get(), buffer, sizeof buffer);
      if (got <= 0) {
        break;
      }
      all.append(buffer, static_cast<std::size_t>(got));
    }
    return all;
  }
  bool wait_gone() {
    return gone.wait_until(
        std::chrono::steady_clock::now() + 10s, [](int count) { return count > 0; },
        [](int count, bool) { return count == 1; });
  }

  UniqueFd read, write;
  Guarded<int> gone;
  Log log{LogLevel::error, [](std::string_view) {}};
};

std::function<void()> counter(Guarded<int> &gone) {
  return [&gone] {
    gone.with([](int &count) { ++count; });
    gone.notify_all();
  };
}

} // namespace

TEST_CASE("lines of many threads never mix") {
  Fixture fixture;
  FdOutlet outlet(fixture.write.get(), fixture.log, {});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int line = 0; line < 50; ++line) {
        outlet.send({.text = std::string(5000, static_cast<char>('a' + i))});
      }
    });
  }
  const std::string all = fixture.read_all_lines(200);
  for (auto &thread : threads) {
    thread.join();
  }
  std::size_t at = 0;
  for (int line = 0; line < 200; ++line) {
    REQUIRE(all.size() >= at + 5001);
    CHECK(all.substr(at, 5001) == std::string(5000, all[at]) + "\n");
    at += 5001;
  }
  CHECK(outlet.flush(10s));
}

TEST_CASE("a reader that went away is noticed once") {
  Fixture fixture;
  FdOutlet outlet(fixture.write.get(), fixture.log, counter(fixture.gone));
  fixture.read.reset();
  outlet.send({.text = "nobody reads this"});
  CHECK(fixture.wait_gone());
  outlet.send({.text = "nor this"});
  CHECK_FALSE(outlet.flush(1s));
  CHECK(fixture.gone.with([](int count) { return count; }) == 1);
}

TEST_CASE("a slow reader loses progress first and is given up in the end") {
  Fixture fixture;
  FdOutlet outlet(fixture.write.get(), fixture.log, counter(fixture.gone));
  const std::string megabyte(1U << 20U, 'x');
  outlet.send({.text = megabyte});
  outlet.send({.text = megabyte});
  outlet.send({.text = "progress", .may_drop = true});
  outlet.send({.text = "answer"});
  const std::string all = fixture.read_all_lines(3);
  CHECK(all.find("progress") == std::string::npos);
  CHECK(all.find("answer") != std::string::npos);
  // Now it stops reading altogether; send() must come back all the same.
  for (std::size_t sent = 0; sent <= limits::kOutletBytes + megabyte.size();
       sent += megabyte.size()) {
    outlet.send({.text = megabyte});
  }
  CHECK(fixture.wait_gone());
}
