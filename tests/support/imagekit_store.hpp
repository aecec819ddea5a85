// ImageKitStore: the state of the ImageKit stand-in, and its rules for uploads, delivery and
// caches.
//
// Written from what is known of the service's interface, without the plugin's code: signatures are
// computed again here. Its headers include nothing of core/, so that tests of the plugin can use
// them beside the plugin's own. Threads: all functions from any. Lifetime: a value of the server.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mre::testing {

struct ImageKitKeys {
  std::string public_key, private_key;
};

// The bytes of a file, shared by everything that holds them: no copy stands between the request and
// the first byte of its answer, which a benchmark of somebody else would count.
class KeptBytes {
public:
  KeptBytes() : KeptBytes(std::string()) {}
  KeptBytes(std::string bytes) // NOLINT(google-explicit-constructor): a string is what it is
      : bytes_(std::make_shared<const std::string>(std::move(bytes))) {}
  KeptBytes(const char *text) : KeptBytes(std::string(text)) {} // NOLINT: as above
  const std::string &text() const { return *bytes_; }
  std::size_t size() const { return bytes_->size(); }
  friend bool operator==(const KeptBytes &one, const std::string &other) {
    return *one.bytes_ == other;
  }

private:
  std::shared_ptr<const std::string> bytes_;
};

struct KeptObject {
  std::string id, name, folder;
  KeptBytes bytes;
  bool is_private = false;
  int versions = 1;
  std::string path() const { return (folder == "/" ? "" : folder) + "/" + name; }
};

struct StoreAnswer {
  int status = 200;
  nlohmann::json body;
};

using FormFields = std::map<std::string, std::string>;

class ImageKitStore {
public:
  explicit ImageKitStore(ImageKitKeys keys) : keys_(std::move(keys)) {}

  StoreAnswer upload(const FormFields &fields, std::string file, bool is_server);
  StoreAnswer list(const FormFields &query) const;
  StoreAnswer details(const std::string &id) const;
  StoreAnswer remove(const std::string &id);
  StoreAnswer purge(const std::string &path);
  // The bytes, or a status and the words of the ik-error header.
  struct Delivery {
    int status = 200;
    std::string error;
    KeptBytes bytes;
  };
  Delivery deliver(const std::string &path, const FormFields &query);

  // For tests.
  std::vector<KeptObject> objects() const;
  std::string put(KeptObject object); // returns its id
  std::vector<std::string> cached() const;

private:
  std::optional<StoreAnswer> refuse_v1(const FormFields &fields);
  std::optional<StoreAnswer> refuse_v2(const FormFields &fields, std::size_t size);
  StoreAnswer keep(const FormFields &fields, std::string file);
  KeptObject *find_path(const std::string &path);

  const ImageKitKeys keys_;
  mutable std::mutex mutex_;
  std::vector<KeptObject> objects_;
  std::set<std::string> used_tokens_;
  std::map<std::string, KeptBytes> cache_; // by path
  int last_id_ = 0;
};

} // namespace mre::testing
