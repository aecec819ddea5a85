// Fakes for the unit tests of the imagekit plugin: records in memory, a relay in memory.
//
// Threads: FakeRecords is safe from any, FakeRelay belongs to one. Lifetime: the test's.
#pragma once

#include "relay.hpp"
#include "transfer_store.hpp"

#include <map>
#include <mutex>
#include <utility>

namespace imagekit::testing {

class FakeRecords : public RecordStore {
public:
  std::optional<std::string> get(const std::string &key) override {
    const std::lock_guard lock(mutex_);
    return value_of(key);
  }
  bool compare_and_put(const std::string &key, const std::optional<std::string> &expected,
                       const std::string &value, std::chrono::seconds lifetime) override {
    const std::lock_guard lock(mutex_);
    const bool is_expected = value_of(key) == expected;
    if (is_expected) {
      entries_[key] = {value, now_ + lifetime};
    }
    return is_expected;
  }
  std::vector<std::pair<std::string, std::string>> scan(const std::string &prefix) override {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto &[key, entry] : entries_) {
      if (key.rfind(prefix, 0) == 0 && entry.end > now_) {
        found.emplace_back(key, entry.value);
      }
    }
    return found;
  }
  void overwrite(const std::string &key, const std::string &value) {
    const std::lock_guard lock(mutex_);
    entries_[key] = {value, std::chrono::seconds::max()};
  }
  void let_pass(std::chrono::seconds span) {
    const std::lock_guard lock(mutex_);
    now_ += span;
  }

private:
  struct Entry {
    std::string value;
    std::chrono::seconds end{0};
  };
  std::optional<std::string> value_of(const std::string &key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() || found->second.end <= now_
               ? std::nullopt
               : std::optional(found->second.value);
  }

  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
  std::chrono::seconds now_{0};
};

// Only what a sweep needs does something.
class FakeRelay : public Relay {
public:
  std::uint64_t max_object_bytes() const override { return 0; }
  std::string upload_command(const UploadOffer &) const override { return {}; }
  std::string download_url(const StoredObject &, std::int64_t) const override { return {}; }
  std::optional<StoredObject> find(const std::string &, const Patience &) override { return {}; }
  std::unique_ptr<Fetch> fetch(const StoredObject &, const Patience &) override { return nullptr; }
  StoredObject store(const StoredObject &announced, const Feed &, const Patience &) override {
    return announced;
  }
  void remove(const StoredObject &object, const std::vector<std::string> &,
              const Patience &) override {
    if (object.name == refused) {
      throw mre::Error(MRE_LIMIT, "not now", "later");
    }
    removed.push_back(object.name);
  }
  std::vector<StoredObject> list(const Patience &) override {
    ++lists;
    if (is_down) {
      throw mre::Error(MRE_UNREACHABLE, "no way there", "later");
    }
    return std::exchange(objects, {}); // what is deleted is listed no more
  }

  int lists = 0;
  bool is_down = false;
  std::vector<StoredObject> objects;
  std::vector<std::string> removed;
  std::string refused;
};

} // namespace imagekit::testing
