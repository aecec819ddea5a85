#include "core/tools/tool_object.hpp"

namespace mre::tools {
namespace {

// MCP's defaults: not read-only, destructive, not idempotent, open world. The first two are said in
// any case, since clients decide by them whether to ask a person; idempotent and destructive mean
// nothing for a read-only tool.
std::string render_annotations(const Promises &promises) {
  std::string out = promises.read_only  ? R"("readOnlyHint":true)"
                    : promises.additive ? R"("readOnlyHint":false,"destructiveHint":false)"
                                        : R"("readOnlyHint":false,"destructiveHint":true)";
  if (!promises.read_only && promises.idempotent) {
    out += R"(,"idempotentHint":true)";
  }
  if (promises.closed_world) {
    out += R"(,"openWorldHint":false)";
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
  return out + ",\"annotations\":{" + render_annotations(tool.promises) + "}}";
}

} // namespace mre::tools
