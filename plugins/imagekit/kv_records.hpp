// KvRecords: the host's durable store as a RecordStore.
//
// Threads: any. Lifetime: a view of the host.
#pragma once

#include "transfer_store.hpp"

namespace imagekit {

class KvRecords : public RecordStore {
public:
  explicit KvRecords(mre::Host host) : kv_(host) {}

  std::optional<std::string> get(const std::string &key) override { return kv_.get(key); }
  bool compare_and_put(const std::string &key, const std::optional<std::string> &expected,
                       const std::string &value, std::chrono::seconds lifetime) override {
    return kv_.compare_and_put(key, expected, value, lifetime);
  }
  std::vector<std::pair<std::string, std::string>> scan(const std::string &prefix) override {
    return kv_.scan(prefix);
  }

private:
  mre::Kv kv_;
};

} // namespace imagekit
