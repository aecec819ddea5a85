#include "core/base/wildcard.hpp"
#include "tests/support/catch.hpp"

using namespace mre;

TEST_CASE("stars and question marks match as in OpenSSH's files") {
  CHECK(matches_wildcard("*", ""));
  CHECK(matches_wildcard("*.example.com", "web.example.com"));
  CHECK_FALSE(matches_wildcard("*.example.com", "example.com"));
  CHECK(matches_wildcard("192.168.?.1", "192.168.7.1"));
  CHECK_FALSE(matches_wildcard("192.168.?.1", "192.168.17.1"));
  CHECK(matches_wildcard("a*b*c", "aXbYbZc"));
  CHECK_FALSE(matches_wildcard("a*b*c", "aXbYbZ"));
  CHECK_FALSE(matches_wildcard("", "a"));
  CHECK_FALSE(matches_wildcard("Web", "web"));
}

TEST_CASE("a negated pattern ends a list's claim wherever it stands") {
  CHECK(match_pattern_list("web-*,db", "db") == ListMatch::matched);
  CHECK(match_pattern_list("web-*,!web-2", "web-2") == ListMatch::negated);
  CHECK(match_pattern_list("!web-2,web-*", "web-2") == ListMatch::negated);
  CHECK(match_pattern_list("!web-2", "web-1") == ListMatch::none);
  CHECK(match_pattern_list("", "web") == ListMatch::none);
}

TEST_CASE("a pattern of many stars takes no time") {
  const std::string text(20000, 'a');
  std::string pattern;
  for (int i = 0; i < 200; ++i) {
    pattern += "*a";
  }
  CHECK_FALSE(matches_wildcard(pattern + "*b", text));
}
