// mre/testing/fake_guests.hpp - mre.guest-files/1 over containers in memory, as the plugin proxmox
// offers it.
//
// Promise: what a consumer may rely on is checked as there: the container is known and runs, paths
// are absolute, folders exist, counts, limits and digests are held to. There are no links.
// Threads: any.
#pragma once

#include <mre/ext/guest_files.h>
#include <mre/testing/fake_digest.hpp>
#include <mre/testing/fake_files.hpp>
#include <mre/testing/fake_tree.hpp>

#include <algorithm>
#include <string>

#pragma GCC visibility push(hidden) // private to each program, whatever its flags
namespace mre {
namespace testing {
namespace detail {

// Where a request leads.
struct InGuest {
  std::uint32_t ctid;
  mre_str host, path;
};

inline bool is_guest_folder(const FakeGuest &guest, const std::string &path) {
  return path == "/" || is_folder(guest.files, path);
}
inline std::string guest_folder_of(const std::string &path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}
inline void put_digest(char (&into)[65], std::string_view bytes) {
  const std::string digest = sha256_of(bytes);
  std::copy_n(digest.c_str(), sizeof into, into);
}

inline mre_status admit_guest(const FakeState &state, mre_call *call, const InGuest &where,
                              mre_error *err) {
  const std::string path(view(where.path));
  if (state.failing != MRE_OK) {
    return store(err, state.failing, "mre.guest-files/1 fails, as the test wants");
  }
  if (is_cancelled(call)) {
    return store(err, MRE_CANCELLED, "the call was cancelled");
  }
  if (path.empty() || path[0] != '/') {
    return store(err, MRE_BAD_ARGUMENT, "a path in a container must be absolute", "begin with /");
  }
  if (!host_name(state, view(where.host))) {
    return store(err, MRE_NOT_FOUND, "there is no host '" + std::string(view(where.host)) + "'");
  }
  const auto guest = state.guests.find(where.ctid);
  const std::string name = "container " + std::to_string(where.ctid);
  if (guest == state.guests.end()) {
    return store(err, MRE_NOT_FOUND, "there is no " + name);
  }
  return guest->second.is_running ? mre_status{MRE_OK}
                                  : store(err, MRE_CONFLICT, name + " is not running", "start it");
}
// Runs body(guest, path) for a place in a running container.
template <class F>
mre_status in_guest(void *ctx, mre_call *call, const InGuest &where, mre_error *err, F &&body) {
  FakeState &state = *static_cast<FakeState *>(ctx);
  const std::lock_guard<std::mutex> lock(state.mutex);
  if (!state.is_serving) {
    state.blames.emplace_back("used mre.guest-files/1 after its end");
    return store(err, MRE_UNAVAILABLE, "the host no longer serves this plugin");
  }
  const mre_status admitted = admit_guest(state, call, where, err);
  return admitted != MRE_OK ? admitted
                            : body(state.guests.at(where.ctid), std::string(view(where.path)));
}
inline mre_status find_in_guest(const FakeGuest &guest, const std::string &path, FakeFile &found,
                                mre_error *err) {
  const auto file = guest.files.find(path);
  if (file != guest.files.end()) {
    found = file->second;
  } else if (is_guest_folder(guest, path)) {
    found = {"", 0755, true, {}};
  } else {
    return store(err, MRE_NOT_FOUND, "there is no file " + path);
  }
  return MRE_OK;
}

inline mre_status guest_stat(void *ctx, mre_call *call, void *raw, mre_error *err) {
  auto &request = *static_cast<mre_guest_stat *>(raw);
  FakeFile found;
  std::string node;
  const mre_status status = in_guest(ctx, call, {request.ctid, request.host, request.path}, err,
                                     [&](const FakeGuest &guest, const std::string &path) {
                                       node = guest.node;
                                       return find_in_guest(guest, path, found, err);
                                     });
  if (status == MRE_OK) {
    if (request.info != nullptr) {
      describe(found, request.info);
    }
    give(request.real_path, view(request.path));
    give(request.node, node);
  }
  return status;
}

inline mre_status guest_check_bytes(const FakeState &state, const mre_guest_write &request,
                                    const std::string &bytes, mre_error *err) {
  const mre_file_write &file = *request.file;
  const std::uint64_t limit =
      file.max_bytes == 0 ? state.limits.value("max_file_size", UINT64_MAX) : file.max_bytes;
  if (bytes.size() > limit) {
    return store(err, MRE_TOO_LARGE, "more than " + std::to_string(limit) + " bytes");
  }
  if (file.expected_bytes != UINT64_MAX && file.expected_bytes != bytes.size()) {
    return store(err, MRE_CONFLICT,
                 std::to_string(bytes.size()) + " bytes came, " +
                     std::to_string(file.expected_bytes) + " were expected");
  }
  const std::string_view expected = view(request.expected_sha256);
  return expected.empty() || expected == sha256_of(bytes)
             ? mre_status{MRE_OK}
             : store(err, MRE_CONFLICT, "the bytes are others than the expected ones");
}
inline mre_status guest_put(FakeGuest &guest, const std::string &path, std::string bytes,
                            mre_file_write &file, mre_error *err) {
  const auto present = guest.files.find(path);
  const bool exists = present != guest.files.end();
  const std::string folder = guest_folder_of(path);
  if (is_guest_folder(guest, path)) {
    return store(err, MRE_BAD_ARGUMENT, path + " is a folder");
  }
  if (exists && (file.flags & MRE_WRITE_OVERWRITE) == 0) {
    return store(err, MRE_ALREADY_EXISTS, path + " exists");
  }
  if (!is_guest_folder(guest, folder) && (file.flags & MRE_WRITE_CREATE_PARENTS) == 0) {
    return store(err, MRE_NOT_FOUND, "the folder " + folder + " does not exist");
  }
  FakeFile &written = guest.files[path];
  written.bytes = std::move(bytes);
  if ((file.flags & MRE_WRITE_PERMISSIONS) != 0) {
    written.permissions = file.permissions;
  }
  file.existed = exists ? 1 : 0;
  file.bytes = written.bytes.size();
  file.file_bytes = written.bytes.size();
  file.result_permissions = written.permissions;
  file.verified = MRE_VERIFY_DIGEST;
  put_digest(file.sha256, written.bytes);
  return MRE_OK;
}
inline mre_status guest_write(void *ctx, mre_call *call, void *raw, mre_error *err) {
  auto &request = *static_cast<mre_guest_write *>(raw);
  mre_file_write &file = *request.file;
  const InGuest where{request.ctid, file.host, file.path};
  if ((file.flags & MRE_WRITE_APPEND) != 0) {
    return store(err, MRE_UNSUPPORTED, "files in containers cannot be appended to");
  }
  mre_status status = in_guest(ctx, call, where, err, [](const FakeGuest &, const std::string &) {
    return mre_status{MRE_OK};
  });
  if (status != MRE_OK) {
    return status; // before a byte is taken from the source
  }
  std::string bytes;
  if (!read_all(file.source, bytes)) {
    return store(err, MRE_LOCAL_FAILED, "the source failed");
  }
  note_effect(call);
  std::string node;
  status = in_guest(ctx, call, where, err, [&](FakeGuest &guest, const std::string &path) {
    node = guest.node;
    const mre_status good = guest_check_bytes(*static_cast<FakeState *>(ctx), request, bytes, err);
    return good != MRE_OK ? good : guest_put(guest, path, std::move(bytes), file, err);
  });
  if (status == MRE_OK) {
    give(file.real_path, view(file.path));
    give(request.node, node);
  }
  return status;
}

inline mre_status guest_read(void *ctx, mre_call *call, void *raw, mre_error *err) {
  auto &request = *static_cast<mre_guest_read *>(raw);
  mre_file_read &file = *request.file;
  FakeFile found;
  std::string node;
  const mre_status status = in_guest(ctx, call, {request.ctid, file.host, file.path}, err,
                                     [&](const FakeGuest &guest, const std::string &path) {
                                       node = guest.node;
                                       return find_in_guest(guest, path, found, err);
                                     });
  if (status != MRE_OK) {
    return status;
  }
  if (found.is_directory) {
    return store(err, MRE_BAD_ARGUMENT, std::string(view(file.path)) + " is a folder");
  }
  const std::size_t from = std::min<std::uint64_t>(file.offset, found.bytes.size());
  const std::string bytes = found.bytes.substr(from, file.max_bytes);
  file.info.size = sizeof file.info;
  describe(found, &file.info);
  file.bytes = bytes.size();
  put_digest(file.sha256, bytes);
  give(file.sink, bytes);
  give(request.node, node);
  return MRE_OK;
}

inline mre_guest_files_api guest_files_table(FakeState &state) {
  return {sizeof(mre_guest_files_api), 0, &state, guest_stat, guest_write, guest_read};
}

} // namespace detail
} // namespace testing
} // namespace mre
#pragma GCC visibility pop
