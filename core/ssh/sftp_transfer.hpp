// Moving many bytes between a callback and an open remote file, both ends busy at once.
//
// Promise: the callback and the digest run on the calling thread, the lease on a helper thread, so
// neither waits for the other's work; memory stays within a few transfer buffers; a failure on
// either side ends both. After a return nothing runs any more. Threads: the caller's, which may
// block. Lifetime: everything passed in outlives the call; the handle stays open.
#pragma once

#include "core/base/result.hpp"
#include "core/ssh/file_info.hpp"
#include "core/ssh/sftp_calls.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace mre::ssh {

struct Transferred {
  std::uint64_t bytes = 0;
  std::string sha256;
};

struct UploadPlan {
  SftpHandle *handle = nullptr;
  std::uint64_t offset = 0; // where in the file the bytes go
  std::string head;         // what was already taken from the source
  const ByteSource *source = nullptr;
  std::uint64_t max_bytes = std::numeric_limits<std::uint64_t>::max(); // one more is too_large
  const TransferProgress *progress = nullptr;                          // may be null
  std::optional<std::uint64_t> total;                                  // for progress
  std::string name;                                                    // for messages
};
Result<Transferred> upload(SftpCalls &calls, UploadPlan plan);

struct DownloadPlan {
  SftpHandle *handle = nullptr;
  std::uint64_t offset = 0;
  std::uint64_t max_bytes = std::numeric_limits<std::uint64_t>::max(); // reading stops there
  const ByteSink *sink = nullptr;
  const TransferProgress *progress = nullptr; // may be null
  std::optional<std::uint64_t> total;         // for progress
  std::string name;
};
Result<Transferred> download(SftpCalls &calls, const DownloadPlan &plan);

// How many bytes to keep in flight over a link of this round trip.
std::size_t transfer_buffer(std::chrono::microseconds round_trip);

} // namespace mre::ssh
