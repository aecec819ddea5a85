// Files on remote hosts: the service behind mre.sftp/1.
//
// Promise: a whole-file write is complete or not there: temporary name beside the target, right
// permissions from the first byte, verified, renamed; on every failure the temporary file is
// removed. An existing file is untouched until then and keeps its mode and owner. Symbolic links
// are followed. Errors name host and path, the reason and the next step. Paths are absolute or
// relative to the login's folder, which "~" stands for. Threads: any that may block, concurrently.
// Lifetime: the engine, clock and log outlive it; the destructor waits for clean-up under way.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/guarded.hpp"
#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/config/host.hpp"
#include "core/ssh/engine.hpp"
#include "core/ssh/file_info.hpp"
#include "core/ssh/leftovers.hpp"
#include "core/ssh/sftp_calls.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace mre::ssh {

// `automatic`: digest from limits::kDigestFrom on where the far side can, else size.
enum class Verify { automatic, digest, size };
enum class Existing {
  refuse,
  replace,
  append
}; // append: in place, at the end; makes the file when there is none
enum class Parents { must_exist, create };

struct WriteRequest {
  std::string path;
  ByteSource source;
  std::optional<std::uint64_t> expected_bytes; // a source that gives another count is an error
  std::optional<std::uint64_t> max_bytes;      // unset: no limit
  Existing existing = Existing::refuse;
  Parents parents = Parents::must_exist;
  std::optional<std::uint32_t> permissions; // unset: those of the existing file, else 0644
  Verify verify = Verify::automatic;
  TransferProgress progress;
  // Gets the path of the temporary file before it is made; an error ends the write.
  std::function<Result<void>(const std::string &path)> on_temporary;
};

struct WriteResult {
  std::string path;               // that was written, links followed
  std::uint64_t bytes = 0;        // written now
  std::uint64_t file_bytes = 0;   // size of the file afterwards
  std::string sha256;             // of the bytes written
  Verify verified = Verify::size; // digest or size
  bool existed = false;
  std::uint32_t permissions = 0;
};

struct ReadRequest {
  std::string path;
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> max_bytes; // reading stops there
  ByteSink sink;
  TransferProgress progress;
};

struct ReadResult {
  FileInfo info; // when it was opened
  std::uint64_t bytes = 0;
  std::string sha256; // of the bytes read
};

struct StatResult {
  FileInfo info;
  std::string real_path;
};

class Files {
public:
  Files(Engine &engine, const Clock &clock, const Log &log);
  ~Files();
  Files(const Files &) = delete;
  Files &operator=(const Files &) = delete;

  Result<StatResult> stat(const config::HostConfig &host, const std::string &path, Follow follow,
                          std::stop_token stop);
  Result<std::vector<DirectoryEntry>> list(const config::HostConfig &host, const std::string &path,
                                           std::stop_token stop);
  Result<ReadResult> read(const config::HostConfig &host, const ReadRequest &request,
                          std::stop_token stop);
  Result<WriteResult> write(const config::HostConfig &host, WriteRequest request,
                            std::stop_token stop);
  // With Parents::create a folder that exists is no error.
  Result<void> make_directory(const config::HostConfig &host, const std::string &path,
                              std::uint32_t permissions, Parents parents, std::stop_token stop);
  Result<void> rename(const config::HostConfig &host, const std::string &from,
                      const std::string &to, Existing existing, std::stop_token stop);
  Result<void> remove(const config::HostConfig &host, const std::string &path,
                      std::stop_token stop); // a file or an empty folder

private:
  Result<SftpCalls> open_calls(const config::HostConfig &host, LeaseKind kind,
                               std::stop_token stop);
  // Removes a temporary file over a channel of its own, for when the first one is spent.
  void remove_leftover(const config::HostConfig &host, const std::string &path, Errc why);

  Engine &engine_;
  const Clock &clock_;
  const Log &log_;
  Guarded<std::set<std::string>> without_digest_tool_; // names of hosts
  Leftovers leftovers_;
};

// The path as SFTP takes it. bad_argument for an empty one or one with a NUL.
Result<std::string> remote_path(const std::string &path);
// The folder a path is in: "/" for "/x", "." for "x".
std::string folder_of(const std::string &path);
// Makes a folder and those above it that are missing.
Result<void> make_directories(SftpCalls &calls, const std::string &path, std::uint32_t permissions);

} // namespace mre::ssh
