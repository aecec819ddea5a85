// Files over the plain test engine in front of a real OpenSSH server, and short words for what the
// tests of them do again and again.
//
// Threads: one. Lifetime: everything lives as long as the Bench.
#pragma once

#include "core/base/digest.hpp"
#include "core/ssh/files.hpp"
#include "core/ssh/sftp_transfer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/plain_sftp_lease.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

namespace mre::testing {

using namespace mre::ssh;
namespace fs = std::filesystem;

struct Bench {
  Sshd sshd;
  TemporaryFolder folder;
  PlainEngine engine{sshd};
  SystemClock clock;
  std::string logged;
  Log log{LogLevel::warn, [this](std::string_view line) { logged += line; }};
  Files files{engine, clock, log};
  config::HostConfig host;
  Bench() { host.name = "web-1"; }

  std::string at(const std::string &name) const { return folder / name; }
  // What a failed write must never leave.
  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()));
  }
  Result<WriteResult> write(WriteRequest request, std::stop_token stop = {}) {
    return files.write(host, std::move(request), std::move(stop));
  }
};

inline ByteSource bytes_of(std::string content) {
  return [content = std::move(content),
          at = std::size_t{0}](char *buffer, std::size_t capacity) mutable -> Result<std::size_t> {
    const std::size_t count = std::min(capacity, content.size() - at);
    std::copy_n(content.data() + at, count, buffer);
    at += count;
    return count;
  };
}

inline WriteRequest to(const std::string &path, const std::string &content) {
  WriteRequest request;
  request.path = path;
  request.source = bytes_of(content);
  request.expected_bytes = content.size();
  return request;
}

inline std::string pattern(std::size_t bytes) {
  std::string text(bytes, '\0');
  std::uint32_t state = 1;
  for (char &c : text) {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>(state >> 24U);
  }
  return text;
}

inline unsigned mode_of(const std::string &path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777U;
}

template <class T>
Errc code_of(const Result<T> &result) {
  return result ? Errc::internal : result.error().code;
}

inline bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

struct Collected {
  std::string bytes;
  Result<ReadResult> result;
};

inline Collected read_all(Bench &bench, const std::string &path, std::uint64_t offset = 0,
                          std::optional<std::uint64_t> max = {}) {
  std::string bytes;
  ReadRequest request;
  request.path = path;
  request.offset = offset;
  request.max_bytes = max;
  request.sink = [&](std::string_view chunk) -> Result<void> {
    bytes += chunk;
    return {};
  };
  auto result = bench.files.read(bench.host, request, {});
  return {std::move(bytes), std::move(result)};
}

} // namespace mre::testing
