// UTF-8 as it meets the outside: checking, repairing, counting, cutting.
//
// Promise: repair() returns valid UTF-8 for any bytes (each invalid sequence becomes one U+FFFD, as
// the WHATWG encoding standard counts them); cut functions never split a character. Threads: pure
// functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mre::utf8 {

bool is_valid(std::string_view bytes);
std::string repair(std::string_view bytes);

// Code points in valid UTF-8.
std::size_t count(std::string_view text);

// How many leading bytes of text hold at most `characters` code points.
std::size_t prefix_bytes(std::string_view text, std::size_t characters);
// The same from the end.
std::size_t suffix_bytes(std::string_view text, std::size_t characters);

// How many bytes at the end of `bytes` are the beginning of a character that is not complete yet
// (0..3).
std::size_t incomplete_tail(std::string_view bytes);

// True when the bytes are better shown as base64: a NUL, or more than one invalid byte in three.
bool looks_binary(std::string_view bytes);

} // namespace mre::utf8
