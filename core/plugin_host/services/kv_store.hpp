// A small durable key-value store in MRE_STATE_DIR/kv.sqlite3, one namespace per plugin, shared by
// processes.
//
// Promise: every change is one transaction; a process that waits for another does so for
// kKvPatience at most; values that expired are never seen again. Nothing is opened, and no file
// made, before the first use. Threads: any; one at a time inside.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/guarded.hpp"
#include "core/base/result.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;

namespace mre::plugin_host {

struct KvEntry {
  std::string space, key, value;
  std::uint64_t ttl_seconds = 0; // 0: for ever
};

class KvStore {
public:
  KvStore(std::string state_dir, const Clock &clock);
  ~KvStore();
  KvStore(const KvStore &) = delete;
  KvStore &operator=(const KvStore &) = delete;

  Result<std::string> get(const std::string &space, std::string_view key);
  Result<void> put(const KvEntry &entry);
  // conflict when the stored value is not `expected` (nothing: when there is one).
  Result<void> compare_and_put(const KvEntry &entry, const std::optional<std::string> &expected);
  Result<void> remove(const std::string &space, std::string_view key);
  // In key order; visit returns false to stop and runs without a lock.
  Result<void> scan(const std::string &space, std::string_view prefix,
                    const std::function<bool(std::string_view key, std::string_view value)> &visit);

private:
  struct Database;
  template <class F>
  auto with_database(F &&body) -> decltype(body(std::declval<Database &>()));
  Result<std::unique_ptr<Database>> open() const;
  std::int64_t now() const;

  const std::string state_dir_;
  const Clock &clock_;
  Guarded<std::unique_ptr<Database>> database_;
};

} // namespace mre::plugin_host
