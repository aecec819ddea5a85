#include "core/builtin/output_window.hpp"
#include "tests/support/catch.hpp"

#include <random>

using mre::builtin::OutputWindow;

TEST_CASE("a window holds everything up to its capacity, then head and tail, in any pieces") {
  std::mt19937 random(3);
  for (int round = 0; round < 500; ++round) {
    const std::size_t half = 1 + random() % 50U;
    const std::size_t size = random() % 300U;
    std::string all;
    for (std::size_t i = 0; i < size; ++i) {
      all += static_cast<char>('a' + random() % 26U);
    }
    OutputWindow window(half);
    for (std::size_t at = 0; at < size;) {
      const std::size_t part = 1 + random() % 40U;
      window.add(std::string_view(all).substr(at, part));
      at += part;
    }
    INFO("half " << half << " size " << size);
    REQUIRE(window.total_bytes() == size);
    REQUIRE(window.is_whole() == (size <= 2 * half));
    REQUIRE(window.head() == all.substr(0, half));
    if (window.is_whole()) {
      REQUIRE(window.head() + std::string(window.tail()) == all);
    } else {
      REQUIRE(window.tail() == all.substr(size - half));
    }
  }
}

TEST_CASE("line ends and NUL bytes are counted also where they are dropped") {
  OutputWindow window(2);
  window.add("a\nb\n");
  window.add(std::string_view("\0\n", 2));
  window.add("cccccc");
  CHECK(window.line_ends() == 3);
  CHECK(window.has_nul());
}
