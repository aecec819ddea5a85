// The host book: hosts.json beside the host of the environment variables.
//
// Promise: everything wrong with the file is said at once, each with the path of its key; unknown
// keys are refused with the nearest known one; secrets are named by environment variable, never
// written in the file. Disabled hosts are absent.
// Threads: pure over its arguments and the file system.
#pragma once

#include "core/config/host.hpp"
#include "core/config/login.hpp"
#include "core/config/ssh_config_file.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mre::config {

// All that is needed to read the book again later, without looking at the settings a second time.
struct HostBookInput {
  std::string file;                       // absolute; empty when there is no place to look
  bool is_named = false;                  // MRE_HOSTS names it: then it must exist
  std::optional<HostConfig> default_host; // from HOST and SSH_*
  HostConfig pattern; // what every host inherits: known hosts, time limits, host key policy
  LoginSurroundings surroundings;
  std::vector<std::string> system_known_hosts;  // also at the end of the pattern's list
  std::optional<SshConfigPlaces> ssh_config;    // its aliases are hosts too
  std::map<std::string, std::string> variables; // where *_env is looked up
};

struct HostBookReading {
  HostBook book;
  std::vector<std::string> secrets;   // passwords and passphrases, also those of disabled hosts
  std::vector<std::string> key_files; // in use
  std::vector<std::string> watched;   // files beside the host book that the hosts come from
  std::vector<std::string> complaints;
  std::vector<std::string> warnings;
};

// The file of the input, its default host and the aliases of the ssh configuration.
HostBookReading read_host_book(const HostBookInput &input);
// The same over a text that is at hand; nothing: without the host book.
HostBookReading parse_host_book(std::optional<std::string_view> text, const HostBookInput &input);

} // namespace mre::config
