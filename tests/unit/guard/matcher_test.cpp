#include "core/guard/matcher.hpp"
#include "tests/support/catch.hpp"

#include <random>

using namespace mre::guard;

namespace {

using Matches = std::vector<std::pair<std::size_t, std::size_t>>;

// The definition itself: at each place the longest spelling that stands there.
Matches search_slowly(const std::vector<Spelling> &spellings, const std::string &text) {
  Matches found;
  for (std::size_t begin = 0; begin < text.size(); ++begin) {
    std::size_t longest = 0;
    for (const Spelling &spelling : spellings) {
      if (text.compare(begin, spelling.text.size(), spelling.text) == 0) {
        longest = std::max(longest, spelling.text.size());
      }
    }
    if (longest > 0) {
      found.emplace_back(begin, begin + longest);
    }
  }
  return found;
}

Matches search(const Matcher &matcher, const std::string &text) {
  std::vector<Matcher::Match> matches;
  REQUIRE(matcher.scan(text, Matcher::Rest::none, matches) == text.size());
  Matches found;
  for (const Matcher::Match &match : matches) {
    found.emplace_back(match.begin, match.end);
  }
  return found;
}

} // namespace

TEST_CASE("the fast search finds exactly what the definition finds") {
  std::mt19937 random(7);
  const auto word = [&](std::size_t length) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) {
      text += static_cast<char>('a' + random() % 3);
    }
    return text;
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<Spelling> spellings;
    for (std::size_t i = 0; i < 1 + random() % 6; ++i) {
      spellings.push_back({word(6 + random() % 8), false});
    }
    const Matcher matcher(spellings);
    const std::string text = word(random() % 300);
    INFO(text);
    REQUIRE(search(matcher, text) == search_slowly(spellings, text));
  }
}

TEST_CASE("a spelling is found at every offset of a long text") {
  const Matcher matcher({{"needle", false}});
  for (std::size_t before = 0; before < 70; ++before) {
    for (std::size_t after = 0; after < 20; ++after) {
      const std::string text = std::string(before, '.') + "needle" + std::string(after, '.');
      REQUIRE(search(matcher, text) == Matches{{before, before + 6}});
    }
  }
}

TEST_CASE("an empty matcher finds nothing and holds nothing back") {
  const Matcher matcher({});
  std::vector<Matcher::Match> matches;
  CHECK(matcher.scan("anything", Matcher::Rest::follows, matches) == 8);
  CHECK(matches.empty());
}
