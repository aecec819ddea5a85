#include "core/tools/answer_check.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace mre;
using namespace mre::tools;

namespace {

InputRequest form(Json properties, Json required = Json::array()) {
  return {"q",
          "elicitation/create",
          {{"message", "?"},
           {"requestedSchema",
            {{"type", "object"},
             {"properties", std::move(properties)},
             {"required", std::move(required)}}}}};
}

bool fits(const InputRequest &question, const Json &answer) {
  return check_answer(question, answer).has_value();
}

} // namespace

TEST_CASE("an accepted form has to fit what was asked, and may hold more") {
  const auto question = form({{"age", {{"type", "integer"}, {"minimum", 18}}}}, {"age"});
  CHECK(fits(question, {{"action", "accept"}, {"content", {{"age", 18}}}}));
  CHECK(fits(question, {{"action", "accept"}, {"content", {{"age", 18}, {"name", "Ann"}}}}));
  CHECK_FALSE(fits(question, {{"action", "accept"}, {"content", {{"age", 17}}}}));
  CHECK_FALSE(fits(question, {{"action", "accept"}, {"content", {{"age", "18"}}}}));
  CHECK_FALSE(fits(question, {{"action", "accept"}, {"content", Json::object()}}));
  CHECK_FALSE(fits(question, {{"action", "accept"}, {"content", nullptr}}));
  CHECK_FALSE(fits(question, {{"action", "accept"}}));
}

TEST_CASE("declining and cancelling need no content") {
  const auto question = form({{"age", {{"type", "integer"}}}}, {"age"});
  CHECK(fits(question, {{"action", "decline"}}));
  CHECK(fits(question, {{"action", "cancel"}, {"content", nullptr}}));
}

TEST_CASE("what is no answer at all is refused with the question's key") {
  const auto question = form(Json::object());
  for (const Json &answer : {Json(5), Json(nullptr), Json::array(), Json::object(),
                             Json{{"action", "perhaps"}}, Json{{"action", 1}}}) {
    INFO(answer.dump());
    const auto checked = check_answer(question, answer);
    REQUIRE_FALSE(checked.has_value());
    CHECK(checked.error().code == Errc::bad_argument);
    CHECK(checked.error().message.find("'q'") != std::string::npos);
  }
}

TEST_CASE("enums of every form are checked where the schema says so") {
  const auto single = form({{"pick", {{"type", "string"}, {"enum", {"a", "b"}}}}});
  CHECK(fits(single, {{"action", "accept"}, {"content", {{"pick", "a"}}}}));
  CHECK_FALSE(fits(single, {{"action", "accept"}, {"content", {{"pick", "c"}}}}));
  const auto titled =
      form({{"pick", {{"type", "string"}, {"oneOf", {{{"const", "a"}, {"title", "A"}}}}}}});
  CHECK(fits(titled, {{"action", "accept"}, {"content", {{"pick", "a"}}}}));
  CHECK_FALSE(fits(titled, {{"action", "accept"}, {"content", {{"pick", "A"}}}}));
  const auto old_titles =
      form({{"pick", {{"type", "string"}, {"enum", {"a"}}, {"enumNames", {"The first"}}}}});
  CHECK(fits(old_titles, {{"action", "accept"}, {"content", {{"pick", "a"}}}}));
  const auto several =
      form({{"pick", {{"type", "array"}, {"items", {{"type", "string"}, {"enum", {"a", "b"}}}}}}});
  CHECK(fits(several, {{"action", "accept"}, {"content", {{"pick", {"a", "b"}}}}}));
  CHECK_FALSE(fits(several, {{"action", "accept"}, {"content", {{"pick", {"c"}}}}}));
}

TEST_CASE("results of the other methods need what they are there for") {
  CHECK(fits({"m", "sampling/createMessage", {}}, {{"role", "assistant"}, {"content", "hi"}}));
  CHECK_FALSE(fits({"m", "sampling/createMessage", {}}, {{"role", "assistant"}}));
  CHECK(fits({"r", "roots/list", {}}, {{"roots", Json::array()}}));
  CHECK_FALSE(fits({"r", "roots/list", {}}, Json::object()));
}
