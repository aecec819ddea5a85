// mre.local/1: files of the server's own machine, behind the operator's rules.

#include "core/base/utf8.hpp"
#include "core/plugin_host/parts.hpp"
#include "core/plugin_host/services/services.hpp"

namespace mre::plugin_host {

LocalHandle *LocalHandles::add(std::unique_ptr<LocalHandle> handle) {
  LocalHandle *raw = handle.get();
  open_.with([&](auto &open) { open.emplace(raw, std::move(handle)); });
  return raw;
}

const LocalHandle *LocalHandles::find(void *handle) const {
  return open_.with([&](const auto &open) -> const LocalHandle * {
    const auto found = open.find(handle);
    return found == open.end() ? nullptr : found->second.get();
  });
}

std::unique_ptr<LocalHandle> LocalHandles::take(void *handle) {
  return open_.with([&](auto &open) -> std::unique_ptr<LocalHandle> {
    const auto found = open.find(handle);
    if (found == open.end()) {
      return nullptr;
    }
    auto taken = std::move(found->second);
    open.erase(found);
    return taken;
  });
}

namespace {

int64_t read_source(void *ctx, char *buffer, size_t capacity) {
  auto &handle = *static_cast<LocalHandle *>(ctx);
  auto got = handle.source->read(buffer, capacity);
  if (!got) {
    handle.failure = std::move(got).error();
    return -1;
  }
  return static_cast<int64_t>(*got);
}

int32_t write_target(void *ctx, mre_str chunk) {
  auto &handle = *static_cast<LocalHandle *>(ctx);
  auto written = handle.target->write(view(chunk));
  if (!written) {
    handle.failure = std::move(written).error();
    return 1;
  }
  return 0;
}

} // namespace

// Registers the handle, to be closed at the end of its call.
LocalHandle &keep_local(Instance &plugin, const Caller &caller,
                        std::unique_ptr<LocalHandle> handle) {
  LocalHandles &handles = plugin.parts().local_handles;
  LocalHandle *raw = handles.add(std::move(handle));
  if (caller.call) {
    caller.call->at_end([&handles, raw] { static_cast<void>(handles.take(raw)); });
  }
  return *raw;
}

void give_source(Instance &plugin, const Caller &caller, guard::LocalSource source,
                 mre_local_source *out) {
  auto handle = std::make_unique<LocalHandle>();
  handle->source.emplace(std::move(source));
  LocalHandle &kept = keep_local(plugin, caller, std::move(handle));
  mre_local_source result{};
  result.permissions = kept.source->permissions();
  result.bytes = kept.source->bytes();
  result.source = source_of(kept);
  result.handle = &kept;
  write_struct(out, result);
}

void give_target(Instance &plugin, const Caller &caller, guard::LocalTarget target,
                 mre_local_target *out) {
  auto handle = std::make_unique<LocalHandle>();
  handle->target.emplace(std::move(target));
  LocalHandle &kept = keep_local(plugin, caller, std::move(handle));
  mre_local_target result{};
  result.existed = kept.target->existed() ? 1 : 0;
  result.sink = sink_of(kept);
  result.handle = &kept;
  write_struct(out, result);
}

namespace {

mre_status open_source(const mre_host *host, mre_call *call, mre_str path, mre_local_source *out,
                       mre_error *err) {
  return serve(host, err, "local.open_source", [&](Instance &plugin) -> Result<void> {
    if (out == nullptr) {
      return Error{Errc::bad_argument, "local.open_source needs a place for the result", {}};
    }
    out->handle = nullptr;
    MRE_TRY(const Caller caller, find_caller(plugin, call, "local.open_source"));
    const guard::LocalFiles files(plugin.parts().current_settings(), plugin.parts().hosts.hosts());
    MRE_TRY(guard::LocalSource source, files.open_source(std::string(view(path))));
    plugin.parts().audit.effect(
        {caller.id, plugin.id(), {}, "local_read", {{"path", utf8::repair(source.path())}}});
    give_source(plugin, caller, std::move(source), out);
    return {};
  });
}

void close_source(const mre_host *host, mre_local_source *source) {
  static_cast<void>(
      serve(host, nullptr, "local.close_source", [&](Instance &plugin) -> Result<void> {
        if (source != nullptr) {
          static_cast<void>(
              plugin.parts().local_handles.take(std::exchange(source->handle, nullptr)));
        }
        return {};
      }));
}

mre_status open_target(const mre_host *host, mre_call *call, mre_str path, int32_t overwrite,
                       mre_local_target *out, mre_error *err) {
  return serve(host, err, "local.open_target", [&](Instance &plugin) -> Result<void> {
    if (out == nullptr) {
      return Error{Errc::bad_argument, "local.open_target needs a place for the result", {}};
    }
    out->handle = nullptr;
    MRE_TRY(const Caller caller, find_caller(plugin, call, "local.open_target"));
    const guard::LocalFiles files(plugin.parts().current_settings(), plugin.parts().hosts.hosts());
    MRE_TRY(guard::LocalTarget target,
            files.open_target(std::string(view(path)),
                              overwrite != 0 ? guard::Overwrite::allow : guard::Overwrite::refuse));
    give_target(plugin, caller, std::move(target), out);
    plugin.parts().audit.effect(
        {caller.id, plugin.id(), {}, "local_write", {{"path", utf8::repair(view(path))}}});
    if (caller.call) {
      caller.call->note_effect();
    }
    return {};
  });
}

mre_status commit(const mre_host *host, mre_local_target *target, uint32_t permissions,
                  mre_sink real_path, mre_error *err) {
  return serve(host, err, "local.commit", [&](Instance &plugin) -> Result<void> {
    const auto handle =
        target == nullptr
            ? nullptr
            : plugin.parts().local_handles.take(std::exchange(target->handle, nullptr));
    if (!handle || !handle->target) {
      return Error{Errc::bad_argument, "the local file is not open any more", {}};
    }
    if (handle->failure) {
      return *handle->failure;
    }
    MRE_TRY(const std::string path, handle->target->commit(permissions & 07777U));
    write_to(real_path, path);
    return {};
  });
}

void abandon(const mre_host *host, mre_local_target *target) {
  static_cast<void>(serve(host, nullptr, "local.abandon", [&](Instance &plugin) -> Result<void> {
    if (target != nullptr) {
      static_cast<void>(plugin.parts().local_handles.take(std::exchange(target->handle, nullptr)));
    }
    return {};
  }));
}

} // namespace

mre_source source_of(LocalHandle &handle) {
  return {&handle, read_source};
}
mre_sink sink_of(LocalHandle &handle) {
  return {&handle, write_target};
}

std::optional<Error> failure_in(const mre_source &source) {
  return source.read == read_source ? static_cast<LocalHandle *>(source.ctx)->failure
                                    : std::nullopt;
}
std::optional<Error> failure_in(const mre_sink &sink) {
  return sink.write == write_target ? static_cast<LocalHandle *>(sink.ctx)->failure : std::nullopt;
}

const mre_local_api &local_service() {
  static const mre_local_api table = {sizeof table, 0,      open_source, close_source,
                                      open_target,  commit, abandon};
  return table;
}

} // namespace mre::plugin_host
