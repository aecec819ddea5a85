// audit.jsonl as a file: private, appended to by several processes, rotated.
//
// Promise: a line is one append and never torn between processes; a file holds at most
// kAuditFileBytes, and kAuditFiles of them are kept (audit.jsonl, audit.jsonl.1 …). Whoever writes
// or rotates holds the lock on audit.lock. A line has reached the system, not the disk: syncing is
// for whoever takes take_unsynced().
// Threads: one at a time.
// Lifetime: opens its files at the first line, and again when another process has rotated.
#pragma once

#include "core/base/result.hpp"
#include "core/base/unique_fd.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mre::guard {

class AuditFile {
public:
  // Sizes as in limits.hpp; tests use smaller ones.
  struct Bounds {
    std::uint64_t file_bytes;
    int files;
  };
  AuditFile(std::string directory, Bounds bounds);

  // The line ends with a newline. On an error nothing, or a part that the next line will not run
  // into.
  Result<void> append(std::string_view line);
  // What has lines that may not be on the disk yet: the file, those that were rotated away since,
  // and the folder when it has new names.
  std::vector<UniqueFd> take_unsynced();

private:
  Result<void> open_lock();
  Result<void> open_current(); // also when another process has put a new file in place
  Result<std::uint64_t> size_of_current() const;
  Result<void> rotate();
  Result<void> write_line(std::string_view line);

  std::string directory_;
  std::string path_;
  Bounds bounds_;
  UniqueFd lock_;
  UniqueFd current_;
  bool is_torn_ = false; // the last write ended in the middle of a line
  bool is_unsynced_ = false;
  bool is_folder_unsynced_ = false;
  std::vector<UniqueFd> left_; // unsynced, and not the current one any more
};

} // namespace mre::guard
