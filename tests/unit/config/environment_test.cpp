#include "core/config/environment.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>

TEST_CASE("the snapshot holds what is set and does not follow later changes") {
  REQUIRE(::setenv("MRE_TEST_SNAPSHOT", "a=b", 1) == 0);
  const auto snapshot = mre::config::snapshot_environment();
  ::unsetenv("MRE_TEST_SNAPSHOT");
  REQUIRE(snapshot.count("MRE_TEST_SNAPSHOT") == 1);
  CHECK(snapshot.at("MRE_TEST_SNAPSHOT") == "a=b");
  CHECK(mre::config::snapshot_environment().count("MRE_TEST_SNAPSHOT") == 0);
}
