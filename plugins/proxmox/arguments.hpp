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

namespace proxmox {

std::string text_of(const mre::json &arguments, const char *name);
bool flag_of(const mre::json &arguments, const char *name);
std::uint32_t ctid_of(const mre::json &arguments);
// `ctid` or `guest`: an id or a name. Exactly one of them.
std::string guest_of(const mre::json &arguments);
std::chrono::seconds wait_of(const mre::json &arguments); // 30 s unless given

using mre::octal_digits;
using mre::permissions_of;
int32_t verify_of(const mre::json &arguments); // MRE_VERIFY_…
const char *verified_word(bool by_digest);
// An absolute path inside a container.
std::string container_path_of(const mre::json &arguments);

// A word that goes to a node's program as an option's value: no control characters, no leading
// dash.
std::string plain_word(const mre::json &arguments, const char *name);

std::string size_text(std::uint64_t bytes); // "10485760 bytes (10.0 MB)"

class Stopwatch {
public:
  std::uint64_t milliseconds() const;
  std::uint64_t bytes_per_second(std::uint64_t bytes) const;

private:
  std::chrono::microseconds spent() const;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

} // namespace proxmox
