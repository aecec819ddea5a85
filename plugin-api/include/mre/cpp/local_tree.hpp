// mre/cpp/local_tree.hpp - mre.local_tree/1 as C++ values: a folder of the server's machine with
// everything in it. See mre/ext/local_tree.h for the rules.
//
// Promise: functions throw Error with the host's own words. Threads: one at a time. Lifetime:
// within its call.
#pragma once

#include <mre/cpp/files.hpp>
#include <mre/ext/local_tree.h>

#pragma GCC visibility push(hidden) // private to each plugin, whatever its flags
namespace mre {
inline namespace v1 {

class LocalTree {
public:
  enum class Missing { refuse, make };

  LocalTree(Host host, const Call &call, std::string_view path, Missing missing)
      : api_(host.service<mre_local_tree_api>(MRE_LOCAL_TREE)), host_(host), call_(call) {
    Sink sink(real_path_);
    auto err = error_value();
    check(api_->open(host_.raw(), call_.raw(), borrow(path), missing == Missing::make ? 1 : 0,
                     &tree_, sink.abi(), &err),
          err);
    sink.rethrow();
  }
  ~LocalTree() { api_->close(host_.raw(), tree_); }
  LocalTree(const LocalTree &) = delete;
  LocalTree &operator=(const LocalTree &) = delete;

  const std::string &real_path() const noexcept { return real_path_; }

  std::vector<RemoteEntry> list(std::string_view name) const {
    return detail::collect_entries([&](mre_entry_sink sink, mre_error *err) {
      return api_->list(host_.raw(), tree_, borrow(name), sink, err);
    });
  }
  LocalSource source(std::string_view name) const {
    mre_local_source raw{};
    raw.size = sizeof raw;
    auto err = error_value();
    check(api_->open_source(host_.raw(), call_.raw(), tree_, borrow(name), &raw, &err), err);
    return LocalSource(host_, raw);
  }
  LocalTarget target(std::string_view name, bool overwrite) const {
    mre_local_target raw{};
    raw.size = sizeof raw;
    auto err = error_value();
    check(api_->open_target(host_.raw(), call_.raw(), tree_, borrow(name), overwrite ? 1 : 0, &raw,
                            &err),
          err);
    return LocalTarget(host_, raw);
  }
  void make_directory(std::string_view name) const {
    auto err = error_value();
    check(api_->make_directory(host_.raw(), tree_, borrow(name), &err), err);
  }
  void make_link(std::string_view name, std::string_view target, bool overwrite) const {
    auto err = error_value();
    check(
        api_->make_link(host_.raw(), tree_, borrow(name), borrow(target), overwrite ? 1 : 0, &err),
        err);
  }
  void set_permissions(std::string_view name, std::uint32_t permissions) const {
    auto err = error_value();
    check(api_->set_permissions(host_.raw(), tree_, borrow(name), permissions, &err), err);
  }

private:
  const mre_local_tree_api *api_;
  Host host_;
  const Call &call_;
  void *tree_ = nullptr;
  std::string real_path_;
};

} // namespace v1
} // namespace mre
#pragma GCC visibility pop
