// Bytes of a file as something JSON can carry without losing any.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace sftp {

// Valid UTF-8 without NUL bytes: what can be shown and written back unchanged.
bool is_plain_text(std::string_view bytes);
// How many bytes at the end begin a character that is not complete (0 to 3).
std::size_t incomplete_tail(std::string_view bytes);
std::string to_base64(std::string_view bytes);

} // namespace sftp
