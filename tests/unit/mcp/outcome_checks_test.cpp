#include "core/mcp/outcome_checks.hpp"
#include "tests/support/catch.hpp"

using namespace mre;
using namespace mre::mcp;

TEST_CASE("a record has no value of an argument that is write-only") {
  const Json schema = {
      {"type", "object"},
      {"properties",
       {{"name", {{"type", "string"}}}, {"password", {{"type", "string"}, {"writeOnly", true}}}}}};
  const auto input = tools::JsonSchema::compile(schema);
  REQUIRE(input);
  const Json given = {{"name", "web"}, {"password", "correct horse"}};
  CHECK(without_secrets(given, input->get()) == Json{{"name", "web"}, {"password", "[REDACTED]"}});
  // One that is refused for its type is a secret all the same.
  CHECK(without_secrets({{"password", {"correct", "horse"}}}, input->get()) ==
        Json{{"password", "[REDACTED]"}});
  CHECK(without_secrets(given, nullptr) == given);
  CHECK(without_secrets("text", input->get()) == "text");
}
