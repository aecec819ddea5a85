#include "core/plugin_host/services/kv_store.hpp"

#include "core/base/file.hpp"
#include "core/base/unique_fd.hpp"
#include "core/guard/limits.hpp"

#include <fcntl.h>
#include <sqlite3.h>

#include <cerrno>

namespace mre::plugin_host {
namespace {

constexpr int kScanPage = 32; // entries read per lock; values are at most 1 MiB

constexpr const char *kSchema =
    "PRAGMA journal_mode = WAL;"
    "CREATE TABLE IF NOT EXISTS kv (space TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,"
    " expires INTEGER, PRIMARY KEY (space, key)) WITHOUT ROWID;";

std::string text_of(sqlite3_stmt *statement, int column) {
  const auto *bytes = static_cast<const char *>(sqlite3_column_blob(statement, column));
  return bytes == nullptr
             ? std::string()
             : std::string(bytes,
                           static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
}

Result<void> check_sizes(const KvEntry &entry) {
  if (entry.key.empty() || entry.key.size() > limits::kKvKeyBytes) {
    return Error{Errc::bad_argument,
                 "a key has 1 to " + std::to_string(limits::kKvKeyBytes) + " bytes, this one " +
                     std::to_string(entry.key.size()),
                 {}};
  }
  if (entry.value.size() > limits::kKvValueBytes) {
    return Error{Errc::limit,
                 "a value has at most " + std::to_string(limits::kKvValueBytes) +
                     " bytes, this one " + std::to_string(entry.value.size()),
                 {}};
  }
  return {};
}

} // namespace

struct KvStore::Database {
  sqlite3 *handle = nullptr;
  ~Database() { sqlite3_close(handle); }

  Error error(const char *what) const {
    const bool is_busy = sqlite3_errcode(handle) == SQLITE_BUSY;
    return {is_busy ? Errc::limit : Errc::local_failed,
            std::string("cannot ") + what + ": " + sqlite3_errmsg(handle),
            is_busy ? "another process holds the store; try again" : std::string()};
  }
  Result<void> run(const char *sql) const {
    if (sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
      return error("use the store");
    }
    return {};
  }
};

namespace {

// One prepared statement; binds in order.
class Statement {
public:
  Statement(sqlite3 *database, const char *sql) {
    sqlite3_prepare_v2(database, sql, -1, &raw_, nullptr);
  }
  ~Statement() { sqlite3_finalize(raw_); }
  Statement(const Statement &) = delete;
  Statement &operator=(const Statement &) = delete;

  Statement &text(std::string_view value) {
    sqlite3_bind_text(raw_, ++bound_, value.data(), static_cast<int>(value.size()),
                      SQLITE_TRANSIENT);
    return *this;
  }
  Statement &bytes(std::string_view value) {
    // A null pointer would be NULL, not an empty value.
    sqlite3_bind_blob(raw_, ++bound_, value.empty() ? "" : value.data(),
                      static_cast<int>(value.size()), SQLITE_TRANSIENT);
    return *this;
  }
  Statement &number(std::optional<std::int64_t> value) {
    ++bound_;
    if (value) {
      sqlite3_bind_int64(raw_, bound_, *value);
    }
    return *this;
  }
  int step() { return raw_ == nullptr ? SQLITE_ERROR : sqlite3_step(raw_); }
  sqlite3_stmt *raw() { return raw_; }

private:
  sqlite3_stmt *raw_ = nullptr;
  int bound_ = 0;
};

} // namespace

KvStore::KvStore(std::string state_dir, const Clock &clock)
    : state_dir_(std::move(state_dir)), clock_(clock) {}
KvStore::~KvStore() = default;

std::int64_t KvStore::now() const {
  return std::chrono::duration_cast<std::chrono::seconds>(clock_.wall().time_since_epoch()).count();
}

Result<std::unique_ptr<KvStore::Database>> KvStore::open() const {
  if (state_dir_.empty()) {
    return Error{Errc::unavailable, "there is no folder for durable state", "set MRE_STATE_DIR"};
  }
  MRE_TRY_VOID(make_private_directory(state_dir_));
  const std::string path = state_dir_ + "/kv.sqlite3";
  // Made by us first: SQLite gives its side files the mode of the database, and makes that one by
  // the umask.
  if (const UniqueFd made(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
      !made) {
    return error_from_errno(errno, "cannot open " + path);
  }
  auto database = std::make_unique<Database>();
  if (sqlite3_open_v2(path.c_str(), &database->handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, nullptr) != SQLITE_OK) {
    return database->error("open the store").within(path);
  }
  sqlite3_busy_timeout(database->handle, static_cast<int>(limits::kKvPatience.count()));
  if (auto made = database->run(kSchema); !made) {
    return std::move(made).error().within(path);
  }
  return database;
}

template <class F>
auto KvStore::with_database(F &&body) -> decltype(body(std::declval<Database &>())) {
  return database_.with([&](std::unique_ptr<Database> &held) -> decltype(body(*held)) {
    if (!held) {
      MRE_TRY(held, open());
    }
    return body(*held);
  });
}

Result<std::string> KvStore::get(const std::string &space, std::string_view key) {
  return with_database([&](Database &database) -> Result<std::string> {
    Statement find(
        database.handle,
        "SELECT value FROM kv WHERE space = ? AND key = ? AND (expires IS NULL OR expires > ?)");
    const int row = find.text(space).bytes(key).number(now()).step();
    if (row == SQLITE_ROW) {
      return text_of(find.raw(), 0);
    }
    if (row == SQLITE_DONE) {
      return Error{Errc::not_found, "there is no value under this key", {}};
    }
    return database.error("read the store");
  });
}

namespace {

struct Change {
  sqlite3 *database;
  std::int64_t now;
};

std::optional<std::int64_t> query_number(Statement &statement) {
  if (statement.step() != SQLITE_ROW) {
    return std::nullopt;
  }
  return sqlite3_column_int64(statement.raw(), 0);
}

// Inside a transaction: expired entries go, the quota is checked, the value is written.
Result<void> write_entry(const Change &change, const KvEntry &entry, const Error &failed) {
  Statement expire(change.database, "DELETE FROM kv WHERE expires <= ?");
  Statement used(
      change.database,
      "SELECT coalesce(sum(length(key) + length(value)), 0) FROM kv WHERE space = ? AND key <> ?");
  if (expire.number(change.now).step() != SQLITE_DONE) {
    return failed;
  }
  const auto bytes = query_number(used.text(entry.space).bytes(entry.key));
  if (!bytes) {
    return failed;
  }
  if (static_cast<std::uint64_t>(*bytes) + entry.key.size() + entry.value.size() >
      limits::kKvPluginBytes) {
    return Error{Errc::limit,
                 "the store of " + entry.space + " would grow beyond " +
                     std::to_string(limits::kKvPluginBytes) + " bytes",
                 "remove what is no longer needed"};
  }
  Statement write(change.database,
                  "INSERT OR REPLACE INTO kv (space, key, value, expires) VALUES (?, ?, ?, ?)");
  // A span beyond the calendar is for ever as well.
  const bool is_bounded = entry.ttl_seconds > 0 && entry.ttl_seconds < (std::uint64_t{1} << 60U);
  const auto expires =
      is_bounded ? std::optional(change.now + static_cast<std::int64_t>(entry.ttl_seconds))
                 : std::nullopt;
  if (write.text(entry.space).bytes(entry.key).bytes(entry.value).number(expires).step() !=
      SQLITE_DONE) {
    return failed;
  }
  return {};
}

} // namespace

Result<void> KvStore::put(const KvEntry &entry) {
  MRE_TRY_VOID(check_sizes(entry));
  return with_database([&](Database &database) -> Result<void> {
    MRE_TRY_VOID(database.run("BEGIN IMMEDIATE"));
    auto written = write_entry({database.handle, now()}, entry,
                               {Errc::local_failed, "cannot write to the store", {}});
    auto ended = database.run(written ? "COMMIT" : "ROLLBACK");
    return written ? std::move(ended) : std::move(written);
  });
}

Result<void> KvStore::compare_and_put(const KvEntry &entry,
                                      const std::optional<std::string> &expected) {
  MRE_TRY_VOID(check_sizes(entry));
  return with_database([&](Database &database) -> Result<void> {
    MRE_TRY_VOID(database.run("BEGIN IMMEDIATE"));
    const auto decide = [&]() -> Result<void> {
      Statement find(
          database.handle,
          "SELECT value FROM kv WHERE space = ? AND key = ? AND (expires IS NULL OR expires > ?)");
      const int row = find.text(entry.space).bytes(entry.key).number(now()).step();
      if (row != SQLITE_ROW && row != SQLITE_DONE) {
        return database.error("read the store");
      }
      const bool is_there = row == SQLITE_ROW;
      if (is_there != expected.has_value() || (is_there && text_of(find.raw(), 0) != *expected)) {
        return Error{Errc::conflict, "the stored value is another one", "read it again"};
      }
      return write_entry({database.handle, now()}, entry,
                         {Errc::local_failed, "cannot write to the store", {}});
    };
    auto written = decide();
    auto ended = database.run(written ? "COMMIT" : "ROLLBACK");
    return written ? std::move(ended) : std::move(written);
  });
}

Result<void> KvStore::remove(const std::string &space, std::string_view key) {
  return with_database([&](Database &database) -> Result<void> {
    Statement erase(database.handle, "DELETE FROM kv WHERE space = ? AND key = ?");
    if (erase.text(space).bytes(key).step() != SQLITE_DONE) {
      return database.error("write to the store");
    }
    return {};
  });
}

Result<void>
KvStore::scan(const std::string &space, std::string_view prefix,
              const std::function<bool(std::string_view key, std::string_view value)> &visit) {
  std::string after; // the last key that was seen
  bool is_first = true;
  while (true) {
    std::vector<std::pair<std::string, std::string>> page;
    MRE_TRY_VOID(with_database([&](Database &database) -> Result<void> {
      Statement find(database.handle,
                     "SELECT key, value FROM kv WHERE space = ?1 AND key >= ?2 AND (?3 OR key > ?4)"
                     " AND substr(key, 1, length(?2)) = ?2 AND (expires IS NULL OR expires > ?5)"
                     " ORDER BY key LIMIT ?6");
      find.text(space)
          .bytes(prefix)
          .number(is_first ? 1 : 0)
          .bytes(after)
          .number(now())
          .number(kScanPage);
      int row = find.step();
      for (; row == SQLITE_ROW; row = find.step()) {
        page.emplace_back(text_of(find.raw(), 0), text_of(find.raw(), 1));
      }
      return row == SQLITE_DONE ? Result<void>() : Result<void>(database.error("read the store"));
    }));
    for (const auto &[key, value] : page) {
      if (!visit(key, value)) {
        return {};
      }
    }
    if (page.size() < static_cast<std::size_t>(kScanPage)) {
      return {};
    }
    after = page.back().first;
    is_first = false;
  }
}

} // namespace mre::plugin_host
