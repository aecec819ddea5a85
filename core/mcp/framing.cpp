#include "core/mcp/framing.hpp"

namespace mre::mcp {
namespace {

// What a buffer may keep after a long line; a line of this size is common, one of megabytes is not.
constexpr std::size_t kKeptCapacity = 64U << 10U;

} // namespace

void LineSplitter::push(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) {
      take(bytes, false);
      return;
    }
    take(bytes.substr(0, end), true);
    bytes.remove_prefix(end + 1);
  }
}

void LineSplitter::finish() {
  if (!skipping_ && !partial_.empty()) {
    take({}, true);
  }
  skipping_ = false;
}

void LineSplitter::take(std::string_view piece, bool is_complete) {
  if (skipping_) {
    skipping_ = !is_complete;
    return;
  }
  if (partial_.size() + piece.size() > limit_) {
    partial_ = std::string();
    skipping_ = !is_complete;
    sink_.too_long();
    return;
  }
  if (is_complete && partial_.empty()) {
    deliver(piece); // the common case copies nothing
    return;
  }
  partial_ += piece;
  if (!is_complete) {
    return;
  }
  deliver(partial_);
  partial_.clear();
  if (partial_.capacity() > kKeptCapacity) {
    partial_ = std::string();
  }
}

void LineSplitter::deliver(std::string_view line) {
  if (!line.empty() && line.back() == '\r') {
    line.remove_suffix(1);
  }
  sink_.line(line);
}

} // namespace mre::mcp
