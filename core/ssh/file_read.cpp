// Reading remote files: see files.hpp.
#include "core/base/digest.hpp"
#include "core/ssh/files.hpp"
#include "core/ssh/sftp_transfer.hpp"

#include <libssh2.h>
#include <libssh2_sftp.h>

#include <algorithm>
#include <limits>

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

// A small file: open, read and close in one go, without a second thread.
Result<std::string> read_small(SftpCalls &calls, const std::string &path, std::uint64_t offset,
                               std::size_t wanted) {
  std::string content(wanted, '\0');
  std::size_t filled = 0;
  SftpHandle *handle = nullptr;
  bool positioned = false;
  const SftpCalls::Step read_all = [&](auto *, auto *) -> long {
    if (!positioned) {
      libssh2_sftp_seek64(handle, offset);
      positioned = true;
    }
    while (filled < wanted) {
      const ssize_t got = libssh2_sftp_read(handle, content.data() + filled, wanted - filled);
      if (got < 0) {
        return got;
      }
      if (got == 0) {
        break; // it has become shorter
      }
      filled += static_cast<std::size_t>(got);
    }
    return 0;
  };
  const std::string name = calls.name(path);
  auto ended =
      calls.run({{"cannot open " + name, SftpCalls::open_step(path, LIBSSH2_FXF_READ, 0, handle)},
                 {"cannot read " + name, read_all},
                 {"cannot close " + name, SftpCalls::close_step(handle)}});
  if (!ended) {
    if (handle != nullptr && calls.is_usable()) {
      static_cast<void>(calls.close(handle).has_value());
    }
    return std::move(ended).error();
  }
  content.resize(filled);
  return content;
}

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
  // By name, before opening: opening a pipe would block the server's process.
  MRE_TRY(result.info, calls.stat(path, Follow::yes));
  if (result.info.kind != FileKind::regular) {
    return not_readable(calls.name(request.path), result.info.kind);
  }
  const std::uint64_t wanted = bytes_wanted(request, result.info);
  if (wanted <= limits::kDigestFrom) {
    MRE_TRY(const std::string content,
            read_small(calls, path, request.offset, static_cast<std::size_t>(wanted)));
    result.bytes = content.size();
    result.sha256 = sha256_hex(content);
    if (!content.empty()) {
      MRE_TRY_VOID(request.sink(content));
    }
    return result;
  }
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
