// mre/cpp/permissions.hpp - file permissions as people write them in an argument.
//
// Promise: 644 means rw-r--r--, in and out. Threads: any; nothing is kept.
#pragma once

#include <mre/cpp/basic.hpp>

#include <cstdint>
#include <optional>
#include <string>

#pragma GCC visibility push(hidden) // private to each plugin, whatever its flags
namespace mre {
inline namespace v1 {

// The argument `permissions`, its digits read as octal. Nothing when it is absent or null; throws
// Error with MRE_BAD_ARGUMENT for a digit that is not octal.
inline std::optional<std::uint32_t> permissions_of(const json &arguments) {
  const auto found = arguments.find("permissions");
  if (found == arguments.end() || found->is_null()) {
    return std::nullopt;
  }
  const auto digits = found->get<std::uint32_t>();
  std::uint32_t mode = 0;
  std::uint32_t shift = 0;
  for (std::uint32_t rest = digits; rest > 0; rest /= 10, shift += 3) {
    if (rest % 10 > 7) {
      throw Error(MRE_BAD_ARGUMENT,
                  "/permissions: " + std::to_string(digits) + " has a digit that is not octal",
                  "give the digits chmod takes, each 0 to 7: 644, 755, 4755");
    }
    mode |= (rest % 10) << shift;
  }
  return mode;
}

// The number whose decimal digits are the octal ones: 0644 gives 644.
inline std::uint32_t octal_digits(std::uint32_t permissions) {
  std::uint32_t digits = 0;
  for (std::uint32_t place = 1; permissions > 0; permissions >>= 3U, place *= 10) {
    digits += (permissions & 7U) * place;
  }
  return digits;
}

} // namespace v1
} // namespace mre
#pragma GCC visibility pop
