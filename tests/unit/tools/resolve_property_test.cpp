// The rules of visibility as properties over many random sets of owners; seeds are fixed, so a
// failure repeats.
#include "tests/support/catch.hpp"
#include "tests/unit/tools/owners.hpp"

#include <random>

using namespace mre;
using namespace mre::test;
using tools::OwnerDeclaration;
using tools::Policy;
using tools::Resolution;
using tools::resolve;
using tools::Visibility;

namespace {

struct World {
  std::vector<OwnerDeclaration> owners;
  Policy policy;
};

class Generator {
public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }
  bool one_in(std::size_t n) { return below(n) == 0; }

  // With conflicts: names may clash and owners may suppress each other, the two rules in which
  // order counts.
  World world(bool with_conflicts) {
    World world;
    const std::size_t count = 2 + below(5);
    for (std::size_t i = 0; i < count; ++i) {
      world.owners.push_back(make_owner(i, count, with_conflicts));
    }
    for (std::size_t i = below(3); i > 0; --i) {
      (one_in(2) ? world.policy.deny : world.policy.allow).push_back(selector(count, count));
    }
    world.policy.read_only = one_in(5);
    return world;
  }
  template <class T>
  void shuffle(std::vector<T> &items) {
    std::shuffle(items.begin(), items.end(), random_);
  }

private:
  static std::string id(std::size_t i) { return "o." + std::to_string(i); }
  std::string tool_name(std::size_t i) {
    return "t" + std::to_string(i) + "_" + std::to_string(below(3));
  }
  std::string selector(std::size_t target, std::size_t count) {
    const std::size_t i = target == count ? below(count) : target;
    const std::string name = tool_name(i);
    return one_in(3) ? id(i) + ":*" : one_in(2) ? id(i) + ":" + name : name;
  }
  OwnerDeclaration make_owner(std::size_t i, std::size_t count, bool with_conflicts) {
    OwnerDeclaration out = owner(id(i), {});
    for (std::size_t t = 0; t < 3; ++t) {
      if (!one_in(4)) {
        out.tools.push_back(tool("t" + std::to_string(i) + "_" + std::to_string(t), one_in(2)));
      }
    }
    if (with_conflicts && one_in(2)) {
      out.tools.push_back(tool("shared" + std::to_string(below(3))));
    }
    for (std::size_t s = below(4); s > 0; --s) {
      // Without conflicts everyone hides only tools of owners with a higher number, so no two hide
      // each other's.
      if (!with_conflicts && i + 1 == count) {
        break;
      }
      const std::size_t target = with_conflicts ? below(count) : i + 1 + below(count - i - 1);
      if (target != i) {
        out.suppressions.push_back(hide(selector(target, count), "reason", {}, one_in(3)));
      }
    }
    return out;
  }

  std::mt19937 random_;
};

constexpr unsigned kWorlds = 3000;

std::string render(const Resolution &resolution) {
  std::string text;
  for (const auto &entry : resolution.tools) {
    text += entry.owner + ":" + entry.name + " " + std::string(to_word(entry.state)) + " " +
            entry.by + " " + entry.reason + " " + entry.instead + "\n";
    for (const auto &step : entry.steps) {
      text += "  " + step.rule + "|" + step.by + "|" + step.detail + "\n";
    }
  }
  for (const auto &entry : resolution.refused) {
    text += "refused " + entry.owner + " " + entry.reason + "\n";
  }
  for (const auto &warning : resolution.warnings) {
    text += warning + "\n";
  }
  return text;
}

} // namespace

TEST_CASE("permuting owners without conflicts changes the order of the list, never its members") {
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    Generator generator(seed);
    World world = generator.world(false);
    const Resolution before = resolve(world.owners, world.policy);
    generator.shuffle(world.owners);
    const Resolution after = resolve(world.owners, world.policy);
    INFO("seed " << seed);
    REQUIRE(visible(before) == visible(after));
    REQUIRE(refused(before) == refused(after));
  }
}

TEST_CASE("taking refused owners out of the input changes nothing for the others") {
  unsigned refusals = 0;
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    Generator generator(seed);
    World world = generator.world(true);
    const Resolution before = resolve(world.owners, world.policy);
    const auto gone = refused(before);
    refusals += gone.empty() ? 0 : 1;
    std::vector<OwnerDeclaration> rest;
    for (const auto &entry : world.owners) {
      if (gone.count(entry.owner) == 0) {
        rest.push_back(entry);
      }
    }
    const Resolution after = resolve(rest, world.policy);
    INFO("seed " << seed);
    REQUIRE(visible(before) == visible(after));
    REQUIRE(after.refused.empty());
  }
  CHECK(refusals > kWorlds / 10); // the worlds do exercise refusal
}

TEST_CASE("adding an owner that is accepted never un-hides a tool") {
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    Generator generator(seed);
    const World world = generator.world(false);
    std::vector<OwnerDeclaration> fewer(world.owners.begin(), world.owners.end() - 1);
    const Resolution before = resolve(fewer, world.policy);
    const Resolution after = resolve(world.owners, world.policy);
    // A bigger set may satisfy a requirement and so bring an owner in; only owners that stood
    // before are compared.
    for (const auto &entry : before.tools) {
      const auto *later = find(after, entry.owner, entry.name);
      INFO("seed " << seed << " " << entry.owner << ":" << entry.name);
      REQUIRE(later != nullptr);
      if (entry.state != Visibility::visible && entry.state != Visibility::refused) {
        REQUIRE(later->state != Visibility::visible);
      }
    }
  }
}

TEST_CASE("what is denied is never visible, whatever else is said") {
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    Generator generator(seed);
    World world = generator.world(true);
    const std::string name = "t0_" + std::to_string(generator.below(3));
    world.policy.deny.push_back(name);
    world.policy.allow.push_back(name);
    world.policy.allow.push_back("o.0:*");
    INFO("seed " << seed);
    REQUIRE(visible(resolve(world.owners, world.policy)).count(name) == 0);
  }
}

TEST_CASE("under read-only nothing is visible that does not promise it, whatever is allowed") {
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    Generator generator(seed);
    World world = generator.world(true);
    world.policy.read_only = true;
    for (const auto &entry : world.owners) {
      world.policy.allow.push_back(entry.owner + ":*");
    }
    INFO("seed " << seed);
    for (const auto &entry : resolve(world.owners, world.policy).tools) {
      REQUIRE((entry.state != Visibility::visible || entry.declaration->promises.read_only));
    }
  }
}

TEST_CASE("one wire name is visible at most once") {
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    const World world = Generator(seed).world(true);
    std::set<std::string> seen;
    INFO("seed " << seed);
    for (const auto &entry : resolve(world.owners, world.policy).tools) {
      if (entry.state == Visibility::visible) {
        REQUIRE(seen.insert(entry.name).second);
      }
    }
  }
}

TEST_CASE("equal input gives equal bytes") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    const World world = Generator(seed).world(true);
    const World copy = world;
    REQUIRE(render(resolve(world.owners, world.policy)) ==
            render(resolve(copy.owners, copy.policy)));
  }
}
