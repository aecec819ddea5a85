// mre/testing/fake_tree.hpp - mre.local_tree/1 over the files in memory of a fake host.
//
// A folder is there when it was made or when a file below it is; links are kept as files whose
// `link` says where they point. Threads: any.
#pragma once

#include <mre/ext/local_tree.h>
#include <mre/testing/fake_files.hpp>

#pragma GCC visibility push(hidden) // private to each program, whatever its flags
namespace mre {
namespace testing {
namespace detail {

struct TreeHandle {
  std::string path;
  std::string at(mre_str name) const {
    return name.size == 0 ? path : path + "/" + std::string(view(name));
  }
};
inline bool is_folder(const Files &files, const std::string &path) {
  const auto itself = files.find(path);
  const auto below = files.lower_bound(path + "/");
  return (itself != files.end() && itself->second.is_directory) ||
         (below != files.end() && below->first.compare(0, path.size() + 1, path + "/") == 0);
}
// Runs body(files, path) for a place in a tree.
template <class F>
mre_status in_tree(const mre_host *raw, void *tree, mre_str name, mre_error *err, F &&body) {
  const mre_status admitted = admit(raw, err, "mre.local_tree/1");
  if (admitted != MRE_OK) {
    return admitted;
  }
  const std::string relative(view(name));
  if (relative.find("..") != std::string::npos || relative.substr(0, 1) == "/") {
    return store(err, MRE_DENIED, relative + " leads out of the tree");
  }
  FakeState &state = state_of(raw);
  const std::lock_guard<std::mutex> lock(state.mutex);
  return body(state.local_files, static_cast<const TreeHandle *>(tree)->at(name));
}

inline mre_status tree_open(const mre_host *raw, mre_call *, mre_str path, int32_t make,
                            void **tree, mre_sink real_path, mre_error *err) {
  auto handle = std::make_unique<TreeHandle>();
  const mre_status opened =
      in_tree(raw, handle.get(), {nullptr, 0}, err, [&](Files &files, const std::string &) {
        handle->path = std::string(view(path));
        if (make != 0) {
          files[handle->path].is_directory = true;
        }
        return is_folder(files, handle->path) ? mre_status{MRE_OK} : missing(err, path);
      });
  if (opened == MRE_OK) {
    give(real_path, handle->path);
    *tree = handle.release();
  }
  return opened;
}
inline void tree_close(const mre_host *, void *tree) {
  delete static_cast<TreeHandle *>(tree);
}
inline mre_status tree_list(const mre_host *raw, void *tree, mre_str name, mre_entry_sink sink,
                            mre_error *err) {
  std::map<std::string, FakeFile> found;
  const mre_status looked =
      in_tree(raw, tree, name, err, [&](const Files &files, const std::string &path) {
        for (auto file = files.lower_bound(path + "/");
             file != files.end() && file->first.compare(0, path.size() + 1, path + "/") == 0;
             ++file) {
          const std::string rest = file->first.substr(path.size() + 1);
          const std::size_t slash = rest.find('/');
          if (slash == std::string::npos) {
            found[rest] = file->second;
          } else {
            found[rest.substr(0, slash)].is_directory = true;
          }
        }
        return is_folder(files, path) ? mre_status{MRE_OK} : missing(err, name);
      });
  for (const auto &entry : found) {
    mre_file_info info{};
    info.size = sizeof info;
    describe(entry.second, &info);
    if (sink.entry(sink.ctx, borrow(entry.first), &info, borrow(entry.second.link)) != 0) {
      break;
    }
  }
  return looked;
}
inline mre_status tree_open_source(const mre_host *raw, mre_call *call, void *tree, mre_str name,
                                   mre_local_source *out, mre_error *err) {
  const std::string path = static_cast<const TreeHandle *>(tree)->at(name);
  return local_open_source(raw, call, borrow(path), out, err);
}
inline mre_status tree_open_target(const mre_host *raw, mre_call *call, void *tree, mre_str name,
                                   int32_t overwrite, mre_local_target *out, mre_error *err) {
  const std::string path = static_cast<const TreeHandle *>(tree)->at(name);
  return local_open_target(raw, call, borrow(path), overwrite, out, err);
}
inline mre_status tree_make_directory(const mre_host *raw, void *tree, mre_str name,
                                      mre_error *err) {
  return in_tree(raw, tree, name, err, [](Files &files, const std::string &path) {
    files[path].is_directory = true;
    files[path].permissions = 0700;
    return mre_status{MRE_OK};
  });
}
inline mre_status tree_make_link(const mre_host *raw, void *tree, mre_str name, mre_str target,
                                 int32_t overwrite, mre_error *err) {
  return in_tree(raw, tree, name, err, [&](Files &files, const std::string &path) {
    if (files.count(path) != 0 && overwrite == 0) {
      return store(err, MRE_ALREADY_EXISTS, path + " exists");
    }
    files[path] = FakeFile();
    files[path].link = std::string(view(target));
    return mre_status{MRE_OK};
  });
}
inline mre_status tree_set_permissions(const mre_host *raw, void *tree, mre_str name,
                                       uint32_t permissions, mre_error *err) {
  return in_tree(raw, tree, name, err, [&](Files &files, const std::string &path) {
    if (!is_folder(files, path)) {
      return missing(err, name);
    }
    files[path].is_directory = true;
    files[path].permissions = permissions & 0777U;
    return mre_status{MRE_OK};
  });
}
inline const mre_local_tree_api &local_tree_table() {
  static const mre_local_tree_api table = {sizeof table,     0,
                                           tree_open,        tree_close,
                                           tree_list,        tree_open_source,
                                           tree_open_target, tree_make_directory,
                                           tree_make_link,   tree_set_permissions};
  return table;
}

} // namespace detail
} // namespace testing
} // namespace mre
#pragma GCC visibility pop
