#include "core/builtin/read_output_tool.hpp"

#include <utility>

namespace mre::builtin {
namespace {

std::optional<std::uint64_t> count_argument(const Json &arguments, const char *name) {
  const Json *value = find_member(arguments, name);
  if (value == nullptr || !value->is_number() || value->get<double>() < 1) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(value->get<double>());
}

std::string text_of(const ssh::SpoolPage &page) {
  std::string text;
  for (const ssh::SpooledLine &line : page.lines) {
    text += std::to_string(line.number) + "\t" + line.text + "\n";
  }
  text += "[" + std::to_string(page.lines.size()) + " of " + std::to_string(page.total_lines) +
          " lines";
  text += page.next_line ? "; next_line " + std::to_string(*page.next_line) + "]" : "; end]";
  return text;
}

tools::ToolResult render(const std::string &output_id, std::string_view stream,
                         const ssh::SpoolPage &page) {
  Json lines = Json::array();
  for (const ssh::SpooledLine &line : page.lines) {
    lines.push_back({{"number", line.number}, {"text", line.text}});
  }
  tools::ToolResult result;
  result.content.push_back({{"type", "text"}, {"text", text_of(page)}});
  result.structured = Json{{"output_id", output_id},
                           {"stream", stream},
                           {"lines", std::move(lines)},
                           {"total_lines", page.total_lines},
                           {"total_bytes", page.total_bytes},
                           {"spooled_bytes", page.spooled_bytes},
                           {"next_line", page.next_line ? Json(*page.next_line) : Json()},
                           {"eof", page.eof}};
  return result;
}

class ReadOutputTool final : public tools::ToolHandler {
public:
  explicit ReadOutputTool(CoreToolsDependencies dependencies)
      : dependencies_(std::move(dependencies)) {}

  bool blocks() const override { return true; }
  void invoke(const std::shared_ptr<tools::CallContext> &call, const Json &arguments) override {
    ssh::SpoolQuery query;
    const std::string *output_id = find_string(arguments, "output_id");
    const std::string *stream = find_string(arguments, "stream");
    const std::string *pattern = find_string(arguments, "pattern");
    query.stream = stream != nullptr && *stream == "stderr" ? ssh::Stream::err : ssh::Stream::out;
    query.offset_line = count_argument(arguments, "offset_line").value_or(query.offset_line);
    query.lines = count_argument(arguments, "lines").value_or(query.lines);
    query.tail = count_argument(arguments, "tail");
    query.pattern = pattern == nullptr ? "" : *pattern;
    query.character_limit = dependencies_.settings()->character_limit;
    const std::string id = output_id == nullptr ? "" : *output_id;
    auto page = dependencies_.exec.spool.read(id, query);
    call->finish(page ? render(id, query.stream == ssh::Stream::err ? "stderr" : "stdout", *page)
                      : tools::ToolResult::failure(std::move(page).error()));
  }

private:
  const CoreToolsDependencies dependencies_;
};

constexpr const char *kReadOutputInput =
    R"({"type":"object","properties":{"output_id":{"type":"string"},)"
    R"("stream":{"enum":["stdout","stderr"],"default":"stdout"},)"
    R"("offset_line":{"type":"integer","minimum":1,"default":1},)"
    R"("lines":{"type":"integer","minimum":1,"default":200},)"
    R"("tail":{"type":"integer","minimum":1,"description":"the last N lines instead"},)"
    R"("pattern":{"type":"string","description":"RE2; only matching lines"}},)"
    R"("required":["output_id"],"additionalProperties":false})";

constexpr const char *kReadOutputOutput =
    R"({"type":"object","properties":{"output_id":{"type":"string"},"stream":{"type":"string"},)"
    R"("lines":{"type":"array","items":{"type":"object","properties":{"number":{"type":"integer"},"text":{"type":"string"}}}},)"
    R"("total_lines":{"type":"integer"},"total_bytes":{"type":"integer"},"spooled_bytes":{"type":"integer"},)"
    R"("next_line":{"type":["integer","null"]},"eof":{"type":"boolean"},"error":{"type":"object"}}})";

} // namespace

tools::ToolDeclaration declare_read_output_tool(const CoreToolsDependencies &dependencies) {
  tools::ToolDeclaration tool;
  tool.name = "ssh_read_output";
  tool.title = "Read long output";
  tool.description = "Reads the output that a result cut, by its output_id: from a line on, from "
                     "the end, or by pattern.";
  tool.input_schema = kReadOutputInput;
  tool.output_schema = kReadOutputOutput;
  tool.promises.read_only = true;
  tool.promises.closed_world = true;
  tool.handler = std::make_shared<ReadOutputTool>(dependencies);
  return tool;
}

} // namespace mre::builtin
