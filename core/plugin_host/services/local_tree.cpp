// mre.local_tree/1: whole folders of the server's own machine, behind the operator's rules.
#include "core/base/utf8.hpp"
#include "core/plugin_host/parts.hpp"
#include "core/plugin_host/services/services.hpp"

namespace mre::plugin_host {
namespace {

guard::Overwrite overwrite_of(int32_t flag) {
  return flag != 0 ? guard::Overwrite::allow : guard::Overwrite::refuse;
}

// The tree behind a handle; the handle is of this call's thread, so it stays while it is used.
Result<const guard::LocalTree *> tree_of(Instance &plugin, void *handle) {
  const LocalHandle *found = plugin.parts().local_handles.find(handle);
  if (found == nullptr || !found->tree) {
    return Error{Errc::bad_argument, "the local folder is not open any more", {}};
  }
  return &*found->tree;
}

int32_t kind_of(guard::LocalEntry::Kind kind) {
  switch (kind) {
  case guard::LocalEntry::Kind::regular:
    return MRE_FILE_REGULAR;
  case guard::LocalEntry::Kind::directory:
    return MRE_FILE_DIRECTORY;
  case guard::LocalEntry::Kind::link:
    return MRE_FILE_SYMLINK;
  case guard::LocalEntry::Kind::other:
    break;
  }
  return MRE_FILE_OTHER;
}

mre_status open(const mre_host *host, mre_call *call, mre_str path, int32_t make, void **tree,
                mre_sink real_path, mre_error *err) {
  return serve(host, err, "local_tree.open", [&](Instance &plugin) -> Result<void> {
    if (tree == nullptr) {
      return Error{Errc::bad_argument, "local_tree.open needs a place for the result", {}};
    }
    *tree = nullptr;
    MRE_TRY(const Caller caller, find_caller(plugin, call, "local_tree.open"));
    auto &parts = plugin.parts();
    MRE_TRY(guard::LocalTree opened,
            guard::LocalTree::open(guard::LocalFiles(parts.current_settings(), parts.hosts.hosts()),
                                   std::string(view(path)),
                                   make != 0 ? guard::MissingFolders::make
                                             : guard::MissingFolders::refuse));
    parts.audit.effect({caller.id,
                        plugin.id(),
                        {},
                        make != 0 ? "local_write" : "local_read",
                        {{"folder", utf8::repair(opened.path())}}});
    if (caller.call && make != 0) {
      caller.call->note_effect();
    }
    write_to(real_path, opened.path());
    auto handle = std::make_unique<LocalHandle>();
    handle->tree.emplace(std::move(opened));
    *tree = &keep_local(plugin, caller, std::move(handle));
    return {};
  });
}

void close(const mre_host *host, void *tree) {
  static_cast<void>(serve(host, nullptr, "local_tree.close", [&](Instance &plugin) -> Result<void> {
    static_cast<void>(plugin.parts().local_handles.take(tree));
    return {};
  }));
}

mre_status list(const mre_host *host, void *handle, mre_str name, mre_entry_sink sink,
                mre_error *err) {
  return serve(host, err, "local_tree.list", [&](Instance &plugin) -> Result<void> {
    if (sink.entry == nullptr) {
      return Error{Errc::bad_argument, "local_tree.list needs a sink", {}};
    }
    MRE_TRY(const auto *tree, tree_of(plugin, handle));
    MRE_TRY(const auto entries, tree->list(view(name)));
    for (const guard::LocalEntry &entry : entries) {
      mre_file_info info{};
      info.size = sizeof info;
      info.kind = kind_of(entry.kind);
      info.permissions = entry.permissions;
      info.bytes = entry.bytes;
      info.modified = entry.modified;
      if (sink.entry(sink.ctx, borrow(entry.name), &info, borrow(entry.target)) != 0) {
        break;
      }
    }
    return {};
  });
}

mre_status open_source(const mre_host *host, mre_call *call, void *handle, mre_str name,
                       mre_local_source *out, mre_error *err) {
  return serve(host, err, "local_tree.open_source", [&](Instance &plugin) -> Result<void> {
    if (out == nullptr) {
      return Error{Errc::bad_argument, "local_tree.open_source needs a place for the result", {}};
    }
    MRE_TRY(const Caller caller, find_caller(plugin, call, "local_tree.open_source"));
    MRE_TRY(const auto *tree, tree_of(plugin, handle));
    MRE_TRY(guard::LocalSource source, tree->open_source(view(name)));
    give_source(plugin, caller, std::move(source), out);
    return {};
  });
}

mre_status open_target(const mre_host *host, mre_call *call, void *handle, mre_str name,
                       int32_t overwrite, mre_local_target *out, mre_error *err) {
  return serve(host, err, "local_tree.open_target", [&](Instance &plugin) -> Result<void> {
    if (out == nullptr) {
      return Error{Errc::bad_argument, "local_tree.open_target needs a place for the result", {}};
    }
    MRE_TRY(const Caller caller, find_caller(plugin, call, "local_tree.open_target"));
    MRE_TRY(const auto *tree, tree_of(plugin, handle));
    MRE_TRY(guard::LocalTarget target, tree->open_target(view(name), overwrite_of(overwrite)));
    give_target(plugin, caller, std::move(target), out);
    return {};
  });
}

mre_status make_directory(const mre_host *host, void *handle, mre_str name, mre_error *err) {
  return serve(host, err, "local_tree.make_directory", [&](Instance &plugin) -> Result<void> {
    MRE_TRY(const auto *tree, tree_of(plugin, handle));
    return tree->make_directory(view(name));
  });
}

mre_status make_link(const mre_host *host, void *handle, mre_str name, mre_str target,
                     int32_t overwrite, mre_error *err) {
  return serve(host, err, "local_tree.make_link", [&](Instance &plugin) -> Result<void> {
    MRE_TRY(const auto *tree, tree_of(plugin, handle));
    return tree->make_link(view(name), std::string(view(target)), overwrite_of(overwrite));
  });
}

mre_status set_permissions(const mre_host *host, void *handle, mre_str name, uint32_t permissions,
                           mre_error *err) {
  return serve(host, err, "local_tree.set_permissions", [&](Instance &plugin) -> Result<void> {
    MRE_TRY(const auto *tree, tree_of(plugin, handle));
    return tree->set_permissions(view(name), permissions);
  });
}

} // namespace

const mre_local_tree_api &local_tree_service() {
  static const mre_local_tree_api table = {
      sizeof table, 0,           open,           close,     list,
      open_source,  open_target, make_directory, make_link, set_permissions};
  return table;
}

} // namespace mre::plugin_host
