// Reading remote files: see files.hpp.
#include "core/base/digest.hpp"
#include "core/ssh/files.hpp"
#include "core/ssh/sftp_transfer.hpp"

#include <libssh2.h>
#include <libssh2_sftp.h>

#include <algorithm>
#include <limits>
#include <optional>

namespace mre::ssh {

namespace {

// How much there is to read as far as one can know: everything up to the end when the size says
// nothing (/proc reports 0).
std::uint64_t bytes_wanted(const ReadRequest &request, const FileInfo &info) {
  const std::uint64_t most = request.max_bytes.value_or(std::numeric_limits<std::uint64_t>::max());
  if (info.bytes == 0) {
    return most;
  }
  return std::min(most, info.bytes - std::min(request.offset, info.bytes));
}

// Looks at a file and, when it turns out to be a small one, opens, reads and closes it in the same
// run: without a second thread, and with one hop to the reactor.
class SmallRead {
public:
  SmallRead(SftpCalls &calls, const std::string &path, const ReadRequest &request)
      : calls_(calls), path_(path), request_(request) {}

  // The content, or nothing when it is no small file; info() is known then.
  Result<std::optional<std::string>> run() {
    const std::string name = calls_.name(path_);
    const auto only_small = [this](SftpCalls::Step step) -> SftpCalls::Step {
      return [this, step = std::move(step)](auto *session, auto *sftp) -> long {
        return is_small() ? step(session, sftp) : 0;
      };
    };
    // By name, before opening: opening a pipe would block the server's process.
    auto ended = calls_.run(
        {{"cannot look at " + name, SftpCalls::stat_step(path_, Follow::yes, info_)},
         {"cannot open " + name,
          only_small(SftpCalls::open_step(path_, LIBSSH2_FXF_READ, 0, handle_))},
         {"cannot read " + name, only_small([this](auto *, auto *) { return read_all(); })},
         {"cannot close " + name, only_small(SftpCalls::close_step(handle_))}});
    if (!ended) {
      if (handle_ != nullptr && calls_.is_usable()) {
        static_cast<void>(calls_.close(handle_).has_value());
      }
      return std::move(ended).error();
    }
    if (!is_small()) {
      return std::optional<std::string>();
    }
    content_.resize(filled_);
    return std::optional<std::string>(std::move(content_));
  }
  const FileInfo &info() const { return info_; }

private:
  bool is_small() const {
    return info_.kind == FileKind::regular && bytes_wanted(request_, info_) <= limits::kDigestFrom;
  }
  long read_all() {
    if (!positioned_) {
      content_.resize(static_cast<std::size_t>(bytes_wanted(request_, info_)));
      libssh2_sftp_seek64(handle_, request_.offset);
      positioned_ = true;
    }
    while (filled_ < content_.size()) {
      const ssize_t got =
          libssh2_sftp_read(handle_, content_.data() + filled_, content_.size() - filled_);
      if (got < 0) {
        return got;
      }
      if (got == 0) {
        break; // it has become shorter
      }
      filled_ += static_cast<std::size_t>(got);
    }
    return 0;
  }

  SftpCalls &calls_;
  const std::string &path_;
  const ReadRequest &request_;
  FileInfo info_;
  SftpHandle *handle_ = nullptr;
  std::string content_;
  std::size_t filled_ = 0;
  bool positioned_ = false;
};

Error not_readable(const std::string &name, FileKind kind) {
  if (kind == FileKind::directory) {
    return {Errc::bad_argument, name + " is a folder",
            "list it with ssh_list_directory, or name a file in it"};
  }
  return {Errc::bad_argument, name + " is not a regular file (a device, pipe or socket)",
          "read it with a command"};
}

} // namespace

Result<ReadResult> Files::read(const config::HostConfig &host, const ReadRequest &request,
                               std::stop_token stop) {
  MRE_TRY(const std::string path, remote_path(request.path));
  MRE_TRY(SftpCalls calls, open_calls(host, LeaseKind::metadata, stop));
  ReadResult result;
  SmallRead small(calls, path, request);
  MRE_TRY(const std::optional<std::string> content, small.run());
  result.info = small.info();
  if (result.info.kind != FileKind::regular) {
    return not_readable(calls.name(request.path), result.info.kind);
  }
  if (content) {
    result.bytes = content->size();
    result.sha256 = sha256_hex(*content);
    if (!content->empty()) {
      MRE_TRY_VOID(request.sink(*content));
    }
    return result;
  }
  const std::uint64_t wanted = bytes_wanted(request, result.info);
  if (wanted >= limits::kBulkFrom && result.info.bytes > 0) {
    // The short channel goes back first: one transfer never holds two.
    calls = SftpCalls(nullptr, stop, host.name);
    MRE_TRY(calls, open_calls(host, LeaseKind::bulk, stop));
  }
  DownloadPlan plan;
  MRE_TRY(plan.handle, calls.open(path, LIBSSH2_FXF_READ, 0));
  plan.offset = request.offset;
  plan.max_bytes = wanted;
  plan.sink = &request.sink;
  plan.progress = &request.progress;
  if (result.info.bytes > 0) {
    plan.total = wanted;
  }
  plan.name = calls.name(request.path);
  auto moved = download(calls, plan);
  if (calls.is_usable()) {
    static_cast<void>(
        calls.close(plan.handle).has_value()); // nothing can be lost by closing what was read
  }
  if (!moved) {
    return std::move(moved).error();
  }
  result.bytes = moved->bytes;
  result.sha256 = std::move(moved->sha256);
  return result;
}

} // namespace mre::ssh
