#include "core/mcp/render.hpp"
#include "tests/support/catch.hpp"

using namespace mre;
using namespace mre::mcp;

TEST_CASE("an error's text begins with its code and ends with what to do") {
  CHECK(error_text({Errc::not_found, "no file /x", "list the folder"}) ==
        "not_found: no file /x. list the folder");
  CHECK(error_text({Errc::denied, "why not?", "ask"}) == "denied: why not? ask");
  CHECK(error_text({Errc::lost, "the link died", ""}) == "lost: the link died");
}

TEST_CASE("the error stands beside the partial result") {
  tools::ToolResult result = tools::ToolResult::failure({Errc::timed_out, "too slow", ""});
  result.structured = Json{{"stdout", "half"}};
  const Json rendered = render_result(result);
  CHECK(rendered["isError"] == true);
  CHECK(rendered["structuredContent"]["stdout"] == "half");
  CHECK(rendered["structuredContent"]["error"]["code"] == "timed_out");
  // Code, message and hint stand in every error (surface section 4): a usual one where the failure
  // brought none.
  CHECK(rendered["structuredContent"]["error"]["hint"] == "try again later");
}

TEST_CASE("content that tells of the error in its own words stays alone") {
  tools::ToolResult result = tools::ToolResult::failure({Errc::timed_out, "too slow", ""});
  result.content = {{{"type", "text"}, {"text", "=== TIMED OUT ==="}}};
  CHECK(render_result(result)["content"].size() == 2);
  result.content_is_complete = true;
  CHECK(render_result(result)["content"].size() == 1);
  result.content.clear();
  CHECK(render_result(result)["content"][0]["text"] == "timed_out: too slow. try again later");
}

TEST_CASE("a structured result alone gets its JSON as text") {
  tools::ToolResult result;
  result.structured = Json{{"a", 1}};
  CHECK(render_result(result)["content"][0]["text"] == R"({"a":1})");
}
