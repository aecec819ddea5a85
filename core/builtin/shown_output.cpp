#include "core/builtin/shown_output.hpp"

#include "core/base/encoding.hpp"
#include "core/base/utf8.hpp"

#include <algorithm>
#include <limits>

namespace mre::builtin {
namespace {

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// One stream with everything that is known of its size.
class Measured {
public:
  explicit Measured(const OutputWindow &window)
      : window_(window), head_(window.head()), tail_(window.tail()) {
    if (window.is_whole()) {
      whole_ = std::string(head_) + std::string(tail_);
      binary_ = utf8::looks_binary(whole_);
      text_ = binary_ ? std::string() : utf8::repair(whole_);
      needed_ = binary_ ? (whole_.size() + 2) / 3 * 4 : utf8::count(text_);
      return;
    }
    // Both edges of the gap may stand within a character.
    head_.remove_suffix(utf8::incomplete_tail(head_));
    for (int i = 0; i < 3 && !tail_.empty() && is_continuation(tail_.front()); ++i) {
      tail_.remove_prefix(1);
    }
    binary_ = window.has_nul() || utf8::looks_binary(head_) || utf8::looks_binary(tail_);
    needed_ = std::numeric_limits<std::size_t>::max();
  }

  std::size_t needed() const { return needed_; }

  ShownStream show(std::size_t budget, std::string_view output_id) const {
    if (needed_ <= budget) {
      return {binary_ ? base64_encode(whole_) : text_, binary_, false};
    }
    if (binary_) {
      const std::string_view from = window_.is_whole() ? std::string_view(whole_) : head_;
      return {base64_encode(from.substr(0, budget / 4 * 3)), true, true};
    }
    const std::string front = window_.is_whole() ? text_ : utf8::repair(head_);
    const std::string back = window_.is_whole() ? text_ : utf8::repair(tail_);
    const std::string_view head =
        std::string_view(front).substr(0, utf8::prefix_bytes(front, budget - budget / 2));
    const std::string_view tail =
        std::string_view(back).substr(back.size() - utf8::suffix_bytes(back, budget / 2));
    const std::uint64_t kept =
        std::min<std::uint64_t>(head.size() + tail.size(), window_.total_bytes());
    return {std::string(head) + marker(window_.total_bytes() - kept, output_id) + std::string(tail),
            false, true};
  }

private:
  std::string marker(std::uint64_t missing, std::string_view output_id) const {
    std::string text = "\n[... " + std::to_string(missing) + " of " +
                       std::to_string(window_.total_bytes()) + " bytes cut";
    text += output_id.empty()
                ? ""
                : "; ssh_read_output with output_id " + std::string(output_id) + " reads them";
    return text + " ...]\n";
  }

  const OutputWindow &window_;
  std::string_view head_, tail_;
  std::string whole_, text_;
  bool binary_ = false;
  std::size_t needed_ = 0;
};

bool exceeds(std::size_t a, std::size_t b, std::size_t limit) {
  return a > limit || b > limit - a;
}

} // namespace

bool needs_cut(const OutputWindow &out, const OutputWindow &err, std::size_t character_limit) {
  return exceeds(Measured(out).needed(), Measured(err).needed(), character_limit);
}

ShownOutput show_output(const OutputWindow &out, const OutputWindow &err,
                        std::size_t character_limit, std::string_view output_id) {
  const Measured first(out);
  const Measured second(err);
  std::size_t first_budget = character_limit;
  std::size_t second_budget = character_limit;
  if (exceeds(first.needed(), second.needed(), character_limit)) {
    const std::size_t half = character_limit / 2;
    first_budget = character_limit - std::min(second.needed(), half);
    second_budget = character_limit - std::min(first.needed(), character_limit - half);
  }
  return {first.show(first_budget, output_id), second.show(second_budget, output_id)};
}

} // namespace mre::builtin
