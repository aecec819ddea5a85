#include "core/mcp/client_abilities.hpp"
#include "tests/support/catch.hpp"

using namespace mre;
using namespace mre::mcp;

TEST_CASE("an empty elicitation capability means forms and no pages") {
  CHECK(client_can({{"elicitation", Json::object()}}, "elicitation/create"));
  CHECK_FALSE(client_can({{"elicitation", Json::object()}}, "elicitation/create:url"));
  CHECK_FALSE(client_can({{"elicitation", {{"url", Json::object()}}}}, "elicitation/create"));
  CHECK(client_can({{"elicitation", {{"url", Json::object()}}}}, "elicitation/create:url"));
  CHECK_FALSE(client_can(Json::object(), "elicitation/create"));
  CHECK_FALSE(client_can({{"elicitation", true}}, "elicitation/create"));
}

TEST_CASE("tasks are taken by who declares the extension") {
  CHECK(client_takes_tasks({{"extensions", {{kTasksExtension, Json::object()}}}}));
  CHECK_FALSE(client_takes_tasks({{"extensions", Json::object()}}));
  CHECK_FALSE(client_takes_tasks({{"tasks", Json::object()}}));
}

TEST_CASE("what is missing is named as the client would declare it") {
  CHECK(client_can(required_capability("elicitation/create"), "elicitation/create"));
  CHECK(client_can(required_capability("elicitation/create:url"), "elicitation/create:url"));
  CHECK(client_can(required_capability("sampling/createMessage"), "sampling/createMessage"));
  CHECK(client_can(required_capability("roots/list"), "roots/list"));
}
