#include "object_name.hpp"
#include "tests/support/catch.hpp"

using namespace imagekit;

TEST_CASE("a name says its expiry and is never made twice") {
  const std::string name = make_object_name(1767225600);
  CHECK(name.size() == std::string("mre-1767225600-.bin").size() + 32);
  CHECK(expiry_of(name) == 1767225600);
  CHECK(name != make_object_name(1767225600));
  // Only what ImageKit keeps as it is: letters, digits, "-" and ".".
  CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") == std::string::npos);
}

TEST_CASE("names of any other form are nobody's") {
  const std::string digits = "0123456789abcdef0123456789abcdef";
  CHECK(expiry_of("mre-5-" + digits + ".bin") == 5);
  for (const std::string &name :
       {"mre--" + digits + ".bin", "mre-5-" + digits, "mre-5-" + digits + ".bin.bin",
        "mre-5-" + digits + "0.bin", "mre-5-" + digits.substr(1) + ".bin",
        "mre-5-" + digits.substr(1) + "G.bin", "mre--5-" + digits + ".bin",
        "mre-5x-" + digits + ".bin", "mre-9999999999999-" + digits + ".bin",
        "xmre-5-" + digits + ".bin", std::string("mre-.bin"), std::string("mre-"), std::string(),
        "mre-" + digits + ".bin", "mre-5-" + digits.substr(1) + "A.bin"}) {
    INFO(name);
    CHECK_FALSE(expiry_of(name).has_value());
  }
}
