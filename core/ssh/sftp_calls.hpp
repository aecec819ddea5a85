// The requests of SFTP as blocking calls with Results: the one place that translates libssh2's
// codes into errors.
//
// Promise: an error names the path, the reason and, where there is one, the next step. A status the
// server gave is kept in last_status() for callers that can do something about it. Threads: one at
// a time, one that may block; libssh2 itself is only touched inside the lease. Lifetime: owns the
// lease; handles die with it.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/result.hpp"
#include "core/guard/limits.hpp"
#include "core/ssh/file_info.hpp"
#include "core/ssh/sftp_lease.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

struct _LIBSSH2_SFTP_HANDLE; // NOLINT: libssh2's own name

namespace mre::ssh {

using SftpHandle = _LIBSSH2_SFTP_HANDLE;

enum class Follow { no, yes };

// Which file on which host, for messages: "web-1:/etc/hosts".
std::string remote_name(std::string_view host, std::string_view path);

class SftpCalls {
public:
  using Step = std::function<long(_LIBSSH2_SESSION *, _LIBSSH2_SFTP *)>;

  // One request of several that run without a hop between threads. A step that has nothing to do
  // returns 0.
  struct Stage {
    std::string what; // "cannot open web-1:/x"
    Step step;
  };

  SftpCalls(std::unique_ptr<SftpLease> lease, std::stop_token stop, std::string host);

  // The value the step ended with (0 or more); a negative one becomes the error "<what>: <reason>".
  Result<long> run(const Step &step, const std::string &what,
                   Milliseconds patience = limits::kSftpPatience);
  Result<void> run(const std::vector<Stage> &stages, Milliseconds patience = limits::kSftpPatience);

  // One round trip instead of one each. Ends when all have ended, with the first failure in their
  // order. libssh2 keeps one request of a kind (open, stat by name, stat or permissions by handle,
  // sync, rename …) under way, so each is of another; and only a server that answers in order
  // (OpenSSH) takes a request that builds on the one before. Belongs to runs of this object.
  Stage at_once(std::vector<Stage> stages);

  Result<FileInfo> stat(const std::string &path, Follow follow);
  // The same, nothing when there is no such file.
  Result<std::optional<FileInfo>> find(const std::string &path, Follow follow);
  Result<std::string> real_path(const std::string &path);
  Result<SftpHandle *> open(const std::string &path, unsigned long flags, long mode);
  Result<std::vector<DirectoryEntry>> list(const std::string &path);
  Result<void> make_directory(const std::string &path, std::uint32_t permissions);
  Result<void> set_permissions(const std::string &path, std::uint32_t permissions);
  Result<void> rename_new(const std::string &from, const std::string &to); // fails when `to` exists
  Result<void> rename_over(const std::string &from, const std::string &to);
  Result<void> remove_file(const std::string &path);
  Result<void> remove_directory(const std::string &path);
  Result<void> close(SftpHandle *handle);

  // Why a write that the server refused without a reason may have failed: a full or read-only file
  // system. Nothing when it is neither.
  std::optional<Error> explain_refusal(const std::string &folder, std::uint64_t bytes_wanted);

  std::string name(std::string_view path) const { return remote_name(host_, path); }
  unsigned long last_status() const { return status_; } // LIBSSH2_FX_…, of the last failure
  bool is_usable() const { return usable_; }            // false once the channel is spent
  bool is_openssh() const;
  std::chrono::microseconds round_trip() const { return lease_->round_trip(); }
  SftpLease &lease() { return *lease_; }
  const std::stop_token &stop() const { return stop_; }

  // Steps, for stages and pumps. The referred objects outlive the run.
  static Step open_step(const std::string &path, unsigned long flags, long mode,
                        SftpHandle *&handle);
  static Step stat_step(const std::string &path, Follow follow, FileInfo &info);
  static Step real_path_step(const std::string &path, std::string &target);
  static Step info_step(SftpHandle *&handle, FileInfo &info);
  static Step close_step(SftpHandle *&handle);
  // A server without the extension is no failure, but nothing is synced then.
  static Step sync_step(SftpHandle *&handle, bool &is_synced);
  static Step permissions_step(SftpHandle *&handle, const std::uint32_t &permissions);
  static Step rename_new_step(const std::string &from, const std::string &to); // never replaces
  static Step rename_over_step(const std::string &from, const std::string &to);
  static Step owner_step(SftpHandle *&handle, std::uint32_t uid, std::uint32_t gid);

private:
  Error to_error(long code, const std::string &what) const;

  std::unique_ptr<SftpLease> lease_;
  std::stop_token stop_;
  std::string host_;
  struct Failure {
    std::string what;
    unsigned long status;
  };
  std::optional<Failure> first_failure_; // of requests that were under way together
  unsigned long status_ = 0;
  std::string text_; // libssh2's own words about the last failure
  bool usable_ = true;
};

} // namespace mre::ssh
