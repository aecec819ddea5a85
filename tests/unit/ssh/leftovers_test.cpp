// Removing what a lost link left: again when the first look comes too early, and never waited for.
#include "core/base/guarded.hpp"
#include "core/ssh/leftovers.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/eventually.hpp"

#include <deque>

using namespace mre;
using namespace mre::testing;

namespace {

// Answers each removal with the next of a list; with success when the list is empty.
struct ScriptedFarSide {
  Guarded<std::deque<Errc>> answers;
  Guarded<std::vector<std::string>> asked;

  ssh::Leftovers::Remove remove() {
    return [this](const config::HostConfig &host, const std::string &path) -> Result<void> {
      asked.with([&](auto &list) { list.push_back(host.name + ":" + path); });
      return answers.with([](auto &list) -> Result<void> {
        if (list.empty()) {
          return {};
        }
        const Errc code = list.front();
        list.pop_front();
        return Error{code, "scripted", {}};
      });
    };
  }
  std::size_t times() {
    return asked.with([](const auto &list) { return list.size(); });
  }
};

config::HostConfig named(const std::string &name) {
  config::HostConfig host;
  host.name = name;
  return host;
}

} // namespace

TEST_CASE("a file that is there is removed once") {
  ScriptedFarSide far;
  const Log log(LogLevel::error);
  ssh::Leftovers leftovers(far.remove(), log);
  leftovers.remove(named("web"), "/tmp/part");
  CHECK(eventually([&] { return far.times() == 1; }));
  far.asked.with([](const auto &list) { CHECK(list.front() == "web:/tmp/part"); });
}

TEST_CASE("a file that is not there yet, or cannot be reached yet, is looked for again") {
  for (const Errc first : {Errc::not_found, Errc::unreachable}) {
    ScriptedFarSide far;
    far.answers.with([&](auto &list) { list = {first}; });
    const Log log(LogLevel::error);
    ssh::Leftovers leftovers(far.remove(), log);
    leftovers.remove(named("web"), "/tmp/part");
    CHECK(eventually([&] { return far.times() == 2; }));
  }
}

TEST_CASE("an end does not wait for looks that are still to come") {
  ScriptedFarSide far;
  far.answers.with([](auto &list) { list = {Errc::not_found, Errc::not_found}; });
  {
    const Log log(LogLevel::error);
    ssh::Leftovers leftovers(far.remove(), log);
    leftovers.remove(named("web"), "/tmp/part");
    CHECK(eventually([&] { return far.times() >= 1; }));
  }
  CHECK(far.times() <= 2);
}
