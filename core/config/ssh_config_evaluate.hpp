// What ssh_config files say for one host: the first value of each option, as ssh takes it.
//
// Promise: `ssh -G` comes to the same values. Nothing is run: a block that `Match exec` would
// decide is not applied, and when it could have changed something, the host gets an obstacle that
// says so. Complaints about lines come whether or not their block applies.
// Threads: pure over values.
#pragma once

#include "core/config/ssh_config_file.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mre::config {

struct SshQuery {
  std::string host;                  // as it would stand on ssh's command line
  std::string local_user;            // who runs this server
  std::optional<std::string> user;   // `-l`
  std::optional<std::uint16_t> port; // `-p`
};

struct SshOption {
  std::vector<std::string> values;
  std::string place; // file and line; empty for what the query gave
};

struct SshOptions {
  // By keyword; several only for IdentityFile and CertificateFile.
  std::map<std::string, std::vector<SshOption>, std::less<>> options;
  std::vector<std::string> obstacles; // "ProxyCommand (/home/u/.ssh/config line 12)"
  std::set<std::string> complaints;
  std::set<std::string> warnings;

  const SshOption *find(std::string_view keyword) const;
  std::optional<std::string> value(std::string_view keyword) const; // the first word
};

SshOptions evaluate_ssh_config(const SshConfigReading &reading, const SshQuery &query);

// The names that Host lines spell out, in the order of the files: the aliases a person types.
std::vector<std::string> ssh_config_aliases(const SshConfigReading &reading);

} // namespace mre::config
