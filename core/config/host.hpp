// One host as the configuration describes it. Values only; nothing here connects.
//
// Threads: values, shared as immutable snapshots.
#pragma once

#include "core/base/error.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mre::config {

// What happens with a server key that is recorded nowhere. A changed key is refused in every mode.
enum class UnknownHostKey {
  refuse,        // unless a person at the client says yes
  refuse_always, // nobody is asked: ssh_config's `yes`
  accept_and_record
};

enum class LoginMethod { key, agent, password, keyboard_interactive };

enum class AddressFamily { any, ipv4, ipv6 };

// Lists of algorithms as ssh_config writes them, `+`, `-` and `^` included; empty: the library's.
struct AlgorithmWishes {
  std::string key_exchange, host_keys, ciphers, macs;
};

// After so many answers in a row that did not come, each waited for this long, a peer counts as
// gone.
struct AliveCheck {
  std::chrono::milliseconds interval{0};
  int count = 3;
};

struct HostConfig {
  std::string name;    // what tools call it: "default", "web-1"
  std::string address; // DNS name or address
  std::uint16_t port = 22;
  std::string user = "root";
  std::string host_key_alias; // empty: address; under which name the key is looked up

  std::vector<std::string> key_files; // in the order they are tried, tilde expanded
  std::vector<std::string> certificate_files;
  std::optional<std::string> passphrase;   // secret
  std::optional<std::string> password;     // secret
  std::optional<std::string> agent_socket; // SSH_AUTH_SOCK, only when the agent may be used
  std::vector<LoginMethod> login_order;    // the methods that are configured, in order
  bool only_own_keys = false;              // of the agent's keys only those that key_files name

  UnknownHostKey unknown_host_key = UnknownHostKey::refuse;
  std::vector<std::string>
      known_hosts_files;         // looked up in order; the first is where new keys are recorded
  bool records_host_keys = true; // false: the first is not the user's, nothing is written
  std::optional<bool> hash_known_hosts; // unset: as the file's other entries are
  AddressFamily address_family = AddressFamily::any;
  AlgorithmWishes algorithms;
  std::optional<AliveCheck> alive_check; // unset: the engine's own
  std::chrono::milliseconds connect_timeout{15000};
  std::chrono::milliseconds idle_timeout{900000};

  std::vector<std::string> jumps; // names of hosts, in the order they are passed
  std::vector<std::string> tags;
  std::string description;
  bool is_from_ssh_config = false;

  // Why this host cannot be used as it is configured; said when it is used, and nothing is tried.
  std::optional<Error> obstacle;
};

// All hosts of one moment. `warning` tells of a broken edit that was not taken over.
struct HostBook {
  std::map<std::string, HostConfig> hosts;
  // Hosts that are only passed on the way to others (ProxyJump names them); no tool can name them.
  std::map<std::string, HostConfig> jump_hosts;
  // What the hosts were read from, and their key files: no transfer reads them.
  std::vector<std::string> protected_files;
  std::string warning;

  // Of either kind; null when there is none.
  const HostConfig *find(const std::string &name) const {
    for (const auto *part : {&hosts, &jump_hosts}) {
      if (const auto found = part->find(name); found != part->end()) {
        return &found->second;
      }
    }
    return nullptr;
  }
};

using HostBookPtr = std::shared_ptr<const HostBook>;

} // namespace mre::config
