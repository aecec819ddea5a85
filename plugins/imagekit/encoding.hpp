// Bytes as text: hex, base64 in both alphabets, percent-encoding.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace imagekit {

std::string to_hex(std::string_view bytes);    // lower case
std::string to_base64(std::string_view bytes); // RFC 4648 section 4, padded
// RFC 4648 section 5 without padding, as JWTs want it (RFC 7515 section 2).
std::string to_base64url(std::string_view bytes);
// Everything but RFC 3986's unreserved characters.
std::string percent_encode(std::string_view text);

} // namespace imagekit
