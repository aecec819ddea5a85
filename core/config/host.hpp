// One host as the configuration describes it. Values only; nothing here connects.
//
// Threads: values, shared as immutable snapshots.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mre::config {

// What happens with a server key that is recorded nowhere. A changed key is refused in every mode.
enum class UnknownHostKey { refuse, accept_and_record };

enum class LoginMethod { key, agent, password, keyboard_interactive };

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

  UnknownHostKey unknown_host_key = UnknownHostKey::refuse;
  std::vector<std::string>
      known_hosts_files; // looked up in order; the first is where new keys are recorded
  std::chrono::milliseconds connect_timeout{15000};
  std::chrono::milliseconds idle_timeout{900000};

  std::vector<std::string> jumps; // names of hosts, nearest first
  std::vector<std::string> tags;
  std::string description;
};

// All hosts of one moment. `warning` tells of a broken edit that was not taken over.
struct HostBook {
  std::map<std::string, HostConfig> hosts;
  std::string warning;
};

using HostBookPtr = std::shared_ptr<const HostBook>;

} // namespace mre::config
