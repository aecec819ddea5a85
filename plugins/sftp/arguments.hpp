// Reading arguments and saying results: what the tools share.
//
// Promise: a bad argument is an Error with its JSON pointer and what was expected. Threads: pure
// functions.
#pragma once

#include <mre/cpp/permissions.hpp>
#include <mre/plugin.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace sftp {

std::string text_of(const mre::json &arguments, const char *name);
bool flag_of(const mre::json &arguments, const char *name);
std::uint64_t count_of(const mre::json &arguments, const char *name, std::uint64_t fallback);

using mre::octal_digits;
using mre::permissions_of;

int32_t verify_of(const mre::json &arguments); // MRE_VERIFY_…
const char *verified_word(bool by_digest);

// "10485760 bytes (10.0 MB)"
std::string size_text(std::uint64_t bytes);

class Stopwatch {
public:
  std::uint64_t milliseconds() const;
  std::uint64_t bytes_per_second(std::uint64_t bytes) const;

private:
  std::chrono::microseconds spent() const;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

} // namespace sftp
