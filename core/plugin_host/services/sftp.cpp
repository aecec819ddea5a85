// mre.sftp/1: files on remote hosts.

#include "core/base/utf8.hpp"
#include "core/plugin_host/parts.hpp"
#include "core/plugin_host/services/services.hpp"
#include "core/ssh/files.hpp"

namespace mre::plugin_host {
namespace {

std::string owned(mre_str text) {
  return std::string(view(text));
}

// Who asks, for which host.
struct Access {
  Instance &plugin;
  Caller caller;
  config::HostConfig host;
  ssh::Files &files() const { return plugin.parts().files; }
};

struct Wish {
  Instance &plugin;
  LoginAsk &login;
  mre_call *handle;
  mre_str target;
  const char *function;
};

Result<Access> open_access(const Wish &wish) {
  MRE_TRY(Caller caller, find_caller(wish.plugin, wish.handle, wish.function));
  MRE_TRY(config::HostConfig host,
          config::resolve_host(*wish.plugin.parts().hosts.hosts(), view(wish.target)));
  if (caller.call && caller.call->context()) {
    caller.call->context()->note_host(host.name);
  }
  MRE_TRY_VOID(wish.login.begin(caller, host));
  return Access{wish.plugin, std::move(caller), std::move(host)};
}

tools::CallContext *context_of(const Access &access) {
  return access.caller.call ? access.caller.call->context().get() : nullptr;
}

// Tells the caller how far it is, where the caller wants to know.
ssh::TransferProgress progress_of(const Access &access, const std::string &path) {
  if (context_of(access) == nullptr || !context_of(access)->wants_progress()) {
    return {};
  }
  return [context = access.caller.call->context(),
          name = ssh::remote_name(access.host.name, utf8::repair(path))](
             std::uint64_t so_far, std::optional<std::uint64_t> total) {
    std::string message = std::to_string(so_far);
    message += total ? " of " + std::to_string(*total) + " bytes, " : " bytes, ";
    context->report_progress(
        static_cast<double>(so_far),
        total ? std::optional<double>(static_cast<double>(*total)) : std::nullopt, message + name);
  };
}

// For the audit's end record.
void note_bytes(const Access &access, std::uint64_t bytes) {
  if (context_of(access) != nullptr) {
    context_of(access)->note_bytes(bytes);
  }
}

// Before something changes on the far side.
void record(const Access &access, const char *what, Json details) {
  if (access.caller.call) {
    access.caller.call->note_effect();
  }
  access.plugin.parts().audit.effect(
      {access.caller.id, access.plugin.id(), access.host.name, what, std::move(details)});
}

mre_file_info to_info(const ssh::FileInfo &file) {
  mre_file_info info{};
  info.size = sizeof info;
  switch (file.kind) {
  case ssh::FileKind::regular:
    info.kind = MRE_FILE_REGULAR;
    break;
  case ssh::FileKind::directory:
    info.kind = MRE_FILE_DIRECTORY;
    break;
  case ssh::FileKind::symlink:
    info.kind = MRE_FILE_SYMLINK;
    break;
  case ssh::FileKind::other:
    info.kind = MRE_FILE_OTHER;
    break;
  }
  info.permissions = file.permissions;
  info.uid = file.uid;
  info.gid = file.gid;
  info.bytes = file.bytes;
  info.modified = file.modified;
  return info;
}

template <std::size_t N>
void copy_digest(char (&to)[N], const std::string &digest) {
  const std::size_t length = std::min(digest.size(), N - 1);
  std::memcpy(to, digest.data(), length);
  to[length] = '\0';
}

mre_status stat(const mre_host *host, mre_call *handle, mre_str target, mre_str path,
                int32_t follow, mre_file_info *info, mre_sink real_path, mre_error *err) {
  return serve_login(
      host, err, "sftp.stat", [&](Instance &plugin, LoginAsk &login) -> Result<void> {
        MRE_TRY(const Access access, open_access({plugin, login, handle, target, "sftp.stat"}));
        MRE_TRY(const ssh::StatResult found,
                access.files().stat(access.host, owned(path),
                                    follow != 0 ? ssh::Follow::yes : ssh::Follow::no,
                                    access.caller.stop));
        if (info != nullptr) {
          write_struct(info, to_info(found.info));
        }
        write_to(real_path, found.real_path);
        return {};
      });
}

mre_status list(const mre_host *host, mre_call *handle, mre_str target, mre_str path,
                mre_entry_sink sink, mre_error *err) {
  return serve_login(
      host, err, "sftp.list", [&](Instance &plugin, LoginAsk &login) -> Result<void> {
        if (sink.entry == nullptr) {
          return Error{Errc::bad_argument, "sftp.list needs a sink", {}};
        }
        MRE_TRY(const Access access, open_access({plugin, login, handle, target, "sftp.list"}));
        MRE_TRY(const auto entries,
                access.files().list(access.host, owned(path), access.caller.stop));
        for (const ssh::DirectoryEntry &entry : entries) {
          const mre_file_info info = to_info(entry.info);
          if (sink.entry(sink.ctx, borrow(entry.name), &info, borrow(entry.target)) != 0) {
            break;
          }
        }
        return {};
      });
}

mre_status read(const mre_host *host, mre_call *handle, mre_file_read *raw, mre_error *err) {
  return serve_login(
      host, err, "sftp.read", [&](Instance &plugin, LoginAsk &login) -> Result<void> {
        if (raw == nullptr) {
          return Error{Errc::bad_argument, "sftp.read needs a request", {}};
        }
        mre_file_read read = read_struct(raw);
        MRE_TRY(const Access access, open_access({plugin, login, handle, read.host, "sftp.read"}));
        ssh::ReadRequest request;
        request.path = owned(read.path);
        request.offset = read.offset;
        request.max_bytes =
            read.max_bytes == UINT64_MAX ? std::nullopt : std::optional(read.max_bytes);
        request.sink = [&](std::string_view bytes) -> Result<void> {
          if (!write_to(read.sink, bytes)) {
            return failure_in(read.sink).value_or(
                Error{Errc::cancelled, "the receiver took no more of " + request.path, {}});
          }
          return {};
        };
        request.progress = progress_of(access, request.path);
        MRE_TRY(const ssh::ReadResult done,
                access.files().read(access.host, request, access.caller.stop));
        note_bytes(access, done.bytes);
        read.bytes = done.bytes;
        read.info = to_info(done.info);
        copy_digest(read.sha256, done.sha256);
        write_struct(raw, read);
        return {};
      });
}

Result<ssh::Verify> to_verify(int32_t number) {
  switch (number) {
  case MRE_VERIFY_AUTO:
    return ssh::Verify::automatic;
  case MRE_VERIFY_DIGEST:
    return ssh::Verify::digest;
  case MRE_VERIFY_SIZE:
    return ssh::Verify::size;
  default:
    return Error{Errc::bad_argument,
                 "there is no way to verify with the number " + std::to_string(number),
                 {}};
  }
}

// A limit of 0 in the settings means none.
std::optional<std::uint64_t> write_limit(const Instance &plugin, std::uint64_t asked) {
  const std::uint64_t configured = plugin.parts().current_settings()->max_file_size_bytes;
  const std::uint64_t limit = asked == 0 ? configured : asked;
  return limit == UINT64_MAX || limit == 0 ? std::nullopt : std::optional(limit);
}

Result<ssh::WriteRequest> to_request(const Instance &plugin, const mre_file_write &write) {
  if (write.source.read == nullptr) {
    return Error{Errc::bad_argument, "sftp.write needs a source", {}};
  }
  ssh::WriteRequest request;
  request.path = owned(write.path);
  request.source = [source = write.source](char *buffer,
                                           std::size_t capacity) -> Result<std::size_t> {
    const std::int64_t got = source.read(source.ctx, buffer, capacity);
    if (got < 0 || static_cast<std::size_t>(got) > capacity) {
      return failure_in(source).value_or(
          Error{Errc::cancelled, "the source of the bytes failed", {}});
    }
    return static_cast<std::size_t>(got);
  };
  request.expected_bytes =
      write.expected_bytes == UINT64_MAX ? std::nullopt : std::optional(write.expected_bytes);
  request.max_bytes = write_limit(plugin, write.max_bytes);
  request.existing = (write.flags & MRE_WRITE_APPEND) != 0      ? ssh::Existing::append
                     : (write.flags & MRE_WRITE_OVERWRITE) != 0 ? ssh::Existing::replace
                                                                : ssh::Existing::refuse;
  request.parents = (write.flags & MRE_WRITE_CREATE_PARENTS) != 0 ? ssh::Parents::create
                                                                  : ssh::Parents::must_exist;
  request.permissions = (write.flags & MRE_WRITE_PERMISSIONS) != 0
                            ? std::optional(write.permissions & 07777U)
                            : std::nullopt;
  MRE_TRY(request.verify, to_verify(write.verify));
  if (write.temporary_path.write != nullptr) {
    request.on_temporary = [sink = write.temporary_path](const std::string &path) -> Result<void> {
      if (!write_to(sink, path)) {
        return failure_in(sink).value_or(
            Error{Errc::cancelled, "the receiver of the temporary file's name failed", {}});
      }
      return {};
    };
  }
  return request;
}

mre_status write(const mre_host *host, mre_call *handle, mre_file_write *raw, mre_error *err) {
  return serve_login(
      host, err, "sftp.write", [&](Instance &plugin, LoginAsk &login) -> Result<void> {
        if (raw == nullptr) {
          return Error{Errc::bad_argument, "sftp.write needs a request", {}};
        }
        mre_file_write write = read_struct(raw);
        MRE_TRY(const Access access,
                open_access({plugin, login, handle, write.host, "sftp.write"}));
        MRE_TRY(ssh::WriteRequest request, to_request(plugin, write));
        request.progress = progress_of(access, request.path);
        record(access, "write", {{"path", utf8::repair(request.path)}});
        MRE_TRY(const ssh::WriteResult done,
                access.files().write(access.host, std::move(request), access.caller.stop));
        note_bytes(access, done.bytes);
        write.bytes = done.bytes;
        write.file_bytes = done.file_bytes;
        copy_digest(write.sha256, done.sha256);
        write.verified = done.verified == ssh::Verify::digest ? MRE_VERIFY_DIGEST : MRE_VERIFY_SIZE;
        write.existed = done.existed ? 1 : 0;
        write.result_permissions = done.permissions;
        write_to(write.real_path, done.path);
        write_struct(raw, write);
        return {};
      });
}

mre_status make_directory(const mre_host *host, mre_call *handle, mre_str target, mre_str path,
                          uint32_t permissions, int32_t parents, mre_error *err) {
  return serve_login(
      host, err, "sftp.make_directory", [&](Instance &plugin, LoginAsk &login) -> Result<void> {
        MRE_TRY(const Access access,
                open_access({plugin, login, handle, target, "sftp.make_directory"}));
        record(access, "make_directory", {{"path", utf8::repair(view(path))}});
        return access.files().make_directory(
            access.host, owned(path), permissions & 07777U,
            parents != 0 ? ssh::Parents::create : ssh::Parents::must_exist, access.caller.stop);
      });
}

mre_status rename(const mre_host *host, mre_call *handle, mre_str target, mre_str from, mre_str to,
                  int32_t overwrite, mre_error *err) {
  return serve_login(
      host, err, "sftp.rename", [&](Instance &plugin, LoginAsk &login) -> Result<void> {
        MRE_TRY(const Access access, open_access({plugin, login, handle, target, "sftp.rename"}));
        record(access, "rename",
               {{"from", utf8::repair(view(from))}, {"to", utf8::repair(view(to))}});
        return access.files().rename(
            access.host, owned(from), owned(to),
            overwrite != 0 ? ssh::Existing::replace : ssh::Existing::refuse, access.caller.stop);
      });
}

mre_status remove(const mre_host *host, mre_call *handle, mre_str target, mre_str path,
                  mre_error *err) {
  return serve_login(
      host, err, "sftp.remove", [&](Instance &plugin, LoginAsk &login) -> Result<void> {
        MRE_TRY(const Access access, open_access({plugin, login, handle, target, "sftp.remove"}));
        record(access, "remove", {{"path", utf8::repair(view(path))}});
        return access.files().remove(access.host, owned(path), access.caller.stop);
      });
}

} // namespace

const mre_sftp_api &sftp_service() {
  static const mre_sftp_api table = {sizeof table,   0,      stat,  list, read, write,
                                     make_directory, rename, remove};
  return table;
}

} // namespace mre::plugin_host
