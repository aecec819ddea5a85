// The SSH wire's strings and numbers (RFC 4251 section 5). Threads: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mre::ssh {

inline void put_number(std::string &out, std::uint32_t value) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    out += static_cast<char>(value >> shift & 0xffU);
  }
}

inline void put_string(std::string &out, std::string_view bytes) {
  put_number(out, static_cast<std::uint32_t>(bytes.size()));
  out += bytes;
}

// Reads from the front; nothing once the bytes do not suffice.
class SshReader {
public:
  explicit SshReader(std::string_view bytes) : rest_(bytes) {}

  std::optional<std::uint32_t> number() {
    if (rest_.size() < 4) {
      return std::nullopt;
    }
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      value = value << 8U | static_cast<unsigned char>(rest_[static_cast<std::size_t>(i)]);
    }
    rest_.remove_prefix(4);
    return value;
  }
  std::optional<std::string_view> string() {
    const auto length = number();
    if (!length || rest_.size() < *length) {
      return std::nullopt;
    }
    const auto bytes = rest_.substr(0, *length);
    rest_.remove_prefix(*length);
    return bytes;
  }
  std::optional<std::uint64_t> long_number() {
    const auto high = number();
    const auto low = number();
    return high && low ? std::optional(static_cast<std::uint64_t>(*high) << 32U | *low)
                       : std::nullopt;
  }
  bool is_empty() const { return rest_.empty(); }
  void skip(std::size_t count) { rest_.remove_prefix(count < rest_.size() ? count : rest_.size()); }

private:
  std::string_view rest_;
};

} // namespace mre::ssh
