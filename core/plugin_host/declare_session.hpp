// What a plugin says inside declare(), checked and copied as it comes.
//
// Promise: registrations outside declare(), or from another thread, are refused and blamed; one
// that is wrong spoils the whole declaration, also when the plugin ignores the error; everything is
// copied before the function returns. Threads: open() and close() on the thread that calls
// declare(). Lifetime: as long as its plugin, so that a registry that was kept too long meets a
// closed session.
#pragma once

#include "core/base/result.hpp"
#include "core/tools/content.hpp"
#include "core/tools/declaration.hpp"

#include <mre/ext/cli.h>
#include <mre/ext/content.h>
#include <mre/ext/peer.h>
#include <mre/plugin.h>

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace mre::plugin_host {

class Instance;

// A transport, with the plugin's functions as they are.
struct DeclaredTransport {
  std::string name;
  void *ctx = nullptr;
  mre_status (*start)(void *ctx, mre_error *err) = nullptr;
  void (*stop)(void *ctx) = nullptr;
};

// All that one declare() gave.
struct Declared {
  tools::OwnerDeclaration tools;
  tools::ContentDeclaration contents;
  std::vector<std::pair<std::string, const void *>>
      services; // id and table of what it offers to others
  std::vector<DeclaredTransport> transports;
};

class DeclareSession {
public:
  explicit DeclareSession(Instance &plugin);
  DeclareSession(const DeclareSession &) = delete;
  DeclareSession &operator=(const DeclareSession &) = delete;

  void open();
  Result<Declared> close(); // the first thing that was wrong, or everything
  const mre_registry *registry() const { return &registry_; }
  // The session behind a registry; null for null.
  static DeclareSession *from(const mre_registry *registry);

  // Each returns the status for the plugin, with err filled.
  mre_status add_tool(const mre_tool *raw, mre_error *err);
  mre_status add_suppression(const mre_suppression *raw, mre_error *err);
  mre_status add_service(const char *id, const void *table, mre_error *err);
  mre_status add_resource(const mre_resource *raw, mre_error *err);
  mre_status add_prompt(const mre_prompt *raw, mre_error *err);
  mre_status add_command(const mre_command *raw, mre_error *err);
  mre_status add_completion(const mre_completion *raw, mre_error *err);
  mre_status add_transport(const mre_transport *raw, mre_error *err);

private:
  bool is_here() const { return is_open_ && owner_ == std::this_thread::get_id(); }
  mre_status take(std::string_view function, mre_error *err, const Result<void> &result);
  Result<void> check_room(std::size_t count) const;
  template <class F>
  mre_status add(std::string_view function, mre_error *err, F &&body);

  Instance &plugin_;
  mre_registry registry_{};
  std::atomic<bool> is_open_{false};
  std::atomic<std::thread::id> owner_{};
  Declared declared_;
  std::optional<Error> failure_;
};

} // namespace mre::plugin_host
