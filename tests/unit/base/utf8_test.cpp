#include "core/base/utf8.hpp"
#include "tests/support/catch.hpp"

using namespace mre;

TEST_CASE("repair replaces each broken sequence once and keeps everything else") {
  CHECK(utf8::repair("a\xE2\x82\xAC"
                     "b") == "a\xE2\x82\xAC"
                             "b");
  CHECK(utf8::repair("\xFF") == "\xEF\xBF\xBD");
  CHECK(utf8::repair("\xE2\x82") == "\xEF\xBF\xBD");
  CHECK(utf8::repair("\xED\xA0\x80").size() == 9); // a surrogate is three broken bytes
  CHECK(utf8::is_valid(utf8::repair("\xC0\xAF\xF8\x80\xE2\x28\xA1")));
}

TEST_CASE("cutting by characters never splits one") {
  const std::string text = "a\xE2\x82\xAC"
                           "b\xF0\x9F\x98\x80";
  CHECK(utf8::count(text) == 4);
  CHECK(utf8::prefix_bytes(text, 2) == 4);
  CHECK(utf8::prefix_bytes(text, 99) == text.size());
  CHECK(utf8::suffix_bytes(text, 1) == 4);
  CHECK(utf8::suffix_bytes(text, 2) == 5);
}

TEST_CASE("an incomplete character at the end is told apart from a broken one") {
  CHECK(utf8::incomplete_tail("a\xE2\x82") == 2);
  CHECK(utf8::incomplete_tail("a\xE2\x82\xAC") == 0);
  CHECK(utf8::incomplete_tail("a\xF0") == 1);
  CHECK(utf8::incomplete_tail("\xFF") == 0);
}

TEST_CASE("a NUL byte or mostly invalid bytes look binary, Latin-1 prose does not") {
  CHECK(utf8::looks_binary(std::string("a\0b", 3)));
  CHECK(utf8::looks_binary("\xFF\xFE\xFD\xFC"));
  CHECK_FALSE(utf8::looks_binary("caf\xE9")); // a word in Latin-1 is text, not "mostly invalid"
  CHECK_FALSE(utf8::looks_binary("\xFF\xFE ok\n"));
  CHECK(utf8::looks_binary("\xFF\xFE ok"));
  CHECK_FALSE(utf8::looks_binary("a long line of text with one \xE9 in it"));
  CHECK_FALSE(utf8::looks_binary(""));
}
