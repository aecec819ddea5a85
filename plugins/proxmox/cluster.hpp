// Which host of the host book a guest is reached through.
//
// Promise: a guest of another node is looked up once and then remembered; what is remembered only
// saves a round trip: a guest that moved away is found again. Threads: any, it has one lock and
// holds it only to look things up. Lifetime: the plugin's.
#pragma once

#include "guest.hpp"
#include "node.hpp"

#include <mre/plugin.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace proxmox {

class Cluster {
public:
  explicit Cluster(mre::Host host) : host_(host) {}

  // Every guest the cluster of this node has, as of now.
  std::vector<Guest> guests(const Node &node);
  // The guest by number or name. max_age: how old the listing may be that a name is looked up in.
  Guest find(const Node &node, const std::string &id_or_name, std::chrono::milliseconds max_age);

  // Runs work on the node that has the container: on `host` (or where it was found before), and
  // when that does not have it, on the host named as its node. work throws MissingGuest to say so.
  void at_container(const mre::Call &call, const std::string &host, std::uint32_t ctid,
                    const std::function<void(const Node &)> &work);
  // The same for a guest whose node is known.
  void at_guest(const Node &asked, const Guest &guest,
                const std::function<void(const Node &)> &work);
  // The configured host that is this node, or an error that says what to configure.
  Node node_named(const Node &asked, const std::string &node, const std::string &for_what);

  // The cluster's name of the node behind a configured host; empty while nobody learned it.
  std::string node_name(const std::string &host);
  void learn_node_name(const std::string &host, const std::string &node);

  // Whether this host's pct knows --keep-env; nobody knows before the first use.
  enum class KeepEnv { unknown, known, missing };
  KeepEnv keep_env(const std::string &host);
  void learn_keep_env(const std::string &host, KeepEnv state);

private:
  using Key = std::pair<std::string, std::uint32_t>; // the host that was asked, the container
  struct Listing {
    std::vector<Guest> guests;
    std::chrono::steady_clock::time_point taken;
  };

  std::string place_of(const Key &key);
  void remember(const Key &key, const std::string &host);
  mre::Error elsewhere(const Node &asked, const std::string &node, const std::string &for_what);
  bool has_host(const std::string &name) const;

  mre::Host host_;
  std::mutex mutex_;
  std::map<Key, std::string> places_;
  std::map<std::string, std::string> node_names_;
  std::map<std::string, Listing> listings_;
  std::map<std::string, KeepEnv> keep_env_;
};

} // namespace proxmox
