// The names of our objects: mre-<expiry>-<128 random bits>.bin.
//
// Promise: a name is never used twice, cannot be guessed, survives ImageKit's rewriting of names,
// keeps the bytes from being treated as an image, and says itself when the object may go. Threads:
// pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imagekit {

std::string make_object_name(std::int64_t expires); // Unix seconds

// The expiry of a name of exactly this form; nothing for any other name.
std::optional<std::int64_t> expiry_of(std::string_view object_name);

} // namespace imagekit
