// Bytes as text: base64 (RFC 4648 section 4) and hex.
// Threads: pure functions.
#pragma once

#include "core/base/result.hpp"

#include <string>
#include <string_view>

namespace mre {

std::string base64_encode(std::string_view bytes);
// Strict: padding is required, white space and foreign characters are bad_argument.
Result<std::string> base64_decode(std::string_view text);

std::string hex_encode(std::string_view bytes);

} // namespace mre
