// The beginning and the end of a stream of bytes, however long it is.
//
// Promise: keeps everything up to capacity(), then the first and the last half of that; memory is
// bounded by 1.5 times capacity(). Threads: one. Lifetime: a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mre::builtin {

class OutputWindow {
public:
  explicit OutputWindow(std::size_t half_bytes) : half_(half_bytes) {}

  void add(std::string_view bytes);

  std::size_t capacity() const { return 2 * half_; }
  std::uint64_t total_bytes() const { return total_; }
  std::uint64_t line_ends() const { return line_ends_; }
  bool has_nul() const { return has_nul_; }
  // True while nothing was dropped; then head() and tail() are the whole.
  bool is_whole() const { return total_ <= capacity(); }
  const std::string &head() const { return head_; }
  std::string_view tail() const;

private:
  std::size_t half_;
  std::string head_,
      ring_; // ring_: the last bytes, up to twice the half, so that moving it is rare
  std::uint64_t total_ = 0, line_ends_ = 0;
  bool has_nul_ = false;
};

} // namespace mre::builtin
