// mre/cpp/guest_files.hpp - files inside containers, through the service of the proxmox plugin.
//
// Promise: failures are Errors in the provider's words; MRE_UNAVAILABLE when the plugin is off:
// make one per use, not in the constructor of a plugin. Threads: from any call, blocking.
#pragma once

#include <mre/cpp/basic.hpp>
#include <mre/cpp/call.hpp>
#include <mre/cpp/files.hpp>
#include <mre/ext/guest_files.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#pragma GCC visibility push(hidden) // private to each plugin, whatever its flags
namespace mre {
inline namespace v1 {

struct GuestWrite {
  std::uint32_t ctid = 0;
  RemoteWrite file;            // host: of the node; path: inside the container
  std::string expected_sha256; // other bytes are never put in place; empty: any
};

struct GuestStat : RemoteStat {
  std::string node; // the configured name of the node the container was found on
};
struct GuestWritten : RemoteWritten {
  std::string node;
};
struct GuestReadDone : RemoteReadDone {
  std::string node;
};

class GuestFiles {
public:
  explicit GuestFiles(Host host) : api_(host.service<mre_guest_files_api>(MRE_GUEST_FILES)) {}

  GuestStat stat(const Call &call, std::uint32_t ctid, std::string_view host,
                 std::string_view path) const {
    GuestStat result;
    result.info.size = sizeof result.info;
    Sink real_path(result.real_path);
    Sink node(result.node);
    mre_guest_stat request{};
    request.size = sizeof request;
    request.ctid = ctid;
    request.host = borrow(host);
    request.path = borrow(path);
    request.info = &result.info;
    request.real_path = real_path.abi();
    request.node = node.abi();
    run(api_->stat, call, &request);
    return result;
  }

  GuestWritten write(const Call &call, const GuestWrite &what, mre_source source) const {
    std::string real_path;
    std::string node;
    Sink real_path_sink(real_path);
    Sink node_sink(node);
    mre_file_write file = detail::to_abi(what.file, source, real_path_sink);
    mre_guest_write request{};
    request.size = sizeof request;
    request.ctid = what.ctid;
    request.file = &file;
    request.expected_sha256 = borrow(what.expected_sha256);
    request.node = node_sink.abi();
    run(api_->write, call, &request);
    return {detail::to_value(file, std::move(real_path)), std::move(node)};
  }
  GuestWritten write(const Call &call, const GuestWrite &what, Source &source) const {
    return detail::rethrowing(source, [&] { return write(call, what, source.abi()); });
  }

  GuestReadDone read(const Call &call, std::uint32_t ctid, const RemoteRead &what,
                     mre_sink sink) const {
    std::string node;
    Sink node_sink(node);
    mre_file_read file = detail::to_abi(what, sink);
    mre_guest_read request{};
    request.size = sizeof request;
    request.ctid = ctid;
    request.file = &file;
    request.node = node_sink.abi();
    run(api_->read, call, &request);
    return {{file.bytes, file.info, file.sha256}, std::move(node)};
  }
  GuestReadDone read(const Call &call, std::uint32_t ctid, const RemoteRead &what,
                     Sink &sink) const {
    return detail::rethrowing(sink, [&] { return read(call, ctid, what, sink.abi()); });
  }

private:
  void run(mre_method method, const Call &call, void *request) const {
    auto err = error_value();
    check(method(api_->ctx, call.raw(), request, &err), err);
  }
  const mre_guest_files_api *api_;
};

} // namespace v1
} // namespace mre
#pragma GCC visibility pop
