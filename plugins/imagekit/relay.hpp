// Relay: a place on the internet that both sides can reach, where bytes rest for a while.
//
// Promise: objects are known by the name this plugin gave them and by nothing else; every function
// throws mre::Error with a code and a next step, and can be called again after it failed. An engine
// knows nothing of hosts, transfers and tools; tools know nothing of engines. Threads: all
// functions from any. Lifetime: a Fetch must go before its relay.
#pragma once

#include "stopping.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imagekit {

// What a client is allowed to store.
struct UploadOffer {
  std::string object_name;
  std::int64_t expires = 0; // Unix seconds
  std::uint64_t max_bytes = 0;
};

struct StoredObject {
  std::string name, id; // id: the relay's own, may be empty where it needs none
  std::uint64_t bytes = 0;
  bool is_replaced = false; // stored more than once under this name
};

// Bytes that come out of the relay.
class Fetch {
public:
  virtual ~Fetch() = default;
  // 0 at the end. Broken links are continued where they broke, a few times.
  virtual std::size_t read(char *buffer, std::size_t capacity) = 0;
};

// Bytes that go into the relay: gives exactly as many as were announced; called again from the
// start when they have to be sent again.
using Output = std::function<void(std::string_view)>;
using Feed = std::function<void(const Output &)>;

class Relay {
public:
  virtual ~Relay() = default;
  virtual std::uint64_t max_object_bytes() const = 0;

  // The command by which a client stores one object, with LOCAL_FILE_PATH once for its file.
  virtual std::string upload_command(const UploadOffer &offer) const = 0;
  // A URL that anyone may read until it expires.
  virtual std::string download_url(const StoredObject &object, std::int64_t expires) const = 0;

  // The object of exactly this name, or nothing.
  virtual std::optional<StoredObject> find(const std::string &name, const Patience &patience) = 0;
  virtual std::unique_ptr<Fetch> fetch(const StoredObject &object, const Patience &patience) = 0;
  // Stores bytes under a name that was never used. Looks before it sends again; leaves nothing
  // behind when it fails, as far as it can know.
  virtual StoredObject store(const StoredObject &announced, const Feed &feed,
                             const Patience &patience) = 0;
  // Deletes the object and empties the caches in front of it. No error when it is gone already.
  virtual void remove(const StoredObject &object, const std::vector<std::string> &known_urls,
                      const Patience &patience) = 0;
  // Everything in our folder, whatever its name.
  virtual std::vector<StoredObject> list(const Patience &patience) = 0;
};

} // namespace imagekit
