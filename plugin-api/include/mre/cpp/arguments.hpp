// mre/cpp/arguments.hpp - reading the arguments of a tool that are not a struct, and saying what
// several tools say alike. The schemas to go with them are in mre/cpp/schema.hpp.
//
// Promise: the host checked the arguments against the schema; an argument that is absent or null
// reads as its fallback. Threads: pure functions; a Stopwatch belongs to its call.
#pragma once

#include <mre/cpp/basic.hpp>
#include <mre/cpp/permissions.hpp>
#include <mre/ext/sftp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

#pragma GCC visibility push(hidden) // private to each plugin, whatever its flags
namespace mre {
inline namespace v1 {

// True when the argument is there and is not null.
inline bool is_given(const json &arguments, const char *name) {
  const auto found = arguments.find(name);
  return found != arguments.end() && !found->is_null();
}
template <class T>
T argument_or(const json &arguments, const char *name, T fallback) {
  const auto found = arguments.find(name);
  return found == arguments.end() || found->is_null() ? fallback : found->get<T>();
}
inline std::string text_of(const json &arguments, const char *name, std::string fallback = {}) {
  return argument_or(arguments, name, std::move(fallback));
}
inline bool flag_of(const json &arguments, const char *name) {
  return argument_or(arguments, name, false);
}
inline std::uint64_t count_of(const json &arguments, const char *name, std::uint64_t fallback = 0) {
  return argument_or(arguments, name, fallback);
}
// schema::response_format(): the client wants the structured result as the text.
inline bool wants_json(const json &arguments) {
  return text_of(arguments, "response_format") == "json";
}
// schema::verify(): MRE_VERIFY_…, and how a file was verified in the same words.
inline int32_t verify_of(const json &arguments) {
  const std::string word = text_of(arguments, "verify", "auto");
  return word == "digest" ? MRE_VERIFY_DIGEST : word == "size" ? MRE_VERIFY_SIZE : MRE_VERIFY_AUTO;
}
inline const char *verified_word(bool by_digest) {
  return by_digest ? "digest" : "size";
}

// "10485760 bytes (10.0 MB)"; mega: how many bytes somebody's MB has.
inline std::string size_text(std::uint64_t bytes, std::uint64_t mega = std::uint64_t{1} << 20U) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), " bytes (%.1f MB)",
                static_cast<double>(bytes) / static_cast<double>(mega));
  return std::to_string(bytes) + buffer.data();
}

// How long something took, from here on.
class Stopwatch {
public:
  std::uint64_t milliseconds() const { return static_cast<std::uint64_t>(spent().count() / 1000); }
  std::uint64_t bytes_per_second(std::uint64_t bytes) const {
    const double seconds = std::max(1e-6, static_cast<double>(spent().count()) / 1e6);
    return static_cast<std::uint64_t>(static_cast<double>(bytes) / seconds);
  }

private:
  std::chrono::microseconds spent() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                                 begin_);
  }
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

} // namespace v1
} // namespace mre
#pragma GCC visibility pop
