// mre/cpp/files.hpp - files on remote hosts (Sftp) and on the server's own machine (LocalSource,
// LocalTarget).
//
// Promise: failures are Errors in the host's words; an exception of a caller's own source or sink
// is thrown again after the host returned. A LocalTarget that was not committed leaves nothing
// behind. Threads: from any, blocking; one LocalSource or LocalTarget belongs to one call.
#pragma once

#include <mre/cpp/basic.hpp>
#include <mre/cpp/call.hpp>
#include <mre/ext/local.h>
#include <mre/ext/sftp.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#pragma GCC visibility push(hidden) // private to each plugin, whatever its flags
namespace mre {
inline namespace v1 {

inline constexpr std::uint64_t kUnknownSize = UINT64_MAX;
inline constexpr std::uint64_t kNoLimit = UINT64_MAX;

using FileInfo = mre_file_info;

inline const char *kind_word(int32_t kind) {
  switch (kind) {
  case MRE_FILE_REGULAR:
    return "file";
  case MRE_FILE_DIRECTORY:
    return "directory";
  case MRE_FILE_SYMLINK:
    return "symlink";
  default:
    return "other";
  }
}

struct RemoteStat {
  FileInfo info{};
  std::string real_path;
};

struct RemoteEntry {
  std::string name;
  FileInfo info{};
  std::string target; // of a symbolic link
};

struct RemoteWrite {
  std::string host, path;
  bool overwrite = false, append = false, create_parents = false;
  std::optional<std::uint32_t> permissions; // unset: a replaced file keeps its own
  int32_t verify = MRE_VERIFY_AUTO;
  std::uint64_t expected_bytes = kUnknownSize;
  std::uint64_t max_bytes = 0; // 0: the configured MAX_FILE_SIZE
  // Gets the path of the temporary file before it is made. What it throws ends the write.
  std::function<void(std::string_view)> on_temporary;
};

struct RemoteWritten {
  std::uint64_t bytes = 0, file_bytes = 0;
  std::string sha256, real_path;
  bool by_digest = false, existed = false;
  std::uint32_t permissions = 0;
};

struct RemoteRead {
  std::string host, path;
  std::uint64_t offset = 0, max_bytes = kNoLimit;
};

struct RemoteReadDone {
  std::uint64_t bytes = 0;
  FileInfo info{}; // of the file when it was opened
  std::string sha256;
};

namespace detail {

// The caller's own failure says more than the host's "the source failed".
template <class Stream, class F>
auto rethrowing(Stream &stream, F &&body) {
  try {
    return body();
  } catch (const Error &) {
    stream.rethrow();
    throw;
  }
}

inline mre_file_read to_abi(const RemoteRead &what, mre_sink sink) {
  mre_file_read read{};
  read.size = sizeof read;
  read.host = borrow(what.host);
  read.path = borrow(what.path);
  read.offset = what.offset;
  read.max_bytes = what.max_bytes;
  read.sink = sink;
  return read;
}
inline mre_file_write to_abi(const RemoteWrite &what, mre_source source, Sink &real_path) {
  mre_file_write write{};
  write.size = sizeof write;
  write.flags = flag(what.overwrite, MRE_WRITE_OVERWRITE) | flag(what.append, MRE_WRITE_APPEND) |
                flag(what.create_parents, MRE_WRITE_CREATE_PARENTS) |
                flag(what.permissions.has_value(), MRE_WRITE_PERMISSIONS);
  write.host = borrow(what.host);
  write.path = borrow(what.path);
  write.source = source;
  write.expected_bytes = what.expected_bytes;
  write.max_bytes = what.max_bytes;
  write.permissions = what.permissions.value_or(0);
  write.verify = what.verify;
  write.real_path = real_path.abi();
  return write;
}
inline RemoteWritten to_value(const mre_file_write &write, std::string real_path) {
  RemoteWritten result;
  result.real_path = std::move(real_path);
  result.bytes = write.bytes;
  result.file_bytes = write.file_bytes;
  result.sha256 = write.sha256;
  result.by_digest = write.verified == MRE_VERIFY_DIGEST;
  result.existed = write.existed != 0;
  result.permissions = write.result_permissions;
  return result;
}

} // namespace detail

namespace detail {

// What a host function hands to an entry sink.
template <class F>
std::vector<RemoteEntry> collect_entries(F &&list) {
  struct Found {
    std::vector<RemoteEntry> entries;
    std::exception_ptr failure;
  } found;
  const mre_entry_sink sink{
      &found, [](void *ctx, mre_str name, const mre_file_info *info, mre_str to) -> int32_t {
        auto &into = *static_cast<Found *>(ctx);
        try {
          into.entries.push_back({std::string(view(name)), *info, std::string(view(to))});
          return 0;
        } catch (...) {
          into.failure = std::current_exception();
          return 1;
        }
      }};
  auto err = error_value();
  const mre_status status = list(sink, &err);
  if (found.failure) {
    std::rethrow_exception(found.failure);
  }
  check(status, err);
  return std::move(found.entries);
}

} // namespace detail

class Sftp {
public:
  explicit Sftp(Host host) : api_(host.service<mre_sftp_api>(MRE_SFTP)), host_(host) {}

  RemoteStat stat(const Call &call, std::string_view target, std::string_view path,
                  bool follow = true) const {
    RemoteStat result;
    result.info.size = sizeof result.info;
    Sink real_path(result.real_path);
    auto err = error_value();
    check(api_->stat(host_.raw(), call.raw(), borrow(target), borrow(path), follow ? 1 : 0,
                     &result.info, real_path.abi(), &err),
          err);
    real_path.rethrow();
    return result;
  }

  // In the far side's order, without "." and "..".
  std::vector<RemoteEntry> list(const Call &call, std::string_view target,
                                std::string_view path) const {
    return detail::collect_entries([&](mre_entry_sink sink, mre_error *err) {
      return api_->list(host_.raw(), call.raw(), borrow(target), borrow(path), sink, err);
    });
  }

  // The sink may be a LocalTarget's.
  RemoteReadDone read(const Call &call, const RemoteRead &what, mre_sink sink) const {
    mre_file_read read = detail::to_abi(what, sink);
    auto err = error_value();
    check(api_->read(host_.raw(), call.raw(), &read, &err), err);
    return {read.bytes, read.info, read.sha256};
  }
  RemoteReadDone read(const Call &call, const RemoteRead &what, Sink &sink) const {
    return detail::rethrowing(sink, [&] { return read(call, what, sink.abi()); });
  }

  // The source may be a LocalSource's.
  RemoteWritten write(const Call &call, const RemoteWrite &what, mre_source source) const {
    std::string real_path;
    Sink real_path_sink(real_path);
    Sink temporary(what.on_temporary ? what.on_temporary : [](std::string_view) {});
    mre_file_write write = detail::to_abi(what, source, real_path_sink);
    write.temporary_path = what.on_temporary ? temporary.abi() : mre_sink{nullptr, nullptr};
    auto err = error_value();
    detail::rethrowing(temporary,
                       [&] { check(api_->write(host_.raw(), call.raw(), &write, &err), err); });
    real_path_sink.rethrow();
    return detail::to_value(write, std::move(real_path));
  }
  RemoteWritten write(const Call &call, const RemoteWrite &what, Source &source) const {
    return detail::rethrowing(source, [&] { return write(call, what, source.abi()); });
  }

  void make_directory(const Call &call, std::string_view target, std::string_view path,
                      std::uint32_t permissions, bool parents) const {
    auto err = error_value();
    check(api_->make_directory(host_.raw(), call.raw(), borrow(target), borrow(path), permissions,
                               parents ? 1 : 0, &err),
          err);
  }
  void rename(const Call &call, std::string_view target, std::string_view from, std::string_view to,
              bool overwrite) const {
    auto err = error_value();
    check(api_->rename(host_.raw(), call.raw(), borrow(target), borrow(from), borrow(to),
                       overwrite ? 1 : 0, &err),
          err);
  }
  void remove(const Call &call, std::string_view target, std::string_view path) const {
    auto err = error_value();
    check(api_->remove(host_.raw(), call.raw(), borrow(target), borrow(path), &err), err);
  }

private:
  const mre_sftp_api *api_;
  Host host_;
};

// A file of the server's machine, open for reading, behind the operator's rules.
class LocalSource {
public:
  LocalSource(Host host, const Call &call, std::string_view path)
      : api_(host.service<mre_local_api>(MRE_LOCAL)), host_(host) {
    raw_.size = sizeof raw_;
    auto err = error_value();
    check(api_->open_source(host_.raw(), call.raw(), borrow(path), &raw_, &err), err);
  }
  // Takes over what a host function opened.
  LocalSource(Host host, const mre_local_source &raw)
      : api_(host.service<mre_local_api>(MRE_LOCAL)), host_(host), raw_(raw) {}
  ~LocalSource() { api_->close_source(host_.raw(), &raw_); }
  LocalSource(const LocalSource &) = delete;
  LocalSource &operator=(const LocalSource &) = delete;
  mre_source abi() const noexcept { return raw_.source; }
  std::uint64_t bytes() const noexcept { return raw_.bytes; }
  std::uint32_t permissions() const noexcept { return raw_.permissions; }

private:
  const mre_local_api *api_;
  Host host_;
  mre_local_source raw_{};
};

// A file of the server's machine under way: a temporary name until commit().
class LocalTarget {
public:
  LocalTarget(Host host, const Call &call, std::string_view path, bool overwrite)
      : api_(host.service<mre_local_api>(MRE_LOCAL)), host_(host) {
    raw_.size = sizeof raw_;
    auto err = error_value();
    check(api_->open_target(host_.raw(), call.raw(), borrow(path), overwrite ? 1 : 0, &raw_, &err),
          err);
  }
  // Takes over what a host function opened.
  LocalTarget(Host host, const mre_local_target &raw)
      : api_(host.service<mre_local_api>(MRE_LOCAL)), host_(host), raw_(raw) {}
  ~LocalTarget() { api_->abandon(host_.raw(), &raw_); }
  LocalTarget(const LocalTarget &) = delete;
  LocalTarget &operator=(const LocalTarget &) = delete;
  mre_sink abi() const noexcept { return raw_.sink; }
  bool existed() const noexcept { return raw_.existed != 0; }
  // Renames into place and returns the resolved path.
  std::string commit(std::uint32_t permissions) {
    std::string real_path;
    Sink sink(real_path);
    auto err = error_value();
    check(api_->commit(host_.raw(), &raw_, permissions, sink.abi(), &err), err);
    sink.rethrow();
    return real_path;
  }

private:
  const mre_local_api *api_;
  Host host_;
  mre_local_target raw_{};
};

} // namespace v1
} // namespace mre
#pragma GCC visibility pop
