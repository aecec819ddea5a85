// See arguments.hpp.
#include "arguments.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace sftp {

std::string text_of(const mre::json &arguments, const char *name) {
  return arguments.value(name, std::string());
}

bool flag_of(const mre::json &arguments, const char *name) {
  return arguments.value(name, false);
}

std::uint64_t count_of(const mre::json &arguments, const char *name, std::uint64_t fallback) {
  return arguments.value(name, fallback);
}

int32_t verify_of(const mre::json &arguments) {
  const std::string word = arguments.value("verify", "auto");
  return word == "digest" ? MRE_VERIFY_DIGEST : word == "size" ? MRE_VERIFY_SIZE : MRE_VERIFY_AUTO;
}

const char *verified_word(bool by_digest) {
  return by_digest ? "digest" : "size";
}

std::string size_text(std::uint64_t bytes) {
  constexpr double mega = 1024.0 * 1024.0;
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), " bytes (%.1f MB)",
                static_cast<double>(bytes) / mega);
  return std::to_string(bytes) + buffer.data();
}

std::chrono::microseconds Stopwatch::spent() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                               begin_);
}

std::uint64_t Stopwatch::milliseconds() const {
  return static_cast<std::uint64_t>(spent().count() / 1000);
}

std::uint64_t Stopwatch::bytes_per_second(std::uint64_t bytes) const {
  const double seconds = std::max(1e-6, static_cast<double>(spent().count()) / 1e6);
  return static_cast<std::uint64_t>(static_cast<double>(bytes) / seconds);
}

} // namespace sftp
