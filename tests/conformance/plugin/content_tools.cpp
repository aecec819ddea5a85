// Tools that give content of every kind, fail, report progress, and publish unusual schemas.
#include "fixtures.hpp"

namespace conformance {
namespace {

mre::Reply of_content(std::vector<mre::json> blocks) {
  mre::Reply reply;
  reply.content = std::move(blocks);
  return reply;
}

// The suite compares it with what it knows: nothing may be lost or moved.
const char *const kSchema2020 = R"({
"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",
"$defs":{"address":{"$anchor":"addressDef","type":"object",
  "properties":{"street":{"type":"string"},"city":{"type":"string"}}}},
"properties":{"name":{"type":"string"},"address":{"$ref":"#/$defs/address"},
  "contactMethod":{"type":"string","enum":["phone","email"]},
  "phone":{"type":"string"},"email":{"type":"string"}},
"allOf":[{"anyOf":[{"required":["phone"]},{"required":["email"]}]}],
"if":{"properties":{"contactMethod":{"const":"phone"}},"required":["contactMethod"]},
"then":{"required":["phone"]},"else":{"required":["email"]},"additionalProperties":false})";

mre::Reply report_progress(const mre::json & /*arguments*/, const mre::Call &call) {
  for (const int done : {0, 50, 100}) {
    call.progress(done, 100, "Completed step " + std::to_string(done) + " of 100");
    wait(call, 0.05);
  }
  return mre::Reply::of_text("Tool with progress executed successfully");
}

mre::Reply echo_region(const mre::json &arguments, const mre::Call & /*call*/) {
  return mre::Reply::of_text("region=" + arguments.value("region", std::string("<none>")));
}

} // namespace

void declare_content_tools(mre::Registry &registry, const Protocol & /*protocol*/) {
  registry.tool(tool("test_simple_text", "Gives a text", [](const auto &, const auto &) {
    return mre::Reply::of_text("This is a simple text response for testing.");
  }));
  registry.tool(tool("test_image_content", "Gives an image",
                     [](const auto &, const auto &) { return of_content({image()}); }));
  registry.tool(tool("test_audio_content", "Gives a sound", [](const auto &, const auto &) {
    return of_content({{{"type", "audio"}, {"data", kWav}, {"mimeType", "audio/wav"}}});
  }));
  registry.tool(tool("test_embedded_resource", "Gives a resource", [](const auto &, const auto &) {
    return of_content({text_resource("test://embedded-resource", "text/plain",
                                     "This is an embedded resource content.")});
  }));
  registry.tool(tool("test_multiple_content_types", "Gives three kinds of content",
                     [](const auto &, const auto &) {
                       return of_content(
                           {{{"type", "text"}, {"text", "Multiple content types test:"}},
                            image(),
                            text_resource("test://mixed-content-resource", "application/json",
                                          R"({"test":"data","value":123})")});
                     }));
  registry.tool(tool("test_error_handling", "Fails, always",
                     [](const auto &, const mre::Call &call) -> mre::Reply {
                       call.text("This tool intentionally returns an error for testing");
                       throw mre::Error(MRE_REMOTE_FAILED,
                                        "This tool intentionally returns an error for testing");
                     }));
  registry.tool(tool("test_tool_with_progress", "Reports three steps", report_progress));
  registry.tool(tool("json_schema_2020_12_tool", "Has a schema of the 2020-12 dialect",
                     mre::Schema::parse(kSchema2020), [](const auto &, const auto &) {
                       return mre::Reply::of_text("The arguments fit the schema");
                     }));
  registry.tool(tool("test_x_mcp_header", "Has an argument that a header repeats",
                     {{"type", "object"},
                      {"properties",
                       {{"region", {{"type", "string"}, {"x-mcp-header", "Region"}}},
                        {"level", {{"type", "integer"}}}}}},
                     echo_region));
}

} // namespace conformance
