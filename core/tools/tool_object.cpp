#include "core/tools/tool_object.hpp"

namespace mre::tools {
namespace {

// MCP's defaults: not read-only, destructive, not idempotent, open world. The middle two mean
// nothing for a read-only tool.
std::string render_annotations(const Promises &promises) {
  std::string out;
  const auto add = [&](const char *hint) { out += (out.empty() ? "" : ",") + std::string(hint); };
  if (promises.read_only) {
    add(R"("readOnlyHint":true)");
  } else {
    if (promises.additive) {
      add(R"("destructiveHint":false)");
    }
    if (promises.idempotent) {
      add(R"("idempotentHint":true)");
    }
  }
  if (promises.closed_world) {
    add(R"("openWorldHint":false)");
  }
  return out;
}

} // namespace

std::string render_tool_object(const ToolDeclaration &tool) {
  std::string out = "{\"name\":" + json_quote(tool.name);
  if (!tool.title.empty()) {
    out += ",\"title\":" + json_quote(tool.title);
  }
  if (!tool.description.empty()) {
    out += ",\"description\":" + json_quote(tool.description);
  }
  out += ",\"inputSchema\":" + minify_json(tool.input_schema);
  if (!tool.output_schema.empty()) {
    out += ",\"outputSchema\":" + minify_json(tool.output_schema);
  }
  const std::string annotations = render_annotations(tool.promises);
  if (!annotations.empty()) {
    out += ",\"annotations\":{" + annotations + "}";
  }
  return out + "}";
}

} // namespace mre::tools
