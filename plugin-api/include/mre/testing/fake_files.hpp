// mre/testing/fake_files.hpp - mre.sftp/1 and mre.local/1 over files in memory.
//
// Folders are implied by the paths of files; make_directory records one of its own. Digests are not
// computed: `verified` says size, sha256 is sixty-four zeros. Threads: any.
#pragma once

#include <mre/ext/local.h>
#include <mre/ext/sftp.h>
#include <mre/testing/fake_services.hpp>

#include <algorithm>

#pragma GCC visibility push(hidden) // private to each program, whatever its flags
namespace mre {
namespace testing {
namespace detail {

constexpr const char *kNoDigest =
    "0000000000000000000000000000000000000000000000000000000000000000";

using Files = std::map<std::string, FakeFile>;

inline void describe(const FakeFile &file, mre_file_info *info) {
  info->kind = file.is_directory   ? MRE_FILE_DIRECTORY
               : file.link.empty() ? MRE_FILE_REGULAR
                                   : MRE_FILE_SYMLINK;
  info->permissions = file.permissions;
  info->bytes = file.bytes.size();
  info->modified = 0;
}
// "host:path", or a status.
inline mre_status place(FakeState &state, mre_str host, mre_str path, std::string &key,
                        mre_error *err) {
  const auto name = host_name(state, view(host));
  if (!name) {
    return store(err, MRE_NOT_FOUND, "there is no host '" + std::string(view(host)) + "'");
  }
  key = *name + ":" + std::string(view(path));
  return MRE_OK;
}
inline bool read_all(const mre_source &source, std::string &bytes) {
  char buffer[4096];
  while (source.read != nullptr) {
    const int64_t got = source.read(source.ctx, buffer, sizeof buffer);
    if (got < 0) {
      return false;
    }
    if (got == 0) {
      break;
    }
    bytes.append(buffer, static_cast<std::size_t>(got));
  }
  return true;
}
// Runs body(state, key) with the place of a path, unless the host fails or the call is cancelled.
template <class F>
mre_status at_place(const mre_host *raw, mre_call *call, mre_str host, mre_str path, mre_error *err,
                    F &&body) {
  const mre_status admitted = admit(raw, err, "mre.sftp/1");
  if (admitted != MRE_OK) {
    return admitted;
  }
  if (is_cancelled(call)) {
    return store(err, MRE_CANCELLED, "the call was cancelled");
  }
  FakeState &state = state_of(raw);
  std::string key;
  const mre_status placed = place(state, host, path, key, err);
  return placed != MRE_OK ? placed : body(state, key);
}
inline mre_status missing(mre_error *err, mre_str path) {
  return store(err, MRE_NOT_FOUND, "there is no file " + std::string(view(path)));
}

inline mre_status sftp_stat(const mre_host *raw, mre_call *call, mre_str host, mre_str path,
                            int32_t, mre_file_info *info, mre_sink real_path, mre_error *err) {
  return at_place(raw, call, host, path, err, [&](FakeState &state, const std::string &key) {
    {
      const std::lock_guard<std::mutex> lock(state.mutex);
      const auto found = state.remote_files.find(key);
      if (found == state.remote_files.end()) {
        return missing(err, path);
      }
      describe(found->second, info);
    }
    give(real_path, view(path));
    return mre_status{MRE_OK};
  });
}
inline mre_status sftp_list(const mre_host *raw, mre_call *call, mre_str host, mre_str path,
                            mre_entry_sink sink, mre_error *err) {
  return at_place(raw, call, host, path, err, [&](FakeState &state, const std::string &key) {
    const std::string prefix = key + (key.back() == '/' ? "" : "/");
    std::vector<std::pair<std::string, FakeFile>> found;
    {
      const std::lock_guard<std::mutex> lock(state.mutex);
      for (const auto &file : state.remote_files) {
        const bool is_inside = file.first.compare(0, prefix.size(), prefix) == 0;
        if (is_inside && file.first.find('/', prefix.size()) == std::string::npos) {
          found.emplace_back(file.first.substr(prefix.size()), file.second);
        }
      }
    }
    for (const auto &file : found) {
      mre_file_info info{};
      info.size = sizeof info;
      describe(file.second, &info);
      if (sink.entry(sink.ctx, borrow(file.first), &info, borrow("")) != 0) {
        break;
      }
    }
    return mre_status{MRE_OK};
  });
}
inline mre_status sftp_read(const mre_host *raw, mre_call *call, mre_file_read *read,
                            mre_error *err) {
  return at_place(raw, call, read->host, read->path, err,
                  [&](FakeState &state, const std::string &key) {
                    std::string bytes;
                    {
                      const std::lock_guard<std::mutex> lock(state.mutex);
                      const auto found = state.remote_files.find(key);
                      if (found == state.remote_files.end()) {
                        return missing(err, read->path);
                      }
                      read->info.size = sizeof read->info;
                      describe(found->second, &read->info);
                      const std::uint64_t from =
                          std::min<std::uint64_t>(read->offset, found->second.bytes.size());
                      bytes = found->second.bytes.substr(from, read->max_bytes);
                    }
                    give(read->sink, bytes);
                    read->bytes = bytes.size();
                    std::copy_n(kNoDigest, 65, read->sha256);
                    return mre_status{MRE_OK};
                  });
}
inline mre_status sftp_write(const mre_host *raw, mre_call *call, mre_file_write *write,
                             mre_error *err) {
  return at_place(
      raw, call, write->host, write->path, err, [&](FakeState &state, const std::string &key) {
        std::string bytes;
        if (!read_all(write->source, bytes)) {
          return store(err, MRE_LOCAL_FAILED, "the source failed");
        }
        note_effect(call);
        {
          const std::lock_guard<std::mutex> lock(state.mutex);
          const bool exists = state.remote_files.count(key) != 0;
          const bool may_exist = (write->flags & (MRE_WRITE_OVERWRITE | MRE_WRITE_APPEND)) != 0;
          if (exists && !may_exist) {
            return store(err, MRE_ALREADY_EXISTS, std::string(view(write->path)) + " exists");
          }
          FakeFile &file = state.remote_files[key];
          file.bytes = (write->flags & MRE_WRITE_APPEND) != 0 ? file.bytes + bytes : bytes;
          if ((write->flags & MRE_WRITE_PERMISSIONS) != 0) {
            file.permissions = write->permissions;
          }
          write->existed = exists ? 1 : 0;
          write->file_bytes = file.bytes.size();
          write->result_permissions = file.permissions;
        }
        write->bytes = bytes.size();
        write->verified = MRE_VERIFY_SIZE;
        std::copy_n(kNoDigest, 65, write->sha256);
        give(write->real_path, view(write->path));
        return mre_status{MRE_OK};
      });
}
inline mre_status sftp_make_directory(const mre_host *raw, mre_call *call, mre_str host,
                                      mre_str path, uint32_t permissions, int32_t, mre_error *err) {
  return at_place(raw, call, host, path, err, [&](FakeState &state, const std::string &key) {
    note_effect(call);
    const std::lock_guard<std::mutex> lock(state.mutex);
    state.remote_files[key] = {"", permissions, true};
    return mre_status{MRE_OK};
  });
}
inline mre_status sftp_rename(const mre_host *raw, mre_call *call, mre_str host, mre_str from,
                              mre_str to, int32_t overwrite, mre_error *err) {
  return at_place(raw, call, host, from, err, [&](FakeState &state, const std::string &key) {
    note_effect(call);
    const std::string target = key.substr(0, key.find(':') + 1) + std::string(view(to));
    const std::lock_guard<std::mutex> lock(state.mutex);
    const auto found = state.remote_files.find(key);
    if (found == state.remote_files.end()) {
      return missing(err, from);
    }
    if (overwrite == 0 && state.remote_files.count(target) != 0) {
      return store(err, MRE_ALREADY_EXISTS, std::string(view(to)) + " exists");
    }
    FakeFile moved = found->second;
    state.remote_files.erase(found);
    state.remote_files[target] = std::move(moved);
    return mre_status{MRE_OK};
  });
}
inline mre_status sftp_remove(const mre_host *raw, mre_call *call, mre_str host, mre_str path,
                              mre_error *err) {
  return at_place(raw, call, host, path, err, [&](FakeState &state, const std::string &key) {
    note_effect(call);
    const std::lock_guard<std::mutex> lock(state.mutex);
    return state.remote_files.erase(key) != 0 ? mre_status{MRE_OK} : missing(err, path);
  });
}

// A local file that is read or written; freed by close, commit or abandon.
struct LocalHandle {
  FakeState *state;
  std::string path, bytes;
  std::size_t at = 0;
  static int64_t read(void *ctx, char *buffer, std::size_t capacity) {
    auto &self = *static_cast<LocalHandle *>(ctx);
    const std::size_t count = std::min(capacity, self.bytes.size() - self.at);
    std::copy_n(self.bytes.data() + self.at, count, buffer);
    self.at += count;
    return static_cast<int64_t>(count);
  }
  static int32_t write(void *ctx, mre_str chunk) {
    static_cast<LocalHandle *>(ctx)->bytes.append(view(chunk));
    return 0;
  }
};
inline mre_status local_open_source(const mre_host *raw, mre_call *, mre_str path,
                                    mre_local_source *out, mre_error *err) {
  const mre_status admitted = admit(raw, err, "mre.local/1");
  if (admitted != MRE_OK) {
    return admitted;
  }
  FakeState &state = state_of(raw);
  const std::lock_guard<std::mutex> lock(state.mutex);
  const auto found = state.local_files.find(std::string(view(path)));
  if (found == state.local_files.end()) {
    return missing(err, path);
  }
  auto handle = std::make_unique<LocalHandle>();
  handle->state = &state;
  handle->path = std::string(view(path));
  handle->bytes = found->second.bytes;
  out->permissions = found->second.permissions;
  out->bytes = found->second.bytes.size();
  out->source = {handle.get(), &LocalHandle::read};
  out->handle = handle.release();
  return MRE_OK;
}
inline void local_close_source(const mre_host *, mre_local_source *source) {
  delete static_cast<LocalHandle *>(std::exchange(source->handle, nullptr));
}
inline mre_status local_open_target(const mre_host *raw, mre_call *, mre_str path,
                                    int32_t overwrite, mre_local_target *out, mre_error *err) {
  const mre_status admitted = admit(raw, err, "mre.local/1");
  if (admitted != MRE_OK) {
    return admitted;
  }
  FakeState &state = state_of(raw);
  const std::lock_guard<std::mutex> lock(state.mutex);
  const bool exists = state.local_files.count(std::string(view(path))) != 0;
  if (exists && overwrite == 0) {
    return store(err, MRE_ALREADY_EXISTS, std::string(view(path)) + " exists");
  }
  auto handle = std::make_unique<LocalHandle>();
  handle->state = &state;
  handle->path = std::string(view(path));
  out->existed = exists ? 1U : 0U;
  out->sink = {handle.get(), &LocalHandle::write};
  out->handle = handle.release();
  return MRE_OK;
}
inline mre_status local_commit(const mre_host *, mre_local_target *target, uint32_t permissions,
                               mre_sink real_path, mre_error *err) {
  const std::unique_ptr<LocalHandle> handle(
      static_cast<LocalHandle *>(std::exchange(target->handle, nullptr)));
  if (!handle) {
    return store(err, MRE_BAD_ARGUMENT, "the handle is spent");
  }
  {
    const std::lock_guard<std::mutex> lock(handle->state->mutex);
    handle->state->local_files[handle->path] = {handle->bytes, permissions, false, {}};
  }
  give(real_path, handle->path);
  return MRE_OK;
}
inline void local_abandon(const mre_host *, mre_local_target *target) {
  delete static_cast<LocalHandle *>(std::exchange(target->handle, nullptr));
}

inline const mre_sftp_api &sftp_table() {
  static const mre_sftp_api table = {sizeof table,        0,           sftp_stat,
                                     sftp_list,           sftp_read,   sftp_write,
                                     sftp_make_directory, sftp_rename, sftp_remove};
  return table;
}
inline const mre_local_api &local_table() {
  static const mre_local_api table = {
      sizeof table, 0, local_open_source, local_close_source, local_open_target, local_commit,
      local_abandon};
  return table;
}

} // namespace detail
} // namespace testing
} // namespace mre
#pragma GCC visibility pop
