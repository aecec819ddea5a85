// See object_name.hpp.
#include "object_name.hpp"

#include "crypto.hpp"
#include "encoding.hpp"

#include <charconv>

namespace imagekit {

namespace {

constexpr std::string_view kNameBegin = "mre-";
constexpr std::string_view kNameEnd = ".bin";
constexpr std::size_t kRandomDigits = 32;
constexpr std::size_t kMostExpiryDigits = 12; // the year 33658

} // namespace

std::string make_object_name(std::int64_t expires) {
  return std::string(kNameBegin) + std::to_string(expires) + "-" +
         to_hex(random_bytes(kRandomDigits / 2)) + std::string(kNameEnd);
}

std::optional<std::int64_t> expiry_of(std::string_view name) {
  if (name.substr(0, kNameBegin.size()) != kNameBegin ||
      name.size() < kNameBegin.size() + kNameEnd.size() ||
      name.substr(name.size() - kNameEnd.size()) != kNameEnd) {
    return std::nullopt;
  }
  name = name.substr(kNameBegin.size(), name.size() - kNameBegin.size() - kNameEnd.size());
  const std::size_t dash = name.find('-');
  if (dash == std::string_view::npos || dash == 0 || dash > kMostExpiryDigits ||
      name.size() - dash - 1 != kRandomDigits || name.find_first_not_of("0123456789") != dash ||
      name.find_first_not_of("0123456789abcdef", dash + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  std::int64_t expires = 0;
  std::from_chars(name.data(), name.data() + dash, expires);
  return expires;
}

} // namespace imagekit
