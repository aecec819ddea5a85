#include "core/builtin/output_window.hpp"

#include <algorithm>

namespace mre::builtin {

void OutputWindow::add(std::string_view bytes) {
  total_ += bytes.size();
  line_ends_ += static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
  has_nul_ = has_nul_ || bytes.find('\0') != std::string_view::npos;
  const std::size_t into_head = std::min(bytes.size(), half_ - std::min(half_, head_.size()));
  head_.append(bytes.substr(0, into_head));
  bytes.remove_prefix(into_head);
  if (bytes.size() >= half_) {
    ring_.assign(bytes.substr(bytes.size() - half_));
    return;
  }
  if (ring_.size() + bytes.size() > 2 * half_) {
    ring_.erase(0, ring_.size() - (half_ - bytes.size()));
  }
  ring_.append(bytes);
}

std::string_view OutputWindow::tail() const {
  const std::string_view all = ring_;
  return all.size() > half_ ? all.substr(all.size() - half_) : all;
}

} // namespace mre::builtin
