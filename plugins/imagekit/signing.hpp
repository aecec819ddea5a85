// The three signatures of ImageKit: client uploads v1 and v2, and delivery URLs.
//
// Promise: the private key goes in and never comes out; names are ASCII of our own making, so that
// nothing has to be percent-encoded before it is signed. Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace imagekit {

using Fields = std::vector<std::pair<std::string, std::string>>; // in the order of the form

// v1: lower-case hex of HMAC-SHA1 over token and expiry, joined as text. It binds nothing else.
std::string upload_signature(std::string_view private_key, std::string_view token,
                             std::int64_t expire);

struct TokenTimes {
  std::int64_t issued = 0, expires = 0; // Unix seconds, at most an hour apart
};
// v2: a JWT (HS256) over every field of the form but the file, so that none can be changed.
std::string upload_token(std::string_view public_key, std::string_view private_key,
                         const Fields &fields, TokenTimes times);

// endpoint: without a trailing slash; path: without a leading one. The signature covers the path
// and the expiry.
std::string signed_url(std::string_view endpoint, std::string_view path, std::int64_t expires,
                       std::string_view private_key);

} // namespace imagekit
