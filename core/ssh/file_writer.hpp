// One write of one remote file, step by step; used by Files::write and by nothing else.
//
// Promise: as files.hpp says of writes. A small file costs five round trips when it is new (open,
// write, look, close, rename), one that replaces another five as well, and a big one two more than
// its bytes need when it is new. Threads: the caller's, which may block. Lifetime: one run() each;
// files, host and request outlive it.
#pragma once

#include "core/ssh/files.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mre::ssh {

class FileWriter {
public:
  // What a writer needs of the service it works for.
  struct Service {
    std::function<Result<SftpCalls>(LeaseKind)> open_calls;
    std::function<Result<std::optional<std::string>>(const std::string &path, std::uint64_t offset,
                                                     std::uint64_t bytes)>
        digest;
    std::function<void(const std::string &path, Errc why)> remove_leftover;
  };

  FileWriter(Service service, WriteRequest &request)
      : service_(std::move(service)), request_(request) {}

  Result<WriteResult> run();

private:
  Result<void> take_head();
  Result<void> resolve();
  Result<void> check_existing() const;
  Result<WriteResult> replace_whole();
  Result<WriteResult> append();
  Result<void> write_temporary();
  Result<void> write_data(const std::vector<SftpCalls::Stage> &before,
                          std::vector<SftpCalls::Stage> after);
  Result<void> retry_with_parents(const Error &failure);
  bool has_right_size() const;
  bool lacks_permissions() const;
  bool wants_digest(std::uint64_t bytes) const;
  Result<void> check_size() const;
  Result<void> verify(const std::string &path, std::uint64_t offset);
  Result<void> put_in_place();
  Error explain(Error error);
  void clean_up(Errc why);

  SftpCalls::Stage open_stage(const std::string &path, unsigned long flags, long mode);
  SftpCalls::Stage head_stage();
  SftpCalls::Stage info_stage();
  SftpCalls::Stage owner_stage();
  SftpCalls::Stage permissions_stage();
  SftpCalls::Stage sync_stage();
  SftpCalls::Stage close_stage();
  SftpCalls::Stage rename_stage();
  // Several requests in one round trip.
  bool takes_requests_at_once() const;
  SftpCalls::Stage named_info_stage();
  SftpCalls::Stage kept_permissions_stage();
  SftpCalls::Stage finish_stage();
  SftpCalls::Stage close_and_rename_stage();
  std::vector<SftpCalls::Stage> stages_after_data();

  Service service_;
  WriteRequest &request_;
  std::optional<SftpCalls> calls_;

  std::string head_;         // the first bytes of the source …
  bool head_is_all_ = false; // … or all of them
  std::string path_;         // as asked, in SFTP's terms
  std::string target_;       // links followed
  std::optional<FileInfo> existing_;
  std::uint32_t final_permissions_ = 0;
  std::uint64_t offset_ = 0; // where the bytes begin in the file

  std::string temporary_;
  bool may_be_left_ = false; // the temporary file exists, or might
  bool is_in_place_ = false; // renamed by the stage of that name
  SftpHandle *handle_ = nullptr;
  std::size_t head_written_ = 0;
  bool positioned_ = false;
  bool is_synced_ = false;
  FileInfo after_;
  WriteResult result_;
};

} // namespace mre::ssh
