// See encoding.hpp.
#include "encoding.hpp"

#include <cstddef>
#include <cstdint>

namespace imagekit {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

std::uint32_t octet(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
}

std::string encode_64(std::string_view bytes, std::string_view alphabet) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::uint32_t group =
        octet(bytes, at) << 16U | octet(bytes, at + 1) << 8U | octet(bytes, at + 2);
    const std::size_t digits = bytes.size() - at >= 3 ? 4 : bytes.size() - at + 1;
    for (std::size_t digit = 0; digit < digits; ++digit) {
      text += alphabet[(group >> (18U - 6U * digit)) & 63U];
    }
  }
  return text;
}

} // namespace

std::string to_hex(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    text += kHexDigits[octet(bytes, at) >> 4U];
    text += kHexDigits[octet(bytes, at) & 15U];
  }
  return text;
}

std::string to_base64(std::string_view bytes) {
  std::string text =
      encode_64(bytes, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::string to_base64url(std::string_view bytes) {
  return encode_64(bytes, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kUpper = "0123456789ABCDEF";
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (is_plain) {
      out += c;
    } else {
      out += '%';
      out += kUpper[octet(text, at) >> 4U];
      out += kUpper[octet(text, at) & 15U];
    }
  }
  return out;
}

} // namespace imagekit
