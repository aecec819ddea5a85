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
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mre::testing {

struct ImageKitKeys {
  std::string public_key, private_key;
};

struct KeptObject {
  std::string id, name, folder, bytes;
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

  StoreAnswer upload(const FormFields &fields, const std::string &file, bool is_server);
  StoreAnswer list(const FormFields &query) const;
  StoreAnswer details(const std::string &id) const;
  StoreAnswer remove(const std::string &id);
  StoreAnswer purge(const std::string &path);
  // The bytes, or a status and the words of the ik-error header.
  struct Delivery {
    int status = 200;
    std::string error, bytes;
  };
  Delivery deliver(const std::string &path, const FormFields &query);

  // For tests.
  std::vector<KeptObject> objects() const;
  std::string put(KeptObject object); // returns its id
  std::vector<std::string> cached() const;

private:
  std::optional<StoreAnswer> refuse_v1(const FormFields &fields);
  std::optional<StoreAnswer> refuse_v2(const FormFields &fields, std::size_t size);
  StoreAnswer keep(const FormFields &fields, const std::string &file);
  KeptObject *find_path(const std::string &path);

  const ImageKitKeys keys_;
  mutable std::mutex mutex_;
  std::vector<KeptObject> objects_;
  std::set<std::string> used_tokens_;
  std::map<std::string, std::string> cache_; // by path
  int last_id_ = 0;
};

} // namespace mre::testing
