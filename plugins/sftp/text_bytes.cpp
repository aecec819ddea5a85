// See text_bytes.hpp.
#include "text_bytes.hpp"

#include <cstddef>
#include <cstdint>

namespace sftp {

namespace {

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

bool is_continuation(unsigned byte) {
  return (byte & 0xC0U) == 0x80U;
}

// How long a character that begins with this byte is; 0 when none does.
std::size_t length_from(unsigned first) {
  if (first < 0x80U) {
    return 1;
  }
  if (first >= 0xC2U && first <= 0xDFU) {
    return 2;
  }
  if (first >= 0xE0U && first <= 0xEFU) {
    return 3;
  }
  return first >= 0xF0U && first <= 0xF4U ? 4 : 0;
}

// The second byte of three- and four-byte characters has a narrower range (Unicode table 3-7): no
// overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_second(unsigned first, unsigned second) {
  switch (first) {
  case 0xE0U:
    return second >= 0xA0U && second <= 0xBFU;
  case 0xEDU:
    return second >= 0x80U && second <= 0x9FU;
  case 0xF0U:
    return second >= 0x90U && second <= 0xBFU;
  case 0xF4U:
    return second >= 0x80U && second <= 0x8FU;
  default:
    return is_continuation(second);
  }
}

} // namespace

bool is_plain_text(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const unsigned first = byte_at(bytes, at);
    const std::size_t length = length_from(first);
    if (first == 0 || length == 0 || length > bytes.size() - at ||
        (length > 1 && !is_second(first, byte_at(bytes, at + 1)))) {
      return false;
    }
    for (std::size_t next = 2; next < length; ++next) {
      if (!is_continuation(byte_at(bytes, at + next))) {
        return false;
      }
    }
    at += length;
  }
  return true;
}

std::size_t incomplete_tail(std::string_view bytes) {
  for (std::size_t back = 1; back <= 3 && back <= bytes.size(); ++back) {
    const unsigned byte = byte_at(bytes, bytes.size() - back);
    if (!is_continuation(byte)) {
      return length_from(byte) > back ? back : 0;
    }
  }
  return 0;
}

std::string to_base64(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t left = bytes.size() - at;
    const std::uint32_t group = byte_at(bytes, at) << 16U |
                                (left > 1 ? byte_at(bytes, at + 1) << 8U : 0U) |
                                (left > 2 ? byte_at(bytes, at + 2) : 0U);
    text += digits[group >> 18U];
    text += digits[(group >> 12U) & 63U];
    text += left > 1 ? digits[(group >> 6U) & 63U] : '=';
    text += left > 2 ? digits[group & 63U] : '=';
  }
  return text;
}

} // namespace sftp
