// Temporary files on the far side whose transfer lost its link, and their removal beside the calls.
//
// Promise: remove() returns at once. The file is removed over a new connection, and looked for
// again after kLooks: a server that outlives its link may still work off the request that creates
// the file, after a first look found nothing. What cannot be removed is named in the log. Threads:
// any; the removals run on a thread of its own, started at the first. Lifetime: the destructor lets
// a removal under way end and drops the others, naming them.
#pragma once

#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/config/host.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace mre::ssh {

class Leftovers {
public:
  // Removes one file; not_found when it is not there. Called on the thread of its own only.
  using Remove =
      std::function<Result<void>(const config::HostConfig &host, const std::string &path)>;

  Leftovers(Remove remove, const Log &log);
  ~Leftovers();
  Leftovers(const Leftovers &) = delete;
  Leftovers &operator=(const Leftovers &) = delete;

  void remove(const config::HostConfig &host, const std::string &path);

private:
  struct Item {
    config::HostConfig host;
    std::string path;
    std::size_t looks = 0; // how often it was looked for
    std::chrono::steady_clock::time_point due;
  };

  void run();
  void look(Item item, std::unique_lock<std::mutex> &lock);
  void warn(const Item &item, const std::string &reason) const;

  const Remove remove_;
  const Log &log_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Item> items_;
  bool is_stopping_ = false;
  std::thread thread_;
};

} // namespace mre::ssh
