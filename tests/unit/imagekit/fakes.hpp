// Fakes for the unit tests of the imagekit plugin: records in memory, a relay in memory.
//
// Threads: FakeRecords is safe from any, FakeRelay belongs to one. Lifetime: the test's.
#pragma once

#include "relay.hpp"
#include "transfer_store.hpp"

#include <map>
#include <mutex>

namespace imagekit::testing {

class FakeRecords : public RecordStore {
public:
  std::optional<std::string> get(const std::string &key) override {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    return found == entries_.end() ? std::nullopt : std::optional(found->second);
  }
  bool compare_and_put(const std::string &key, const std::optional<std::string> &expected,
                       const std::string &value, std::chrono::seconds) override {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    const bool is_expected =
        found == entries_.end() ? !expected : expected && *expected == found->second;
    if (is_expected) {
      entries_[key] = value;
    }
    return is_expected;
  }
  std::vector<std::pair<std::string, std::string>> scan(const std::string &prefix) override {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto &entry : entries_) {
      if (entry.first.rfind(prefix, 0) == 0) {
        found.emplace_back(entry);
      }
    }
    return found;
  }
  void overwrite(const std::string &key, const std::string &value) {
    const std::lock_guard lock(mutex_);
    entries_[key] = value;
  }

private:
  std::mutex mutex_;
  std::map<std::string, std::string> entries_;
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
  std::vector<StoredObject> list(const Patience &) override { return objects; }

  std::vector<StoredObject> objects;
  std::vector<std::string> removed;
  std::string refused;
};

} // namespace imagekit::testing
