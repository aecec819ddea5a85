#include "core/mcp/uri_template.hpp"
#include "tests/support/catch.hpp"

#include <string>

using mre::mcp::matches_template;

TEST_CASE("a variable stands for at least one character of a simple value") {
  CHECK(matches_template("test://item/{id}", "test://item/5"));
  CHECK(matches_template("test://item/{id}/data", "test://item/a%20b/data"));
  CHECK_FALSE(matches_template("test://item/{id}", "test://item/"));
  CHECK_FALSE(matches_template("test://item/{id}", "test://item/5/6"));
  CHECK_FALSE(matches_template("test://item/{id}/data", "test://item/5/other"));
}

TEST_CASE("several variables and repeated text are matched by going back") {
  CHECK(matches_template("{a}-{b}", "x-y"));
  CHECK(matches_template("{a}-end", "x-end-end"));
  CHECK(matches_template("{a}.{b}.txt", "a.b.c.txt"));
  CHECK_FALSE(matches_template("{a}-end", "-end"));
}

TEST_CASE("a template without its closing brace matches nothing it should not") {
  CHECK_FALSE(matches_template("test://{id", "test://5"));
  CHECK(matches_template("plain", "plain"));
  CHECK_FALSE(matches_template("plain", "plainer"));
}

TEST_CASE("a hostile uri is refused in reasonable time") {
  const std::string uri = std::string(20000, 'a') + "!";
  CHECK_FALSE(matches_template("{a}a{b}a{c}b", uri));
}
