// Bytes into lines: the framing of the stdio transport (MCP basic/transports/stdio) and of custom
// stream transports.
//
// Promise: a line ends with LF, a CR before it is dropped; a line beyond the limit is reported
// once, as soon as it is too long, and skipped to its end in constant memory; the next one is whole
// again. Nothing is said about the line's content. Threads: belongs to one reader. Lifetime: none
// of the lines' views outlives the next push().
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace mre::mcp {

class LineSplitter {
public:
  struct Sink {
    std::function<void(std::string_view line)> line;
    std::function<void()> too_long;
  };
  LineSplitter(std::size_t max_line_bytes, Sink sink)
      : limit_(max_line_bytes), sink_(std::move(sink)) {}

  void push(std::string_view bytes);
  // The end of input: a last line without its LF is served like any other.
  void finish();

private:
  void take(std::string_view piece, bool is_complete);
  void deliver(std::string_view line);

  const std::size_t limit_;
  const Sink sink_;
  std::string partial_;
  bool skipping_ = false;
};

} // namespace mre::mcp
