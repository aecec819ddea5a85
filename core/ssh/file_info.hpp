// What a remote file is, and the bytes that go in and out of it. Values and callbacks only.
//
// Threads: values. Sources, sinks and progress are called on the thread that asked for the
// transfer.
#pragma once

#include "core/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mre::ssh {

enum class FileKind { other, regular, directory, symlink };

struct FileInfo {
  FileKind kind = FileKind::other;
  std::uint32_t permissions = 0; // the low 12 bits of st_mode
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t bytes = 0;
  std::int64_t modified = 0; // seconds since 1970
};

struct DirectoryEntry {
  std::string name;
  FileInfo info;
  std::string target; // of a symbolic link, as written in it
};

// Fills at most `capacity` bytes and says how many; 0 is the end.
using ByteSource = std::function<Result<std::size_t>(char *buffer, std::size_t capacity)>;
using ByteSink = std::function<Result<void>(std::string_view bytes)>;
// The total is missing where nobody knows it beforehand.
using TransferProgress =
    std::function<void(std::uint64_t bytes_so_far, std::optional<std::uint64_t> total)>;

} // namespace mre::ssh
