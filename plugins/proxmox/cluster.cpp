// See cluster.hpp.
#include "cluster.hpp"

#include "parse.hpp"

#include <optional>

namespace proxmox {

namespace {

// More than any cluster has; what is remembered beyond is forgotten together.
constexpr std::size_t kPlaces = 20000;

} // namespace

std::vector<Guest> Cluster::guests(const Node &node) {
  const std::string text = node.run_one(
      {"pvesh", {"get", "/cluster/resources", "--type", "vm", "--output-format", "json"}},
      only_reads());
  std::vector<Guest> found = parse_resources(text);
  const std::lock_guard<std::mutex> lock(mutex_);
  listings_[node.name()] = {found, std::chrono::steady_clock::now()};
  return found;
}

Guest Cluster::find(const Node &node, const std::string &id_or_name,
                    std::chrono::milliseconds max_age) {
  std::optional<std::vector<Guest>> kept;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = listings_.find(node.name());
    if (found != listings_.end() &&
        std::chrono::steady_clock::now() - found->second.taken <= max_age) {
      kept = found->second.guests;
    }
  }
  if (kept) {
    try {
      return find_guest(*kept, id_or_name);
    } catch (const mre::Error &) {
      // It may be new.
    }
  }
  return find_guest(guests(node), id_or_name);
}

void Cluster::at_container(const mre::Call &call, const std::string &host, std::uint32_t ctid,
                           const std::function<void(const Node &)> &work) {
  const Node asked(host_, call, host);
  const Key key{asked.name(), ctid};
  const std::string place = place_of(key);
  std::optional<MissingGuest> missing;
  try {
    work(place == asked.name() ? asked : Node(host_, call, place));
    return;
  } catch (const MissingGuest &error) {
    missing = error;
  } catch (const mre::Error &error) {
    if (place == asked.name() || error.status() != MRE_NOT_FOUND) {
      throw;
    }
    // A place that is remembered may have left the host book.
  }
  if (missing) {
    learn_node_name(place, missing->node());
  }
  remember(key, asked.name());
  std::optional<Guest> guest;
  try {
    guest = find(asked, std::to_string(ctid), std::chrono::milliseconds(0));
  } catch (const mre::Error &error) {
    if (missing && error.status() != MRE_CANCELLED) {
      throw *missing; // it says more than a listing that could not be had
    }
    throw;
  }
  if (guest->kind != Kind::container) {
    throw mre::Error(MRE_BAD_ARGUMENT, "/ctid: " + label(*guest) + " is no container",
                     "use the proxmox_guest tools");
  }
  if (missing && guest->node == missing->node()) {
    throw *missing; // it went between the two looks
  }
  const Node other = node_named(asked, guest->node, label(*guest));
  work(other);
  remember(key, other.name());
}

void Cluster::at_guest(const Node &asked, const Guest &guest,
                       const std::function<void(const Node &)> &work) {
  const std::string known = node_name(asked.name());
  if (guest.node.empty() || known == guest.node || (known.empty() && !has_host(guest.node))) {
    try {
      work(asked);
      return;
    } catch (const MissingGuest &missing) {
      learn_node_name(asked.name(), missing.node());
      if (guest.node.empty() || guest.node == missing.node()) {
        throw;
      }
    }
  }
  work(node_named(asked, guest.node, label(guest)));
}

Node Cluster::node_named(const Node &asked, const std::string &node, const std::string &for_what) {
  if (node == asked.name() || node == node_name(asked.name())) {
    return asked;
  }
  if (!has_host(node)) {
    throw elsewhere(asked, node, for_what);
  }
  return {host_, asked.call(), node};
}

mre::Error Cluster::elsewhere(const Node &asked, const std::string &node,
                              const std::string &for_what) {
  return {MRE_UNREACHABLE,
          for_what + " is on node " + node + " of the cluster, not on " + asked.name() +
              ", and no configured host has the name " + node,
          "add an entry named \"" + node +
              "\" to the host book (MRE_HOSTS) with that node's address"};
}

bool Cluster::has_host(const std::string &name) const {
  for (const mre::HostInfo &info : mre::Hosts(host_).list()) {
    if (info.name == name) {
      return true;
    }
  }
  return false;
}

std::string Cluster::place_of(const Key &key) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = places_.find(key);
  return found == places_.end() ? key.first : found->second;
}

void Cluster::remember(const Key &key, const std::string &host) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (host == key.first) {
    places_.erase(key);
    return;
  }
  if (places_.size() >= kPlaces) {
    places_.clear();
  }
  places_[key] = host;
}

std::string Cluster::node_name(const std::string &host) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = node_names_.find(host);
  return found == node_names_.end() ? std::string() : found->second;
}

void Cluster::learn_node_name(const std::string &host, const std::string &node) {
  if (!node.empty()) {
    const std::lock_guard<std::mutex> lock(mutex_);
    node_names_[host] = node;
  }
}

Cluster::KeepEnv Cluster::keep_env(const std::string &host) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = keep_env_.find(host);
  return found == keep_env_.end() ? KeepEnv::unknown : found->second;
}

void Cluster::learn_keep_env(const std::string &host, KeepEnv state) {
  const std::lock_guard<std::mutex> lock(mutex_);
  keep_env_[host] = state;
}

} // namespace proxmox
