#include "core/base/encoding.hpp"
#include "core/base/utf8.hpp"
#include "core/builtin/shown_output.hpp"
#include "tests/support/catch.hpp"

using namespace mre;
using namespace mre::builtin;

namespace {

OutputWindow window(std::string_view bytes, std::size_t limit = 100) {
  OutputWindow out((limit + 1) / 2 * 4);
  out.add(bytes);
  return out;
}

std::string repeat(const std::string &text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) {
    out += text;
  }
  return out;
}

} // namespace

TEST_CASE("what fits exactly is whole, one character more is cut") {
  const auto fits = window(std::string(60, 'a'));
  const auto err = window(std::string(40, 'b'));
  CHECK(!needs_cut(fits, err, 100));
  CHECK(show_output(fits, err, 100, "").out.text == std::string(60, 'a'));
  CHECK(needs_cut(window(std::string(61, 'a')), err, 100));
}

TEST_CASE("characters count, not bytes") {
  const auto out = window(repeat("\xF0\x9F\x98\x80", 100));
  CHECK(!needs_cut(out, window(""), 100));
  CHECK(!show_output(out, window(""), 100, "").out.cut);
}

TEST_CASE("the small stream is whole and the large one gets the rest") {
  const auto out = window(std::string(100, 'a') + std::string(5000, 'x') + std::string(100, 'z'));
  const auto shown = show_output(out, window("error\n"), 100, "id1");
  CHECK(shown.err.text == "error\n");
  CHECK(!shown.err.cut);
  CHECK(shown.out.cut);
  CHECK(shown.out.text.rfind(std::string(47, 'a') + "\n[... ", 0) == 0);
  CHECK(shown.out.text.substr(shown.out.text.size() - 47) == std::string(47, 'z'));
  CHECK(shown.out.text.find("5106 of 5200 bytes cut") != std::string::npos);
  CHECK(shown.out.text.find("output_id id1") != std::string::npos);
}

TEST_CASE("two large streams share the limit") {
  const auto big = window(std::string(5000, 'x'));
  const auto shown = show_output(big, big, 100, "");
  CHECK(shown.out.cut);
  CHECK(shown.err.cut);
  for (const auto *stream : {&shown.out, &shown.err}) {
    std::size_t count = 0;
    for (const char c : stream->text) {
      count += c == 'x' ? 1 : 0;
    }
    CHECK(count == 50);
  }
}

TEST_CASE("a cut never splits a character, also where bytes were dropped within one") {
  for (int shift = 0; shift < 4; ++shift) {
    const auto out = window(std::string(static_cast<std::size_t>(shift), 'a') +
                            repeat("\xF0\x9F\x98\x80", 3000));
    const auto shown = show_output(out, window(""), 100, "");
    CHECK(utf8::is_valid(shown.out.text));
    CHECK(!shown.out.base64);
    CHECK(shown.out.text.find("\xEF\xBF\xBD") == std::string::npos);
  }
}

TEST_CASE(
    "binary is base64, also when the NUL was in the dropped middle, and what is shown decodes") {
  CHECK(show_output(window(std::string_view("\0\1\377", 3)), window(""), 100, "").out.text ==
        "AAH/");
  OutputWindow out(200);
  out.add(std::string(1000, 'a'));
  out.add(std::string(1, '\0'));
  out.add(std::string(1000, 'b'));
  const auto shown = show_output(out, window(""), 100, "");
  CHECK(shown.out.base64);
  CHECK(shown.out.cut);
  CHECK(shown.out.text.size() <= 100);
  CHECK(base64_decode(shown.out.text));
}

TEST_CASE("base64 counts as long as it is") {
  const std::string bytes(75, '\0');
  CHECK(!needs_cut(window(bytes), window(""), 100));
  CHECK(needs_cut(window(bytes + "x"), window(""), 100));
}
